#!/bin/bash
# tests/integration/21-kill.sh -- kill -9 of daemons, of jobs and of what an
# instance runs, at many points of a push.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
plan 101
platform_up
hello_app hello start
text=start
ok "the first push succeeds" dcloud push

# A build that lasts long enough to be killed in.
cat >>builder <<'END'
i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done
END

note "--- daemons"
for state in preparing building snapshotting; do
	crash_push "builder while $state" "$(newest builds $state)" \
	    "$(pid_of builder)"
done
for state in building initializing installing launching switching; do
	crash_push "deployer while $state" "$(newest deployments $state)" \
	    "$(pid_of deployer)"
done
for state in creating installing launching; do
	crash_push "deployer, instance $state" "$(newest instances $state)" \
	    "$(pid_of deployer)"
done
draining="SELECT 1 FROM instances WHERE state = 'draining'"
crash_push "deployer, instance draining" "$draining" "$(pid_of deployer)"
crash_push "uploader while building" "$(newest builds building)" \
    "$(pid_of uploader)"
crash_push "uploader while switching" "$(newest deployments switching)" \
    "$(pid_of uploader)"
crash_push "haproxy while building" "$(newest builds building)" \
    "$(pid_of haproxy)"
crash_push "haproxy while switching" "$(newest deployments switching)" \
    'haproxy -W'
crash_push "sshd while building" "$(newest builds building)" "$(pid_of sshd)"
crash_push "all daemons while building" "$(newest builds building)" \
    "$(pid_of uploader)" "$(pid_of builder)" "$(pid_of deployer)" \
    "$(pid_of haproxy)" "$(pid_of sshd)"

note "--- jobs"
crash_push "build job while building" "$(newest builds building)" ' -j build '
crash_push "build job while snapshotting" "$(newest builds snapshotting)" \
    ' -j build '
for state in creating installing launching; do
	crash_push "start job, instance $state" "$(newest instances $state)" \
	    ' -j start '
done
crash_push "retire job" "$draining" ' -j retire '
for state in building launching switching; do
	crash_push "deployment job while $state" \
	    "$(newest deployments $state)" ' -j deployment '
done

note "--- the platform's own dcinit"
next_text
python3 "$here/when.py" "$root" "$(newest builds building)" "$(ctl pid)" \
    >"$root/work/when" 2>&1 &
killer=$!
wait_until 10 test -s "$root/work/when"
dcloud push >"$root/work/push" 2>&1 &
push=$!
wait $killer
is "dcinit: it was killed there" $? 0
ok "dcinit: the platform comes up again" platform up
wait $push
is "dcinit: the push ended well" "$(ended_as $? "")" ""
rest "dcinit: nothing is left of it"

note "--- uploads"
head -c 30000000 /dev/urandom >big
for victim in 'bwrap .*rsync --server' dcloud-receive; do
	before=$(db "SELECT count(*) FROM deployments")
	python3 "$here/when.py" "$root" "SELECT 1" "$victim" \
	    >"$root/work/when" 2>&1 &
	killer=$!
	wait_until 10 test -s "$root/work/when"
	dcloud push >"$root/work/push" 2>&1
	is "upload, $victim: the push says that it failed" $? 1
	wait $killer
	is "upload, $victim: it was killed" $? 0
	is "upload, $victim: nothing was deployed" \
	    "$(db "SELECT count(*) FROM deployments")" "$before"
done
rm big
next_text
ok "a push after it" dcloud push
rest "of broken uploads nothing is left"

note "--- an instance"
box=$bridge-i$(db "SELECT id FROM instances WHERE state = 'up'")
monitor() { pgrep -f "^.lxc monitor. $root/boxes $box\$"; }
pid1() { pgrep -P "$(monitor)"; }
old=$(pid1)
hash=$(sha256sum <"$root/boxes/$box/home/mnt/hello.py")
echo kept >"$root/boxes/$box/home/mnt/kept"
kill -9 "$old"
came_back() { [ -n "$(pid1)" ] && [ "$(pid1)" != "$old" ] && at_rest; }
ok "pid 1 of an instance comes back" wait_until 60 came_back
is "it answers" "$(get hello)" "$text"
is "with its home" "$(cat "$root/boxes/$box/home/mnt/kept") $(
    sha256sum <"$root/boxes/$box/home/mnt/hello.py")" "kept $hash"
old=$(pgrep -P "$(pid1)")
kill -9 "$old"
runs_again() { [ -n "$(pgrep -P "$(pid1)")" ] && ! kill -0 "$old"; }
ok "its process is started again" wait_until 30 runs_again
ok "it answers" wait_until 30 get hello
next_text
ok "a push after all this" dcloud push
rest "nothing is left of it all"
