#!/bin/sh
# tests/support/demo.sh -- `make demo`: a platform of its own, an account, an
# application pushed and answering; `make demo-stop`: nothing of it left.
set -eu

command=$1
out=$(cd "$2" 2>/dev/null && pwd || echo "$2")
top=$(cd "$(dirname "$0")/../.." && pwd)
root=${DCLOUD_DEMO_ROOT:-/var/lib/dcloud-demo}
http=${DCLOUD_DEMO_HTTP:-127.0.0.1:8000}
ssh=${DCLOUD_DEMO_SSH:-127.0.0.1:2022}
programs=$root-programs
conf=$root/dcloud.conf
app=hello
user=demo
work=$root/demo
PATH=$programs/bin:$PATH
export DCLOUD_CONFIG_DIR="$work/config" DCLOUD_API_ENDPOINT="http://$http/v1"

say() { printf '\n== %s\n' "$*"; }

# Somebody else's port: better said now than found in HAProxy's log.
check_ports() {
	! "$top/runtime/platform" -f "$conf" status >/dev/null 2>&1 || return 0
	for bind in "DCLOUD_DEMO_HTTP $http" "DCLOUD_DEMO_SSH $ssh"; do
		[ -z "$(ss -Hltn "sport = :${bind##*:}")" ] || {
			echo "demo: port ${bind##*:} is in use; choose another:" \
			    "make demo ${bind%% *}=127.0.0.1:PORT" >&2
			exit 1
		}
	done
}

write_conf() {
	image=$(readlink -f "${DCLOUD_IMAGES:-/var/cache/dcloud/image}/current")
	mkdir -p "$work"
	cat >"$conf" <<END
# The demo's platform; see dcloud.conf(5).
root = $root
run = $root/run
libexec = $programs/libexec
types = $programs/types
image = $image/rootfs
bridge = dcdemo0
subnet = 10.87.0.0/16
http_bind = $http
ssh_bind = $ssh
uid_base = 1200000000
port_first = 45000
port_last = 45999
END
}

account() {
	[ -f "$work/password" ] || od -An -N8 -tx8 /dev/urandom |
	    tr -d ' ' >"$work/password"
	if ! dcloud-uploader -f "$conf" listusers | grep -qw "$user"; then
		dcloud-uploader -f "$conf" adduser "$user" <"$work/password"
	fi
	if ! dcloud check >/dev/null 2>&1; then
		{ echo "$user"; cat "$work/password"; } | dcloud setup
	fi
}

application() {
	mkdir -p "$work/$app"
	cp -a "$top/docs/examples/hello/." "$work/$app"
	cd "$work/$app"
	if ! dcloud list 2>/dev/null | grep -qw "$app"; then
		dcloud -y create "$app"
	fi
}

up() {
	"$top/tests/support/stage.sh" "$out" "$programs"
	write_conf
	check_ports
	say "Starting haproxy, sshd, uploader, builder and deployer"
	"$top/runtime/platform" -f "$conf" up
	say "Account '$user' and application '$app'"
	account
	application
	say "dcloud push"
	dcloud push
	url=$(dcloud url www)
	host=${url#http://}
	host=${host%%/*}
	say "GET $url"
	curl -sS --max-time 10 -H "Host: $host" "http://$http/"
	cat <<END

== It runs. To go on in this shell:

    export PATH=$programs/bin:\$PATH
    export DCLOUD_CONFIG_DIR=$DCLOUD_CONFIG_DIR DCLOUD_API_ENDPOINT=$DCLOUD_API_ENDPOINT
    cd $work/$app
    dcloud push              # after changing hello.py
    dcloud logs -N           # what it printed
    curl $url
    dcloud --help            # everything else

Stop it all, and remove it, with: make demo-stop
END
}

down() {
	if [ -f "$conf" ]; then
		"$top/runtime/platform" -f "$conf" down
	fi
	rm -rf "$root" "$programs"
	echo "The demo is gone."
}

case $command in
up) up ;;
down) down ;;
*) echo "usage: demo.sh up|down OUT" >&2; exit 1 ;;
esac
