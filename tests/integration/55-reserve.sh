#!/bin/bash
# tests/integration/55-reserve.sh -- the version before stays frozen for a while:
# the way back to it starts nothing. What its process says of its own start tells
# whether it is the same one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
plan 78
reserve=600
platform_up

# version N SECONDS: what it answers, and how long it takes to start.
version() {
	sed -i "s|body = .*|body = (\"version $1 of \" + BORN).encode() #|;
	    /^            os.environ/d; /^BORN/d; /^import time/d;
	    s|^import os\$|import os\nimport time\nBORN = str(time.time_ns());\
 time.sleep($2)|" hello.py
	grep -q slow hello.py || sed -i 's|^    def do_GET(self):|&\
        if self.path == "/slow":\
            self.send_response(200)\
            self.send_header("Content-Length", "11")\
            self.end_headers()\
            self.wfile.write(b"begun ")\
            while not os.path.exists("/tmp/go"):\
                time.sleep(0.05)\
            self.wfile.write(b"ended")\
            return|' hello.py
}
previous() { dcloud deploy previous >"$root/work/said" 2>&1; }
said() { cat "$root/work/said"; }
row() { db "SELECT $1 FROM instances WHERE state = '$2' ORDER BY id LIMIT 1"; }
in_reserve() { [ -n "$(row id reserved)" ]; }
is_gone() { [ "$(db "SELECT state FROM instances WHERE id = $1")" = gone ]; }
# may_enter ID: the key that is removed on the way, in instance ID.
may_enter() {
	grep -qF "$(cut -d' ' -f2 "$root/work/id.pub")" \
	    "$root/boxes/$bridge-i$1/etc/authorized_keys"
}
taken='\[www\.0\] Taken from the reserve'

example hello hello
version 1 8
ssh-keygen -q -t ed25519 -N '' -C other -f "$root/work/id"
dcloud keys add "$root/work/id.pub" >/dev/null
ok "an application that takes 8 s to start" dcloud push
one=$(get hello)
like "answers" "$one" '^version 1 of [0-9]'
first=$(row id up)
version 2 0
ok "its next version" dcloud push
two=$(get hello)
like "serves" "$two" '^version 2 of'
ok "the one before goes into reserve" wait_until 30 in_reserve
is "it is the one that served" "$(row id reserved)" "$first"
is "frozen, out of the router, and nothing else changed" "$(machine)" ""

ok "deploy previous" previous
like "takes it from there" "$(said)" "$taken"
unlike "and launches nothing" "$(said)" 'Launching'
is "it is the very process that served before" "$(get hello)" "$one"
is "in the same container" "$(row id up)" "$first"
ok "the other version is in reserve now" wait_until 30 in_reserve
ok "which lets a key in" may_enter "$(row id reserved)"
ok "that is removed" dcloud keys rm "$(db "SELECT id FROM keys
    WHERE blob = '$(cut -d' ' -f2 "$root/work/id.pub")'")"
ok "deploy previous goes forth again" previous
like "by the reserve too" "$(said)" "$taken"
is "to the same process" "$(get hello)" "$two"
ok "and the key is good no more" wait_until 5 not may_enter "$(row id up)"
ok "and the first is in reserve" wait_until 30 in_reserve
rest "the machine is as the store says"

version 3 0
ok "a third version" dcloud push
ok "replaces the first one in reserve" wait_until 30 is_gone "$first"
second=$(row id reserved)
three=$(get hello)
ok "by the second" [ -n "$second" ]
ok "whose container ends while it is frozen" kill -9 "$(pid1_of "$bridge-i$second")"
ok "deploy previous succeeds all the same" previous
unlike "without the reserve" "$(said)" "$taken"
like "by a start" "$(said)" 'Launching'
like "of the version" "$(get hello)" '^version 2 of'
unlike "not of that process" "$(get hello)" "^$two\$"

ok "the third is in reserve" wait_until 30 in_reserve
ok "a variable changes" dcloud env set COLOUR=red
two=$(get hello)
ok "deploy previous" previous
unlike "is a start then, for that needs it" "$(said)" "$taken"
like "of the version before" "$(get hello)" '^version 3 of'
unlike "in a new process" "$(get hello)" "^$three\$"
ok "what knows the variable is in reserve" wait_until 30 in_reserve
ok "and deploy previous" previous
like "takes it" "$(said)" "$taken"
is "to the process of that time" "$(get hello)" "$two"
wait_until 30 in_reserve
ok "another memory" dcloud scale www:memory=300M
ok "deploy previous" previous
unlike "is a start too" "$(said)" "$taken"

