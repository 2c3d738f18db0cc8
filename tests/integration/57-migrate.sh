#!/bin/bash
# tests/integration/57-migrate.sh -- `migrate:` runs once in a deployment, when
# the version before has ended its requests and before the next one starts; who
# asks meanwhile is answered by the next one, or by the one before if it fails.
. "$(dirname "$0")/lib.sh"
plan 50
platform_up
here=$(dirname "$(readlink -f "$0")")
. "$here/data.sh"

mark=migrates-$bridge
# new N: the directory of the newest deployment's instance N.
new() {
	echo "$root/boxes/$bridge-i$(db "SELECT max(id) FROM instances
	    WHERE number = $1 AND deployment_id =
	    (SELECT max(id) FROM deployments)")"
}
# runs N: how often it has run in that instance.
runs() { cat "$(new "$1")/home/mnt/runs" 2>/dev/null | grep -c .; }
has_run() { [ "$(db "SELECT state FROM deployments ORDER BY id DESC LIMIT 1")" = \
    migrating ] && [ "$(runs 0)" = "$1" ]; }
go() { touch "$(new 0)/home/mnt/go"; }
processes() { pgrep -fc "$mark"; }
# how KEY VALUE...: what the application's scripts do from now on.
how() { echo "$2" >"$1"; }

# push_apart: a push that goes on; push_end: its end, in $said and $rc.
push_apart() {
	dcloud push >"$root/work/push" 2>&1 </dev/null &
	pushing=$!
}
push_end() {
	wait $pushing
	rc=$?
	said=$(cat "$root/work/push")
}
# ask: a request that goes on, and is on its way; is_answered: what came of it.
ask() {
	curl -sv --max-time 60 -H "Host: mig-$user.localhost" "http://$http/" \
	    >"$root/work/answer" 2>"$root/work/asked" &
	asking=$!
	wait_until 10 grep -q '^> GET' "$root/work/asked"
}
is_answered() { # NAME VERSION
	wait $asking
	is "$1" "$(cut -d' ' -f1,2 "$root/work/answer")" "version $2"
}

example hello mig
cat >hello.py <<'END'
#!/usr/bin/python3
import os
import sys

import load_app

with open("how") as f:
    if f.read() == "fails\n":
        sys.exit("this version never answers")
load_app.Server(("", int(os.environ["PORT_WWW"])),
                load_app.Handler).serve_forever()
END
cat >dotcloud.yml <<END
www:
  type: custom
  buildscript: builder
  migrate: ./migrate $mark
END
cat >migrate <<'END'
#!/bin/bash
echo "migrating in $DOTCLOUD_SERVICE_NAME.$DOTCLOUD_SERVICE_ID as $(id -un)"
echo "~/data has $(tail -n 1 ~/data/history 2>&1)"
echo run >>~/runs
[ "$(cat waits)" = no ] || until [ -e ~/go ]; do sleep 0.05; done
exit "$(cat status)"
END
how waits no
how status 0
how how well
version 1
push
is "the first version migrates" "$rc $(runs 0)" "0 1"
like "as dotcloud, in its instance 0" "$said" \
    '\[www\.0\] migrating in www\.0 as dotcloud$'
unlike "nobody has to wait for it" "$said" 'Requests'
said=$(dcloud scale www=2 2>&1)
is "scaling does not" "$? $(runs 0) $(runs 1)" "0 0 0"
unlike "nor says so" "$said" 'migrat'

# --- under load --------------------------------------------------------------

allow 1
python3 "$here/load.py" "$http" "mig-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!
how waits yes
version 2
push_apart
ok "the next one begins to migrate" wait_until 60 has_run 1
ask
is "its processes do not run yet" "$(find "$(new 0)/log" -name 'www*')" ""
is "those of the one before do" \
    "$(db "SELECT count(*) FROM instances WHERE state = 'up'")" 2
like "it is seen in the list of deployments" "$(dcloud dlist --json)" migrating
allow 1 2
go
push_end
allow 2
is "it is deployed" $rc 0
is_answered "who asked while it migrated is answered by it" "2"
is "it has run once, in one instance" "$(runs 0) $(runs 1)" "1 0"
like "it says for how long requests waited" "$said" \
    '\[www\] Requests have waited for [0-9.]+ s while it migrated'
is "nobody waits any more" "$(db "SELECT count(*) FROM holds")" 0

