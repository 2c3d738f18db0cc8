#!/bin/bash
# tests/integration/10-push.sh -- create, push, live; again, incremental, clean.
. "$(dirname "$0")/lib.sh"
plan 8
platform_up

hello_app hello one
log=$(dcloud push 2>&1)
is "the first push succeeds" $? 0
like "it is a clean build" "$log" '\[www\] Build started for revision rsync-[0-9]{13} \(clean build\)$'
is "it answers" "$(get hello)" one

say_hello two
log=$(dcloud push 2>&1)
is "the second push succeeds" $? 0
like "it is not a clean build" "$log" '\[www\] Build started for revision rsync-[0-9]{13}$'
is "the new version answers" "$(get hello)" two
like "--clean is" "$(dcloud push --clean 2>&1)" '\(clean build\)$'
is "destroy ends it" "$(dcloud -y destroy 2>&1 | tail -n 1)" "==> Destroyed."