# killing SQL: the deployer is killed there during a deploy previous; fails when
# when.py was too late: some points last for milliseconds.
killing() {
	local killer
	wait_until 60 in_reserve
	was=$(get hello | cut -d' ' -f2)
	python3 "$here/when.py" "$root" "$1" "$(pid_of deployer)" \
	    'deployer.* -j' >"$root/work/when" 2>&1 &
	killer=$!
	wait_until 10 test -s "$root/work/when"
	previous
	status=$?
	wait_until 5 grep -q killed "$root/work/when" || kill $killer
	wait $killer
}
crash() { # NAME SQL
	local was status
	killing "$2" || killing "$2" || killing "$2"
	is "$1: it was killed there" $? 0
	is "$1: the deployment succeeds" $status 0
	is "$1: the other version serves" "$(get hello | cut -d' ' -f2)" \
	    $((5 - was))
	rest "$1: nothing is left of it"
}
crash "killed when it was taken" "SELECT 1 FROM instances
    WHERE state = 'creating' AND reserved_until > 1"

# The router's lock is taken while the last request of the old one goes on: so its
# job gets as far as that. It sleeps there (poll of nothing); earlier it needs the
# lock itself.
what="killed while the other one is frozen"
waits_for_it() {
	local job
	job=$(pgrep -f "^deployer -f $conf -j retire $old ") &&
		grep -q '^[0-9]* 0x0 0x0 ' "/proc/$job/syscall"
}
on_the_way() {
	[ -n "$(db "SELECT 1 FROM instances WHERE state = 'draining'
	    AND reserved_until > 1")" ]
}
wait_until 60 in_reserve
was=$(get hello | cut -d' ' -f2)
old=$(row id up)
curl -sN --max-time 90 -H "Host: hello-$user.localhost" \
    "http://$http/slow" >"$root/work/slow" &
slow=$!
ok "a request begins" wait_until 20 grep -q begun "$root/work/slow"
previous
is "$what: the deployment succeeds" $? 0
ok "$what: a job waits for the request" wait_until 30 waits_for_it
exec 9>"$root/run/router.lock"
ok "the router is busy" flock 9
ok "the request ends" touch "/proc/$(pid1_of "$bridge-i$old")/root/tmp/go"
ok "$what: it was killed there" wait_until 30 on_the_way
kill -9 "$(pid_of deployer)" $(pgrep -f "^deployer -f $conf -j ")
exec 9>&-
wait $slow
is "the request is answered" "$(cat "$root/work/slow")" "begun ended"
is "$what: the other version serves" "$(get hello | cut -d' ' -f2)" $((5 - was))
rest "$what: nothing is left of it"
ok "$what: it is frozen" in_reserve
crash "killed when that was done" "SELECT 1 FROM instances
    WHERE state = 'reserved' AND id > (SELECT min(id) FROM instances
    WHERE state = 'up')"

wait_until 60 in_reserve
last=$(row id reserved)
served=$(row id up)
before=$(db "SELECT max(id) FROM events")
sed -i 's/^reserve_seconds.*/reserve_seconds = 1/' "$conf"
ok "the reserve is to last a second" ctl restart deployer
version 4 0
ok "a version is pushed" dcloud push
ok "the reserve of before is gone" wait_until 30 is_gone "$last"
ok "and what served too" wait_until 30 is_gone "$served"
is "which had been in reserve" "$(db "SELECT count(*) FROM events
    WHERE thing = 'instance' AND thing_id = $served
    AND to_state = 'reserved' AND id > $before")" 1
rest "with all that it had"

sed -i 's/^reserve_seconds.*/reserve_seconds = 600/' "$conf"
ok "the reserve is to last again" ctl restart deployer
version 5 0
ok "one more version" dcloud push
ok "and one in reserve" wait_until 30 in_reserve
is "that is all" "$(db "SELECT count(*) FROM instances
    WHERE state NOT IN ('gone')")" 2

# A job that is frozen in its middle may hold what others wait for.
echo "  postinstall: echo '0 0 1 1 * true' | crontab -" >>dotcloud.yml
version 6 0
ok "a version with a cron job" dcloud push
cron=$(row id up)
sed -i '/postinstall/d' dotcloud.yml
version 7 0
ok "and one without" dcloud push
ok "the one with cron goes" wait_until 30 is_gone "$cron"
is "and was not in reserve" "$(db "SELECT count(*) FROM events
    WHERE thing = 'instance' AND thing_id = $cron
    AND to_state = 'reserved'")" 0
ok "the application is destroyed" dcloud -y destroy
ok "with it" wait_until 30 test -z "$(db "SELECT 1 FROM instances")"
is "no container is left" "$(ls "$root/boxes")" ""
