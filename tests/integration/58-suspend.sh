#!/bin/bash
# tests/integration/58-suspend.sh -- dcloud suspend, resume and restart: requests
# wait and none is lost; a deployment and a user do not end each other's holds.
. "$(dirname "$0")/lib.sh"
plan 65
platform_up
here=$(dirname "$(readlink -f "$0")")
. "$here/data.sh"

# version N: of nodesock_app.js.
version() { sed "s/^const VERSION = .*/const VERSION = '$1';/" \
	"$here/nodesock_app.js" >server.js; }
# ask N PATH: a request that goes on, and is on its way; answer N: its body, in
# $body.
ask() {
	curl -sv --max-time 60 -H "Host: sock-$user.localhost" \
	    "http://$http${2:-/who}" >"$root/work/answer.$1" \
	    2>"$root/work/asked.$1" &
	asking[$1]=$!
	wait_until 10 grep -q '^> GET' "$root/work/asked.$1"
}
answer() {
	wait "${asking[$1]}"
	body=$(cat "$root/work/answer.$1")
}
asking=()
# said COMMAND...: its output is in $said, its status in $rc.
said() {
	said=$("$@" 2>&1)
	rc=$?
}
one() { db "SELECT $1 FROM instances WHERE state = 'up' AND number = ${2:-0}"; }
pid1() { lxc-info -P "$root/boxes" -n "$(basename "$(box sock "www.${1:-0}")")" \
	-p -H; }
all_up() { [ "$(db "SELECT count(*) FROM instances WHERE state NOT IN ('up',
    'gone')")" = 0 ]; }
