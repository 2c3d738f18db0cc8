#!/bin/bash
# tests/integration/23-together.sh -- many things at once, and the end of
# applications and services.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
plan 31
platform_up

# A deployer that starts sweeps at once, and not only after a minute.
sweep_now() { kill -9 "$(pid_of deployer)"; }

note "--- two pushes of one application"
hello_app hello start
text=start
ok "the first push" dcloud push
cp -a "$root/work/hello" "$root/work/twin"
next_text
first=$text
dcloud push >"$root/work/push1" 2>&1 &
one=$!
cd "$root/work/twin" || exit 1
next_text
second=$text
dcloud push >"$root/work/push2" 2>&1 &
two=$!
wait $one
is "one push ends well" $? 0
wait $two
is "the other one too" $? 0
like "one of them serves" "$(get hello)" "^($first|$second)\$"
is "they were deployed one after the other" "$(db "
    SELECT count(*) FROM deployments a JOIN deployments b ON a.id < b.id
    JOIN events e ON e.thing = 'deployment' AND e.thing_id = b.id
     AND e.from_state = 'queued' WHERE e.created_at < a.ended_at")" 0
rest "nothing is left of the replaced"

note "--- a file changed twice within a second, to the same size"
cd "$root/work/hello" || exit 1
say_hello aaaa
touch -d '2026-01-01 12:00:00.25' hello.py
dcloud push >/dev/null 2>&1
say_hello bbbb
touch -d '2026-01-01 12:00:00.75' hello.py
dcloud push >/dev/null 2>&1
is "the newest content serves" "$(get hello)" bbbb

note "--- many applications at once"
pids=()
for i in 1 2 3 4 5; do
	hello_app "app$i" "content$i"
	dcloud push >"$root/work/push-$i" 2>&1 &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
is "five pushes at once end well" $failed 0
is "each serves its own" "$(for i in 1 2 3 4 5; do get "app$i"; done |
    tr '\n' ' ')" "content1 content2 content3 content4 content5 "
rest "the machine is what the store says"

note "--- destroy during a push"
# gone APP: nothing of it is in the store.
gone() { [ "$(db "SELECT count(*) FROM applications WHERE name = '$1'")" = 0 ]; }
n=0
for state in building initializing installing probing; do
	n=$((n + 1))
	cd "$root/work/app$n" || exit 1
	say_hello "again$n"
	sql=$(newest deployments $state)
	dcloud push >"$root/work/push" 2>&1 &
	push=$!
	reached() { [ -n "$(db "$sql")" ] || ! kill -0 $push; }
	wait_until 30 reached
	ok "destroy while $state" dcloud -y -A "app$n" destroy
	wait $push
	note "the push ended with $?: $(tail -n 1 "$root/work/push")"
	ok "while $state: it ends" wait_until 60 gone "app$n"
done
sweep_now
rest "nothing is left of the destroyed"

note "--- push during a destroy"
hello_app again old
dcloud push >/dev/null 2>&1
dcloud -y destroy >/dev/null 2>&1
# The name is either taken until the end, or free: both is an answer.
recreated() { dcloud -y create again; }
ok "the name is free again" wait_until 60 recreated
say_hello new
ok "a push of the new one" dcloud push
is "it serves" "$(get again)" new

note "--- the end of a service, and of everything"
cat >>dotcloud.yml <<'END'
api:
  type: custom
  buildscript: builder
END
ok "a second service" dcloud push
is "it serves" "$(get again / api)" new
ok "destroy it" dcloud -y destroy api
service_gone() { [ -z "$(db "SELECT 1 FROM services WHERE name = 'api'")" ]; }
ok "it ends" wait_until 60 service_gone
is "the other service serves" "$(get again)" new
sweep_now
rest "nothing is left of the service"
for app in hello app5 again; do
	dcloud -y -A $app destroy >/dev/null 2>&1
done
all_gone() { [ "$(db "SELECT count(*) FROM applications")" = 0 ]; }
ok "all are destroyed" wait_until 60 all_gone
sweep_now
rest "nothing is left of all"
is "no file and no address" "$(find "$root"/code "$root"/layers "$root"/boxes \
    -mindepth 1; db "SELECT number FROM addresses"; db "SELECT * FROM routes")" ""
