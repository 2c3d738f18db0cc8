#!/bin/bash
# tests/integration/72-commands.sh -- ending a deployment, and who did what: cancel,
# status, activity, upgrade, open, completion.
. "$(dirname "$0")/lib.sh"
plan 45

# dc WORD...: dcloud, both streams in $said, its exit status in $rc.
dc() {
	said=$(dcloud "$@" 2>&1 </dev/null)
	rc=$?
}

json() { python3 -c 'import json, sys; print(eval(sys.argv[1], {
    "j": json.loads(sys.stdin.read())}))' "$1"; }

state_of_latest() { dcloud dlist --json | json 'j[-1]["state"]'; }
has_state() { [ "$(state_of_latest)" = "$1" ]; }
all_gone() { [ "$(db "SELECT count(*) FROM instances
    WHERE state NOT IN ('up', 'gone')")" = 0 ]; }

platform_up
hello_app app one

# --- before the first push ---------------------------------------------------

dc cancel
is "cancel without a deployment" $rc 1
like "and says so" "$said" "Not Found: no deployment 'latest'"
dc open
like "open without a service" "$said" 'No URLs found for the application'
ok "push" dcloud push
first=$(dcloud revisions 2>/dev/null | sed -n 's/^\* //p')

# --- status ------------------------------------------------------------------

dc status www
is "status" $rc 0
like "status begins" "$said" '^==> Probing status for service "www"\.\.\.$'
like "an instance is up" "$said" '^www\.0:  up$'
like "with what else is known" "$said" "^   revision -> $first\$"
is "status --json" "$(dcloud status --json 2>/dev/null | json 'j["www.0"]["status"]')" up
dc status db
like "status of no service" "$said" '"db" does not exist'

# --- cancel: in a build, in a postinstall ------------------------------------

cp builder builder.good
printf '#!/bin/sh\necho cancel me\nexec sleep 600\n' >builder
dcloud push >"$root/work/pushed" 2>&1 &
pusher=$!
ok "a build that lasts" wait_until 30 grep -q 'cancel me' "$root/work/pushed"
dc cancel
is "cancel" $rc 0
like "cancel says which" "$said" \
    '^==> Deployment [0-9a-f]+ is cancelled; what served before serves on\.$'
wait $pusher
is "the push fails" $? 2
like "and says who did it" "$(tail -n 2 "$root/work/pushed")" \
    "Deployment cancelled by $user"
is "its state" "$(state_of_latest)" cancelled
is "its build's" "$(db "SELECT state FROM builds ORDER BY id DESC LIMIT 1")" \
    cancelled
dc cancel
is "cancel it again" $rc 1
like "it has ended" "$said" 'has ended already$'
cp builder.good builder
cp dotcloud.yml dotcloud.good
printf '  postinstall: sleep 600\n' >>dotcloud.yml
dcloud push >"$root/work/pushed" 2>&1 &
pusher=$!
ok "a postinstall that lasts" wait_until 30 has_state installing
dc cancel "$(dcloud dlist --json | json 'j[-1]["deploy_id"]')"
is "cancel by its name" $rc 0
wait $pusher
is "that push fails as well" $? 2
is "the old version serves on" "$(get app)" one
ok "what was begun is gone" wait_until 30 all_gone
cp dotcloud.good dotcloud.yml
say_hello two
ok "the next push is none the worse" dcloud push
is "the new version" "$(get app)" two
dc cancel
like "what is live cannot be cancelled" "$said" 'is live already$'

# --- activity ----------------------------------------------------------------

ok "set a variable" dcloud env set secret=xyzzy
ok "scale memory" dcloud scale www:memory=256M
dc activity
like "activity: its title" "$said" \
    '^time +category +action +application\.service \(details\)$'
like "activity: create" "$said" "^[-0-9: ]{19} app +create +app /by $user\$"
like "activity: deploy" "$said" "^[-0-9: ]{19} app +deploy +app \
\\(revision=$first build=[0-9a-f]+\\) /by $user\$"
is "activity: both cancelled" "$(grep -c ' cancel ' <<<"$said")" 2
like "activity: scale" "$said" "service +scale +app\\.www \\(memory=256M\\)"
like "activity: variables by name" "$said" 'env +change +app \(set=secret\)'
is "and without their values" "$(grep -c xyzzy <<<"$said")" 0
like "activity --all has the account's" "$(dcloud activity -a)" \
    "account +login +(\\(machine=[^ ]+\\) )?/by $user\$"
is "activity --json" "$(dcloud activity --json |
    json '[a["user"] for a in j][-1]')" "{'username': '$user', 'self': True}"

# --- upgrade, open, completion -----------------------------------------------

like "nothing to upgrade" "$(dcloud upgrade)" \
    '^==> All the services are up to date in app$'
db "UPDATE snapshots SET image = 'older'"
like "upgrade --dry-run" "$(dcloud upgrade -n www)" \
    '^www can be automatically upgraded from custom/older to custom/[^ ]+ \('
dc -y upgrade
is "upgrade" $rc 0
like "it builds from nothing" "$said" '\(clean build\)$'
like "and then nothing is left to do" "$(dcloud upgrade)" 'are up to date'
is "open runs the browser" "$(BROWSER="echo" dcloud open 2>/dev/null)" \
    "http://app-$user.localhost:$http_port/"
ok "completion for bash" bash -c 'eval "$(dcloud completion bash)"
    COMP_WORDS=(dcloud -A app can); COMP_CWORD=3; _dcloud
    [ "${COMPREPLY[*]}" = cancel ]'
