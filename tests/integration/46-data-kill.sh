#!/bin/bash
# tests/integration/46-data-kill.sh -- kill -9 at each step of moving ~/data:
# it is in one place after it, and served.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
. "$(dirname "$0")/data.sh"
plan 61
platform_up

# next_text: crash.sh's, for data_app.py.
next_text() {
	serial=$((serial + 1))
	version $serial
	text=$(python3 -c "print('version $serial ' * 500)")
}

# whole: nothing when ~/data is there once, the one that all versions have
# written to, and the instance that serves has it.
whole() {
	local n lines
	lines=$(get hello /data/history)
	[ "$(head -n 1 <<<"$lines")" = "start 1" ] || echo "not from the start"
	[ "$(tail -n 1 <<<"$lines" | cut -d' ' -f1)" = start ] ||
		echo "the last one does not run"
	[ "$(tail -n 1 <<<"$lines" | cut -d' ' -f2)" = \
	    "$(get hello / | cut -d' ' -f2)" ] || echo "another version's"
	n=$(find "$root"/boxes/*/home/upper/data "$root/data" -name history |
	    grep -c .)
	[ "$n" = 1 ] || echo "there are $n"
	n=$(db "SELECT count(*) FROM instances WHERE data <> 'own'
	    AND state <> 'up'")
	[ "$n" = 0 ] || echo "$n are waiting"
	[ -z "$(db "SELECT 1 FROM holds")" ] ||
		echo "requests wait"
}

is_whole() { [ -z "$(whole)" ]; }

# data_crash NAME SQL PATTERN...: crash_push, and ~/data after it.
data_crash() {
	crash_push "$@"
	wait_until 30 is_whole
	is "$1: ~/data is whole" "$(whole)" ""
}

# newer STATE DATA: SQL for an instance that is to come.
newer() {
	echo "SELECT 1 FROM instances WHERE state = '$1' AND data = '$2'" \
	    "AND id > $(db "SELECT max(id) FROM instances")"
}

example hello hello
cp "$here/data_app.py" hello.py
next_text
push
is "the first push succeeds" $rc 0
place=$root/data/$(db "SELECT id FROM services").0
parking="SELECT 1 FROM instances WHERE state = 'parking'"

note "--- all of the deployer"
data_crash "deployer while moving" "$(newest deployments moving)" \
    "$(pid_of deployer)"
data_crash "deployer, ~/data parked" "$place" "$(pid_of deployer)"
data_crash "deployer, new instance holds" "$(newer launching held)" \
    "$(pid_of deployer)"

note "--- jobs"
data_crash "deployment job while moving" "$(newest deployments moving)" \
    ' -j deployment '
data_crash "park job at its beginning" "$parking" ' -j park '
data_crash "jobs, ~/data parked" "$place" ' -j (park|start) '
data_crash "start job, waiting" "$(newer launching wanted)" ' -j start '
data_crash "start job, taking" "$(newer launching held)" ' -j start '
data_crash "haproxy while requests wait" "$(newest deployments moving)" \
    "$(pid_of haproxy)"

note "--- a version that fails"
# failing_crash NAME SQL PATTERN: the same, with a version that never answers.
failing_crash() {
	echo yes >fail
	data_crash "$@"
	echo no >fail
}
failed="SELECT 1 FROM instances WHERE state = 'failed' AND data = 'held'"
down="SELECT 1 FROM instances WHERE state = 'down'"
failing_crash "failing, new instance holds" "$(newer launching held)" \
    ' -j start '
failing_crash "failing, while it gives back" "$failed" ' -j retire '
failing_crash "failing, the old one comes back" "$down" ' -j start '
failing_crash "failing, deployer" "$failed" "$(pid_of deployer)"

note "--- power"
next_text
python3 "$here/when.py" "$root" "$place" "$(ctl pid)" >"$root/work/when" 2>&1 &
killer=$!
wait_until 10 test -s "$root/work/when"
dcloud push >"$root/work/push" 2>&1 &
push=$!
wait $killer
is "all of the platform: it was killed there" $? 0
ok "it comes up again" platform up
wait $push
is "the push ended well" "$(ended_as $? "")" ""
rest "nothing is left of it"
is "~/data is whole" "$(whole)" ""
next_text
push
is "a push after all this" "$rc $(get hello / | cut -d' ' -f2)" "0 $serial"
wait_until 30 is_whole
is "has all of it" "$(whole)" ""
is "no version has lost its lines" \
    "$(get hello /data/history | grep start | cut -d' ' -f2 | sort -u | wc -l)" \
    "$(db "SELECT count(*) FROM events WHERE thing = 'instance'
	AND from_state = 'ready' AND to_state = 'up'")"
