#!/bin/sh
# tests/support/progress.sh -- WHAT COMMAND...: runs the command and shows that
# it goes on, not what it prints: a count of its lines, on one line of a
# terminal or else every few seconds. All it printed is shown when it fails.
set -u

what=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM
"$@" >"$log" 2>&1 &
pid=$!
start=$(date +%s)
shown=0
while kill -0 "$pid" 2>/dev/null; do
	now=$(($(date +%s) - start))
	lines=$(wc -l <"$log")
	if [ -t 1 ]; then
		printf '\r%s: %d s, %d steps ' "$what" "$now" "$lines"
	elif [ $((now - shown)) -ge 10 ]; then
		printf '%s: %d s, %d steps\n' "$what" "$now" "$lines"
		shown=$now
	fi
	sleep 0.3
done
wait "$pid"
status=$?
now=$(($(date +%s) - start))
[ ! -t 1 ] || printf '\r'
if [ $status -eq 0 ]; then
	printf '%s: done in %d s          \n' "$what" "$now"
else
	cat "$log"
	printf '%s: failed with status %d\n' "$what" "$status"
fi
exit $status
