# tests/traffic/05-daemons.sh -- the platform's own programs are restarted and
# killed.
# shellcheck shell=bash

# A push needs all three daemons: it is the event that says they are back.
killed() {
	kill -9 "$(pid_of "$1")"
	push_version "after-$1"
}

for daemon in uploader builder deployer; do
	[ "$form" = quick ] || during "restart of the $daemon, and a push" \
	    eval "ctl restart $daemon && push_version restarted-$daemon"
	during "kill -9 of the $daemon, and a push" killed $daemon
done