# restarted PID [N]: instance N is up, and its pid 1 is another one.
restarted() {
	local pid
	pid=$(pid1 "${2:-0}")
	[ -n "$pid" ] && [ "$pid" != "$1" ] && all_up
}
held() { db "SELECT owner FROM holds WHERE held_until / 1000 > CAST(strftime('%s') AS INTEGER)
    ORDER BY owner" | tr '\n' ' '; }

example nodesock sock
version 1
printf '  postinstall: mkdir -p ~/data\n' >>dotcloud.yml
push
is "an application written for nodesockd" $rc 0

# --- suspend -----------------------------------------------------------------

ask 1 /slow
said dcloud suspend www --for 50
is "its requests are suspended" $rc 0
like "it says until when" "$said" \
    '==> Requests of www wait, until [0-9:]{8} UTC or `dcloud resume`'
is "what was under way has ended" "$(wc -c <"$root/work/answer.1")" 5000
answer 1
ask 2
like "info shows it" "$(dcloud info)" \
    '^suspended: www, until [0-9-]{10}T[0-9:]{8} UTC'
like "of the service as well" "$(dcloud info www)" '^suspended: +until 2'
is "who asks gets no answer" "$(cat "$root/work/answer.2")" ""
like "in the router" "$(cat "$root/etc/held.map")" '^be_0 [0-9]+'
said dcloud resume www
is "until they go on" "$rc $(held)" "0 "
answer 2
like "it is answered then" "$body" '^[01]$'
unlike "info has forgotten it" "$(dcloud info)" suspended

said dcloud suspend --for 1
is "all services, for a second" $rc 0
ask 1
answer 1
like "nobody has to end it" "$body" '^[01]$'
for wrong in 0 601 x; do
	said dcloud suspend --for $wrong
	[ $rc -eq 1 ] || note "--for $wrong: $said"
	grep -q 'from 1 to 600' <<<"$said" || break
done
is "for how long is limited" "$wrong" x
said dcloud suspend nosuch
like "a service that is not there" "$said" 'Service "nosuch" does not exist'
ok "to resume what was not suspended is no mistake" dcloud resume

# --- restart --suspended -----------------------------------------------------

before=$(pid1)
said dcloud restart --suspended www --for 60
is "restarted and suspended" $rc 0
like "it says until when, too" "$said" 'Requests of www wait, until'
ok "it is another process" test "$(pid1)" != "$before"
like "info shows it" "$(dcloud info www)" '^suspended: +until resume'
like "its workers know" "$(tr '\0' '\n' <"/proc/$(pgrep -P "$(pid1)" node |
	head -n 1)/environ")" '^NODESOCKD_SUSPENDED=true$'
ask 1
ask 2 /env
is "requests wait" "$(cat "$root/work/answer.1")" ""
said dcloud resume
is "all go on" "$rc $(one suspended)" "0 0"
answer 1
like "a request is answered" "$body" '^[01]$'
answer 2
like "by those workers" "$body" ' true$'

said dcloud restart --suspended --for 120
is "once more" "$rc $(one suspended)" "0 1"
ask 1 /env
ok "for a second now" dcloud suspend --for 1
answer 1
like "the end of the hold ends that as well" "$body" ' true$'
ok "the workers have been told" wait_until 10 eval '[ "$(one suspended)" = 0 ]'

# --- restart -----------------------------------------------------------------

touch "$(box sock www.0)/home/mnt/kept"
allow 1
python3 "$here/load.py" "$http" "sock-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!
before=$(pid1)
id=$(one id)
said dcloud restart www.0
is "the only instance is restarted" $rc 0
like "in dotCloud's words" "$said" \
    '^==> Service \(www\) instance #0 of application sock is being restarted\.$'
ok "it is there again" wait_until 60 restarted "$before"
is "the same one" "$(one id)" "$id"
ok "with its home" test -e "$(box sock www.0)/home/mnt/kept"
like "requests waited for it" "$(db "SELECT from_state || ' ' || to_state
    FROM events WHERE thing = 'instance' AND thing_id = $id")" '^up restarting$'
is "and do not any more" "$(held)" ""
like "its workers work" "$(get sock /env)" ' now$'

ok "two instances" dcloud scale www=2
before=$(pid1 1)
echo 1 >"$(box sock www.1)/home/mnt/data/mine"
ok "one of them is restarted" dcloud restart www.1
ok "and is there again" wait_until 60 restarted "$before" 1

# killed PATTERN: what matches is killed while an instance is restarted.
killed() {
	local killer
	before=$(pid1)
	python3 "$here/when.py" "$root" \
	    "SELECT 1 FROM instances WHERE state = 'restarting'" "$1" \
	    >"$root/work/when" 2>&1 &
	killer=$!
	wait_until 10 test -s "$root/work/when"
	dcloud restart www.0 >/dev/null 2>&1
	wait $killer
}
killed ' -j start '
is "its job is killed" $? 0
ok "it comes back all the same" wait_until 60 restarted "$before"
killed "$(pid_of deployer)"
is "the deployer is killed" $? 0
ok "it comes back then, too" wait_until 60 restarted "$before"
kill $load
wait $load
log=$(cat "$root/work/load.log")
note "${log//$'\n'/; }"
like "no answer was lost or wrong" "$log" '^requests [0-9]{3,}, bad 0,'

said dcloud restart www
is "without a number" "$rc $said" \
    '1 Error: You must specify a service and instance, e.g. "www.0"'
said dcloud restart www.x
is "with a wrong one" "$rc $said" \
    '1 Error: Invalid service instance identifier: www.x'
said dcloud restart www.7
is "with one that is not there" "$rc $said" \
    '1 Error: Service (www) instance #7 not found'
said dcloud restart
is "without anything" "$rc" 1

# --- and deployments ---------------------------------------------------------

ok "all is suspended" dcloud suspend --for 300
ask 1
sed -i 's/^www:/&\n  migrate: echo migrating while $(id -un) suspends/' dotcloud.yml
version 2
push
is "a deployment that migrates and moves ~/data goes on" $rc 0
like "it migrates" "$said" 'migrating while dotcloud suspends'
is "it moves two" "$(grep -c 'Moving ~/data' <<<"$said")" 2
is "and leaves the user's hold" "$(held)" "user "
is "who asked before waits still" "$(cat "$root/work/answer.1")" ""
ok "until resume" dcloud resume
answer 1
like "it is answered" "$body" '^[01]$'
ok "nothing but what serves is left" wait_until 60 all_up
is "and nobody waits" "$(held)" ""
is "~/data is there" "$(cat "$(box sock www.1)/home/mnt/data/mine")" 1

# --- many at once --------------------------------------------------------------

# hold: asks for one, for 4 s at the most; its status. Without the router, which
# does not tell of a client of HTTP/1.1 that has gone.
access=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1] + "/config"))["token"]["access_token"])' \
    "$DCLOUD_CONFIG_DIR")
hold() {
	curl -s -o /dev/null -w '%{http_code}\n' --max-time 4 -X PUT \
	    -H "Authorization: Bearer $access" -d '{"seconds": 600}' \
	    --unix-socket "$root/run/uploader.sock" \
	    http://localhost/v1/me/applications/sock/hold
}
children() { pgrep -c -P "$(pid_of uploader)"; }
ok "nobody does what is asked for" ctl stop deployer
for _ in {1..20}; do
	hold >>"$root/work/holds" &
	holds+=($!)
done
ok "twelve wait" wait_until 4 eval '[ "$(children)" = 12 ]'
ok "others are answered" dcloud info
wait "${holds[@]}"
is "more are refused" "$(grep -c '^503$' "$root/work/holds")" 8
ok "who has gone is not waited for" wait_until 3 eval '[ "$(children)" = 0 ]'
ctl start deployer >/dev/null
