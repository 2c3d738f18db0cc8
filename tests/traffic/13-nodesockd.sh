# tests/traffic/13-nodesockd.sh -- an application of nodesockd: unix sockets, two
# workers of each instance, restarted one after the other.
# shellcheck shell=bash

sock=$root/work/sock
cp -r "$here/app" "$sock"
cd "$sock" || exit 1
printf 'www:\n  type: nodejs\n  process: node server.js\n  listen: unix\n  workers: 2\n' \
    >dotcloud.yml
dcloud -y create sock >/dev/null
ok "an application of nodesockd" dcloud push
load_on "$(host_of www)"
on_sock=$!

sup() {
	"$programs/libexec/dcinit" ctl \
	    -s "$root/boxes/$bridge-i$(db "SELECT max(id) FROM instances
	    WHERE state = 'up'")/run/supervisor.sock" "$@"
}
restarted_workers() {
	local before
	before=$(sup pid 'www:*')
	sup restart 'www:*' && [ -z "$(printf '%s\n' "$before" "$(sup pid 'www:*')" |
	    sort | uniq -d)" ]
}
push_sock() {
	echo "$1" >version
	dcloud push
}
during "push of an application of nodesockd" push_sock 2
during "supervisorctl restart of its workers" restarted_workers
[ "$form" = quick ] || during "another push of it" push_sock 3
load_end $on_sock
is "its load went on" $? 0
cd "$app" || exit 1
