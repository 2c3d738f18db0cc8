# tests/integration/crash.sh -- for tests that kill: points of a push, what the
# push came to, and whether the machine is what the store says.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# What no live row owns and what a row promises but is not there.
machine() { python3 "$here/machine.py" "$root" "$bridge" 2>&1; }
at_rest() { [ -z "$(machine)" ]; }

# rest NAME: within two rounds of the sweep the machine is what the store says.
rest() {
	local left
	left=$(wait_until 130 at_rest || machine)
	is "$1" "$left" ""
}

# next_text: the application answers "text N", N new; also another size.
serial=0
next_text() {
	serial=$((serial + 1))
	text="text $serial"
	say_hello "$text"
	printf '#%*s\n' $serial '' >>hello.py
}

# ended_as STATUS OLD: how a push that was disturbed may end: as it would have;
# or it says that it has failed, and the old version still serves.
ended_as() {
	case $1 in
	0) [ "$(get hello)" = "$text" ] || echo "serves '$(get hello)'" ;;
	2)
		grep -qE 'Deployment failed|build service' "$root/work/push" ||
			echo "says nothing"
		[ "$(get hello)" = "$2" ] || echo "serves '$(get hello)'"
		note "it failed: $(tail -n 1 "$root/work/push")" >&2
		text=$2
		;;
	*) echo "status $1: $(tail -n 3 "$root/work/push")" ;;
	esac
}

# killing_push SQL PATTERN...: a push, in $status how it ended; fails when when.py
# was too late for the point where it kills.
killing_push() {
	local killer
	old=$text
	next_text
	python3 "$here/when.py" "$root" "$@" >"$root/work/when" 2>&1 &
	killer=$!
	wait_until 10 test -s "$root/work/when"
	dcloud push >"$root/work/push" 2>&1
	status=$?
	wait_until 15 grep -q killed "$root/work/when" || kill $killer
	wait $killer
}

# crash_push NAME SQL PATTERN...: a push during which when.py kills; some points
# last for a millisecond, so that a busy machine may need another push. Three
# checks: the point was reached; the push ended as ended_as says; nothing that
# is nobody's is left.
crash_push() {
	local what=$1 old status
	shift
	killing_push "$@" || killing_push "$@" || killing_push "$@"
	is "$what: it was killed there" $? 0
	wait_until 20 get hello
	ended_as $status "$old" >"$root/work/ended"
	is "$what: the push ended well" "$(cat "$root/work/ended")" ""
	rest "$what: nothing is left of it"
}

# newest TABLE STATE: SQL for "the newest row of TABLE is a new one, in STATE".
newest() {
	echo "SELECT 1 FROM $1 WHERE state = '$2'" \
	    "AND id > $(db "SELECT coalesce(max(id), 0) FROM $1")"
}
