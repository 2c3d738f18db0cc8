#!/bin/bash
# tests/integration/20-load.sh -- no answer is lost while versions change.
. "$(dirname "$0")/lib.sh"
plan 20
platform_up
here=$(dirname "$(readlink -f "$0")")
allowed=$root/work/allowed

# version N: what the application in this directory is from now on.
version() {
	sed "s/^VERSION = .*/VERSION = \"$1\"/" "$here/load_app.py" >hello.py
	printf '#%*s\n' "$1" '' >>hello.py # no two of the same size
}

at_rest() { [ -z "$(python3 "$here/machine.py" "$root" "$bridge" 2>&1)" ]; }

# allow N...: the versions that may answer; replaced at once, never half.
allow() {
	echo "$@" >"$allowed.new"
	mv "$allowed.new" "$allowed"
}

# change WHAT OLD NEW COMMAND...: from version OLD to NEW by COMMAND.
change() {
	local what=$1 old=$2 new=$3
	shift 3
	allow "$old" "$new"
	ok "$what" "$@"
	allow "$new"
}

hello_app hello load
version 1
ok "version 1 is pushed" dcloud push
allow 1
python3 "$here/load.py" "$http" "hello-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!

for n in 2 3 4 5; do
	version $n
	change "version $n is pushed" $((n - 1)) $n dcloud push
done
change "a second instance" 5 5 dcloud scale www=2
for n in 6 7 8; do
	version $n
	change "version $n is pushed, two instances" $((n - 1)) $n dcloud push
done
change "back to the previous version" 8 7 dcloud deploy previous
change "and to the latest" 7 8 dcloud deploy latest
change "one instance again" 8 8 dcloud scale www=1
for n in 9 10 11; do
	version $n
	change "version $n is pushed" $((n - 1)) $n dcloud push
done

kill $load
wait $load
is "the load ends by itself" $? 0
log=$(cat "$root/work/load.log")
note "${log//$'\n'/; }"
like "no answer was lost or wrong" "$log" '^requests [0-9]{3,}, bad 0,'
is "every kind of client was there" \
    "$(grep -cE '^(keep|fresh|slow|post|old) [1-9]' <<<"$log")" 5
wait_until 60 at_rest
is "nothing is left of what was replaced" \
    "$(python3 "$here/machine.py" "$root" "$bridge" 2>&1)" ""
is "one instance serves" \
    "$(db "SELECT count(*) FROM instances WHERE state = 'up'")" 1
