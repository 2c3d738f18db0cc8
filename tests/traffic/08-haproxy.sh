# tests/traffic/08-haproxy.sh -- HAProxy reloads, and dies.
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
reloaded() {
	kill -USR2 "$(pid_of haproxy)"
	push_version reloaded
}
during "reload of HAProxy, and a push" reloaded

killed_router() {
	kill -9 "$(pid_of haproxy)"
	wait_until 30 table_is_back
}
if [ "$form" = long ]; then
	calm
	during "kill -9 of HAProxy (losses)" killed_router
	calm
	during "a push afterwards" push_version after-haproxy
fi
