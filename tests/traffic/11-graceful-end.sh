# tests/traffic/11-graceful-end.sh -- an old instance lives until its last request
# has ended, or drain_seconds have passed; and no longer.
# shellcheck shell=bash

draining() { [ -n "$(db "SELECT 1 FROM instances WHERE state = 'draining'")" ]; }

# A request whose body is still to come while its instance is replaced. It ends
# well, at the instance that had it.
outlives() {
	local asked rc
	wait_until 60 not draining
	mkfifo "$root/work/body"
	curl -s --max-time 90 -D "$root/work/long" -o /dev/null -X POST \
	    -H 'Expect:' -H "Host: $(host_of www)" -T - \
	    "http://$http/post" <"$root/work/body" &
	asked=$!
	exec 4>"$root/work/body"
	head -c 200000 /dev/zero >&4
	push_version "$1"
	rc=$?
	kill -0 "$asked" && draining || rc=1
	exec 4>&-
	wait "$asked" || rc=1
	grep -qi "^HTTP/1.1 200" "$root/work/long" &&
		not grep -qi "^x-version: $1" "$root/work/long" && [ $rc -eq 0 ]
}
during "a long request outlives its version" outlives long-lived
during "the last of the old instances go" wait_until 60 not draining
