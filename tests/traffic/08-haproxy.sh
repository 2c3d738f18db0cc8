# tests/traffic/08-haproxy.sh -- HAProxy reloads, executes itself anew, and dies.
# shellcheck shell=bash

# The table is whole when both services answer at their hosts, and the API.
routes() {
	curl -sf --max-time 5 -H "Host: $1" "http://$http/" | grep -q version
}
table_is_back() {
	routes "$www_host" && routes "$api_host" && dcloud list >/dev/null
}

www_host=$(host_of www)
api_host=$(host_of api)

# How often it has executed itself, as its master says.
reloads() {
	/usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"show proc\n")
s.shutdown(socket.SHUT_WR)
for line in s.makefile():
    words = line.split()
    if words[1:2] == ["master"]:
        print(words[2])' "$root/run/haproxy-master.sock"
}
has_begun_anew() { [ "$(reloads)" -gt "$1" ]; }
# begins_anew COMMAND...: makes it execute itself.
begins_anew() {
	local before
	before=$(reloads)
	"$@" && wait_until 30 has_begun_anew "$before" &&
		wait_until 30 table_is_back
}
reloaded() {
	begins_anew kill -USR2 "$(pid_of haproxy)" && push_version reloaded
}
restarted() { begins_anew ctl restart haproxy; }
during "reload of HAProxy, and a push" reloaded
during "restart of HAProxy" restarted

killed_router() {
	kill -9 "$(pid_of haproxy)"
	wait_until 30 table_is_back
}
if [ "$form" = long ]; then
	during "kill -9 of HAProxy (losses)" killed_router
	calm
	during "a push afterwards" push_version after-haproxy
fi
