# tests/traffic/15-kills.sh -- the long form only: kill -9 at random moments, of
# whatever daemon or job there is, while the application is pushed again and
# again. KILL_SECONDS says for how long, SEED repeats a run.
# shellcheck shell=bash

RANDOM=${SEED:-$$}
seconds=${KILL_SECONDS:-480}
killed=$root/work/killed # a line for each, by whichever shell

# The platform's own processes: daemons and their jobs.
victims() {
	local daemon
	for daemon in uploader builder deployer; do
		pid_of $daemon
	done
	pgrep -f -- "^(deployer|builder) -f $conf -j "
}
kill_one() {
	local all
	mapfile -t all < <("$@" | grep -x '[1-9][0-9]*')
	[ ${#all[@]} -gt 0 ] || return 0
	kill -9 "${all[RANDOM % ${#all[@]}]}" 2>/dev/null && echo >>"$killed"
}
haproxy_or_victims() {
	pid_of haproxy
	pgrep -P "$(pid_of haproxy)"
	victims
}

# Each push is tried until it succeeds: its client may have lost the front door.
push_for_ever() {
	local n=0
	trap 'exit 0' TERM
	while :; do
		n=$((n + 1))
		version "kills-$n"
		dcloud push >/dev/null 2>&1 && echo $n >"$root/work/pushed"
	done
}
kill_for() { # SECONDS COMMAND
	local end=$((SECONDS + $1)) pusher
	shift
	rm -f "$root/work/pushed"
	push_for_ever &
	pusher=$!
	while [ $SECONDS -lt $end ]; do
		sleep "$((RANDOM % 3)).$((RANDOM % 10))"
		kill_one "$@"
	done
	kill $pusher
	wait $pusher
	wait_until 120 push_version kills-end && [ -s "$root/work/pushed" ]
}

if [ "$form" = long ]; then
	during "$seconds s of kill -9 of daemons and jobs" \
	    kill_for "$seconds" victims
	note "$(wc -l <"$killed") killed, $(cat "$root/work/pushed") pushes begun"
	during "a quarter of it with HAProxy (losses)" \
	    kill_for $((seconds / 4)) haproxy_or_victims
	note "$(wc -l <"$killed") killed in all"
fi
