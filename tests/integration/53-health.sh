#!/bin/bash
# tests/integration/53-health.sh -- instances that are up are checked for as long
# as they live: who is ill gets no requests, and is replaced when that lasts.
. "$(dirname "$0")/lib.sh"
plan 43
platform_up
here=$(dirname "$(readlink -f "$0")")
allowed=$root/work/allowed

# row WHAT N: of instance N of $app that serves.
row() {
	db "SELECT i.$1 FROM instances i JOIN services s ON s.id = i.service_id
	    JOIN applications a ON a.id = s.application_id
	    WHERE a.name = '$app' AND i.number = $2
	    AND i.state IN ('up', 'down')"
}
is_row() { [ "$(row "$1" "$2")" = "$3" ]; }
becomes() { wait_until "${3:-15}" is_row health "$1" "$2"; }

# processes N: of the program of instance N, as the host counts.
processes() {
	cat /sys/fs/cgroup/{,*/}"lxc.payload.$bridge-i$(row id "$1")"/cgroup.procs \
	    2>/dev/null | sort -u | while read -r pid; do
		! grep -qa hello.py "/proc/$pid/cmdline" 2>/dev/null ||
			echo "$pid"
	done
}
signal() { processes "$2" | xargs kill "-$1"; }
# ill N and well N: what its program says when it is asked.
file_of() { echo "/proc/$(processes "$1" | head -n 1)/root/tmp/ill"; }
ill() { touch "$(file_of "$1")"; }
well() { rm -f "$(file_of "$1")"; }

# who N: the instances that answer N requests.
who() {
	local i
	for ((i = 0; i < $1; i++)); do
		curl -s -o /dev/null -D - --max-time 20 \
		    -H "Host: $app-$user.localhost" "http://$http/" |
		    sed -n 's/^[Xx]-[Ii]nstance: \([0-9]*\).*/\1/p'
	done | sort -u | xargs
}
answers_from() { [ "$(who 8)" = "$1" ]; }
is_status() { [ "$(status "$app")" = "$1" ]; }
checker() { pgrep -f "^deployer -f $conf -j check "; }

# program: load_app.py with a path of its own for the checks.
program() {
	sed 's/^VERSION = .*/VERSION = "1"/' "$here/load_app.py" >hello.py
	sed -i 's|^    def do_GET(self):|&\
        if self.path == "/well" and os.path.exists("/tmp/ill"):\
            self.send_error(500, "Not Well")\
            return|' hello.py
}

app=pair
hello_app pair unused
program
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  process: ~/hello.py
  ports: {www: http}
  healthcheck: {path: /well}
END
ok "an application is pushed" dcloud push
ok "with two instances" dcloud scale www=2
ok "the first is well" becomes 0 good
ok "so is the second" becomes 1 good
echo 1 >"$allowed"
python3 "$here/load.py" "$http" "$app-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!

ok "one begins to answer its checks with 500" ill 0
ok "that is noticed" becomes 0 failing
like "dcloud info says so" "$(dcloud info www)" '^health: +failing$'
ok "it gets no requests" wait_until 5 answers_from 1
is "none at all" "$(who 30)" 1
ok "it gets well" well 0
ok "that is noticed too" becomes 0 good
ok "both answer again" wait_until 5 answers_from "0 1"

ok "the other one hangs" signal STOP 1
ok "that is noticed" becomes 1 silent
ok "it gets no requests" wait_until 5 answers_from 0
ok "it goes on" signal CONT 1
ok "and is well" becomes 1 good

ok "the checker is killed" kill -9 "$(checker)"
ok "and another one begins" wait_until 10 checker
ill 0
ok "which notices as well" becomes 0 failing
well 0
ok "both ways" becomes 0 good
kill "$load"
wait "$load"
log=$(cat "$root/work/load.log")
note "${log//$'\n'/; }"
like "no request was lost" "$log" '^requests [0-9]{3,}, bad 0,'

log=$(dcloud logs -N -n 1000)
like "the log says who was ill and why" "$log" \
    "\[www\.0\] .* It is not well \(answered '500 Not Well'\)"
like "who hung" "$log" '\[www\.1\] .* It does not answer \(no answer in 3 s\)'
like "and that they are well" "$log" '\[www\.1\] .* It answers again\.'

ill 0
ill 1
ok "when nobody is well there is the page of the platform" \
    wait_until 10 is_status 503
well 0
well 1
ok "until somebody is" wait_until 10 is_status 200

ok "one instance alone" dcloud scale www=1
ok "hangs" signal STOP 0
ok "that is noticed" becomes 0 silent
curl -s --max-time 50 -H "Host: $app-$user.localhost" -o "$root/work/late" \
    "http://$http/" &
late=$!
ok "and goes on" signal CONT 0
wait "$late"
is "the request has waited for it" $? 0
like "and is answered" "$(cat "$root/work/late")" '^version 1 '

becomes 0 good

signal STOP 0
ok "one that hangs for 70 s is replaced" wait_until 120 is_row replaced 0 1
ok "and answers again" wait_until 30 is_status 200
like "which is in the log" "$(dcloud logs -N -n 1000)" \
    'It has not been well for 70 s .*: it is started again in a new container'

app=told
hello_app told unused
program
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  process: ~/hello.py
  ports: {www: http}
  healthcheck: {command: test ! -e ~/sick && test -n "$PORT_WWW"}
END
ok "a command that checks" dcloud push
ok "is asked in the instance" becomes 0 good
touch "/proc/$(processes 0)/root/home/dotcloud/sick"
ok "for as long as it lives" becomes 0 failing
rm "/proc/$(processes 0)/root/home/dotcloud/sick"
ok "and believed" becomes 0 good
sed -i 's/command: .*/command: "false", deadline: 1}/' dotcloud.yml
log=$(dcloud push 2>&1)
is "one that does not succeed fails the deployment" $? 2
like "which says so" "$log" \
    'the command of its healthcheck, `false`, did not succeed in 1 s'
is "the version before answers" "$(status told)" 200
