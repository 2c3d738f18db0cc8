# tests/integration/lib.sh -- a platform of a test's own: state root, bridge,
# ports and names; TAP; and an end that leaves nothing, whatever happened.
# shellcheck shell=bash
#
# A test is `. "$(dirname "$0")/lib.sh"`, `plan N`, `platform_up`, checks, and
# nothing else: the trap ends what was started. DCLOUD_OUT is where the programs
# are. Tests run one after the other; each has its number in its ports and names,
# and DCLOUD_TEST_BASE (0, 100, ... 700) is added to it where two runs share a machine.

set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DCLOUD_OUT=${DCLOUD_OUT:-$top/out}
name=$(basename "$0" .sh)
count=0
bad=0
planned=0

plan() {
	planned=$1
	echo "1..$1"
}

# ok NAME COMMAND...: the check holds when the command exits 0. What it printed
# is shown when it does not.
ok() {
	local what=$1 said
	shift
	count=$((count + 1))
	if said=$("$@" 2>&1); then
		echo "ok $count - $name: $what"
	else
		bad=$((bad + 1))
		echo "not ok $count - $name: $what"
		echo "$said" | tail -n 40 | sed 's/^/#   /'
	fi
}

# is NAME GOT EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $name: $1"
	else
		bad=$((bad + 1))
		echo "not ok $count - $name: $1"
		printf 'got:      %s\nexpected: %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

# like NAME TEXT REGEX, and unlike: an extended regular expression, a line.
like() { ok "$1" grep -qE -- "$3" <<<"$2"; [ $bad -eq 0 ] || like_show "$2"; }
unlike() { ok "$1" not grep -qE -- "$3" <<<"$2"; }
like_show() { [ "${shown:-0}" = "$bad" ] || tail -n 40 <<<"$1" | sed 's/^/#   /'
	shown=$bad; }
not() { ! "$@"; }

note() { echo "# $*"; }

# wait_until SECONDS COMMAND...: until it succeeds; each try is a look at what
# really happened, the limit only ends a test that has failed anyway.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# --- the platform -----------------------------------------------------------