# --- it fails ----------------------------------------------------------------

how status 3
version 3
push_apart
ok "another one migrates" wait_until 60 has_run 1
ask
go
push_end
is "a migration that fails" $rc 2
like "fails its deployment, which says where and how" "$said" \
    "www\.0: the migration has failed: the command \`./migrate $mark\` returned\
 3 \(deadline: 60 seconds\)"
is_answered "who asked meanwhile is answered by the one before" "2"

how status 0
cat >>dotcloud.yml <<'END'
  healthcheck: {deadline: 20}
END
sed -i "s/migrate:.*/migrate: {command: .\/migrate $mark, deadline: 1}/" \
    dotcloud.yml
version 4
push
is "one that does not end in time" $rc 2
like "is told so" "$said" \
    'the migration has failed: it took longer than its 1 seconds'
is "nothing of it goes on" "$(processes)" 0
ok "the one before answers" get mig /

sed -i "s/migrate:.*/migrate: {command: .\/migrate $mark, deadline: 50}/" \
    dotcloud.yml
how how fails
how waits no
version 5
push
is "a version that does not start after its migration" $rc 2
like "had migrated" "$said" '\[www\.0\] migrating in www\.0'
like "and is given up" "$said" 'keeps crashing'
ask
is_answered "the one before answers" "2"
how how well

# --- killed ------------------------------------------------------------------

held_until() { db "SELECT max(held_until) FROM holds"; }
# killed NAME PATTERN: what matches is killed while it migrates.
killed() {
	push_apart
	wait_until 60 has_run 1
	ask
	until=$(held_until)
	pkill -9 -f "$2"
	ok "$1: it runs again" wait_until 60 has_run 2
	ok "$1: who waits does so for longer" [ "$(held_until)" -gt "$until" ]
	is "$1: it runs once at a time" "$(processes)" 1
	go
	push_end
	is "$1: the deployment ends well" $rc 0
	is_answered "$1: who waited is answered" "$version"
}
how waits yes
version=6
version 6
allow 2 6
killed "its job" "deployer -f $conf -j start "
allow 6
version=7
version 7
allow 6 7
killed "all of the deployer" "deployer -f $conf"
allow 7
kill $load
wait $load
log=$(cat "$root/work/load.log")
note "${log//$'\n'/; }"
like "no answer was lost or wrong" "$log" '^requests [0-9]{3,}, bad 0,'

# --- ~/data, and several services ---------------------------------------------

cp "$here/data_app.py" hello.py
how waits no
version 8
push
is "a version that makes ~/data" $rc 0
printf 'a: {type: custom, buildscript: builder, process: python3 ~/hello.py,
    ports: {www: http}, migrate: echo I am first}\n' >>dotcloud.yml
version 9
push
is "is followed by one that migrates it, with two services" $rc 0
like "which sees what the one before has left there" "$said" \
    '\[www\.0\] ~/data has stop 8$'
is "and is the next to use it" "$(get mig /data/history |
	tail -n 2 | tr '\n' ' ')" "stop 8 start 9 "
is "one service after the other" "$(grep -oE 'I am first|migrating in' \
    <<<"$said" | tr '\n' ' ')" "I am first migrating in "
said=$(dcloud env set COLOR=blue 2>&1)
is "a variable is no reason to migrate" "$? $(grep -c 'migrating in' \
    <<<"$said")" "0 0"
said=$(dcloud deploy previous 2>&1)
is "the version before is" "$? $(grep -c 'migrating in' <<<"$said")" "0 1"
ok "the machine is at rest" wait_until 60 at_rest

# --- build files -------------------------------------------------------------

wrong() {
	printf 'www:\n  type: static\n  migrate: %b\n' "$1" >dotcloud.yml
	dcloud validate 2>&1
}
like "a deadline is a number" "$(wrong '{command: x, deadline: 1m}')" \
    '"deadline" of "migrate" is a number of seconds from 1 to 600'
like "of 600 seconds at most" "$(wrong '{command: x, deadline: 601}')" \
    'from 1 to 600'
like "there has to be a command" "$(wrong '{deadline: 5}')" \
    '"migrate" has no command'
like "and nothing else" "$(wrong '{command: x, timeout: 5}')" \
    '"migrate" has no key "timeout"'
like "no list of them" "$(wrong '[a, b]')" 'migrate|string'