number=$(tr -cd 0-9 <<<"${name%%-*}")
number=$((10#${number:-99} + ${DCLOUD_TEST_BASE:-0}))
root=/var/tmp/dcloud-t$number-$$
# Where the daemons can use them, wherever the clone is.
programs=/var/lib/dcloud-t$number-$$
PATH=$programs/bin:$PATH
conf=$root/dcloud.conf
http_port=$((18000 + number))
ssh_port=$((19000 + number))
bridge=dct$number
net=10.$((88 + number / 16 % 160)) # of its containers; 10.87 is an installation's
net_first=$((number % 16 * 4096))
http=127.0.0.1:$http_port
user=tester
password=correct-horse
export DCLOUD_CONFIG_DIR=$root/config DCLOUD_API_ENDPOINT=http://$http/v1
export NO_COLOR=1

# address N: the Nth of its network; the first is the bridge's.
address() {
	echo "$net.$(((net_first + $1) / 256)).$(((net_first + $1) % 256))"
}

db() { sqlite3 -cmd '.timeout 10000' "$root/state.db" "$@"; }
platform() { "$top/runtime/platform" -f "$conf" "$@"; }
ctl() { "$programs/libexec/dcinit" ctl -s "$root/run/platform.sock" "$@"; }

# The version before goes at once, unless a test says reserve=SECONDS before
# platform_up.

# pid_of uploader|builder|deployer|haproxy|sshd
pid_of() { ctl pid "$1"; }

write_conf() {
	local image
	image=$(readlink -f "${DCLOUD_IMAGES:-/var/cache/dcloud/image}/current")
	mkdir -p "$root" "$root/work" "$DCLOUD_CONFIG_DIR"
	cat >"$conf" <<END
root = $root
run = $root/run
libexec = $programs/libexec
types = $programs/types
image = $image/rootfs
bridge = $bridge
subnet = $(address 0)/20
http_bind = $http
ssh_bind = 127.0.0.1:$ssh_port
uid_base = $((1000000 + number * 2500000))
port_first = $((40000 + number * 30))
port_last = $((40029 + number * 30))
reserve_seconds = ${reserve:-0}
END
}

platform_up() {
	write_conf
	platform up || { echo "Bail out! the platform does not start"; exit 1; }
	dcloud-uploader -f "$conf" adduser "$user" <<<"$password" >/dev/null ||
		{ echo "Bail out! no account"; exit 1; }
	printf '%s\n%s\n' "$user" "$password" | dcloud setup >/dev/null ||
		{ echo "Bail out! dcloud setup fails"; exit 1; }
}

# pid1_of BOX: its first process, as the machine numbers it: not the least, where
# numbers have begun again.
pid1_of() {
	local pid
	for pid in $(cat /sys/fs/cgroup/{,*/}"lxc.payload.$1"/cgroup.procs \
	    2>/dev/null | sort -u); do
		if grep -qsE '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then
			echo "$pid"
			return
		fi
	done
}

# What of this platform is still on the machine; nothing when all is well.
leftovers() {
	ip -o link show 2>/dev/null | grep -oE "$bridge(-[0-9]+)?[@:]"
	nft list tables 2>/dev/null | grep -w "$bridge"
	grep -F "$root/" /proc/self/mountinfo | cut -d' ' -f5
	find /sys/fs/cgroup -maxdepth 4 -name "lxc*$bridge-*" 2>/dev/null
	pgrep -af "$root" | grep -vE "pgrep|^($$|$BASHPID) "
	return 0
}

finish() {
	trap - EXIT
	if [ -f "$conf" ]; then
		platform down >/dev/null 2>&1 || note "platform down failed"
		if [ "$bad" -gt 0 ] || [ "$count" -ne "$planned" ]; then
			for log in "$root"/log/*.log; do
				note "--- $log"
				tail -n 25 "$log" | sed 's/^/#   /'
			done
		fi
		is "nothing is left behind" "$(leftovers)" ""
		rm -rf "$root"
	fi
	rm -rf "$programs"
	if [ "$planned" -ne 0 ] && [ $count -ne $((planned + 1)) ]; then
		echo "not ok $((count + 1)) - $name: $count checks ran," \
		    "$((planned + 1)) were planned"
		bad=$((bad + 1))
	fi
	[ $bad -eq 0 ]
	exit $?
}
trap finish EXIT
"$top/tests/support/stage.sh" "$DCLOUD_OUT" "$programs" || exit 1
trap 'exit 130' INT TERM

# --- applications -----------------------------------------------------------

# get APP [PATH [SERVICE]]: the body; the exit status is curl's, -f included.
get() {
	curl -sf --max-time 20 -H "Host: ${3:+$3-}$1-$user.localhost" \
	    "http://$http${2:-/}"
}

# status APP [PATH]: the HTTP status.
status() {
	curl -s -o /dev/null -w '%{http_code}' --max-time 70 \
	    -H "Host: $1-$user.localhost" "http://$http${2:-/}"
}

# example NAME APP: a copy of docs/examples/NAME in $root/work/APP, connected.
example() {
	mkdir -p "$root/work/$2"
	cp -a "$top/docs/examples/$1/." "$root/work/$2"
	cd "$root/work/$2" || exit 1
	dcloud -y create "$2" >/dev/null 2>&1
}

# hello_app APP TEXT: a custom service that answers TEXT, in $root/work/APP.
hello_app() {
	example hello "$1"
	say_hello "$2"
}

# say_hello TEXT: what the application in this directory answers from now on.
say_hello() {
	sed -i "s|body = .*|body = (\"$1\\\\n\").encode() #|;
	    /^            os.environ/d" hello.py
	grep -q "$1" hello.py
}
