#!/bin/bash
# tests/integration/11-command-line.sh -- every command as a developer types
# it: what it prints, its exit status, and JSON that a program can read.
. "$(dirname "$0")/lib.sh"
plan 129

# dc WORD...: dcloud, both streams in $said, its exit status in $rc.
dc() {
	said=$(dcloud "$@" 2>&1 </dev/null)
	rc=$?
}

# fails NAME REGEX WORD...: exit status 1 and a line that says why.
fails() {
	local what=$1 regex=$2
	shift 2
	dc "$@"
	is "$what: exit status" $rc 1
	like "$what: message" "$said" "$regex"
}

json() { python3 -c 'import json, sys; print(eval(sys.argv[1], {
    "j": json.loads(sys.stdin.read())}))' "$1"; }

# --- without a server --------------------------------------------------------

mkdir -p "$root/work/nowhere"
cd "$root/work/nowhere" || exit 1
for words in "env frob" "keys add" "domain add www" "scale www=x" \
    "completion tcsh" "suspend --for 0" "help frob"; do
	# shellcheck disable=SC2086
	like "$words: wrong usage" \
	    "$(dcloud $words 2>&1 >/dev/null | head -n 2 | paste -s)" \
	    '^error: .*	usage: dcloud '
done
dc version
like "version" "$said" '^dcloud/[0-9]+\.[0-9]+'
is "--version says the same" "$(dcloud --version)" "$said"
dc help
is "help" $rc 0
like "help names the commands" "$said" '^ +push '
like "help of a command" "$(dcloud help push)" '--clean'
like "--help after the command" "$(dcloud push --help)" '--clean'
fails "no command" '^error: '
fails "an unknown command" "^error: .*'frobnicate'" frobnicate
fails "an unknown option" '^error: unrecognized arguments: --frob' list --frob
fails "an option of another command" '^error: ' list --clean
fails "too few arguments" '^error: ' create
fails "too many arguments" '^error: ' app one two
fails "git and rsync" '^error: .*not allowed with' push --git --rsync
fails "branch and commit" '^error: .*not allowed with' push -b a -c b
fails "a bad number" '^error: ' logs -n many
fails "not set up" 'Not configured yet. Please run "dcloud setup"' list

platform_up
cd "$root/work/nowhere" || exit 1

# --- setup, check ------------------------------------------------------------

said=$(printf '%s\nwrong\n' "$user" |
    DCLOUD_CONFIG_DIR=$root/other dcloud setup 2>&1)
is "setup with a wrong password fails" $? 1
like "and says so" "$said" 'Username and password do not match.$'
said=$(printf '%s\n%s\n' "$user" "$password" |
    DCLOUD_CONFIG_DIR=$root/other dcloud setup 2>&1)
is "setup" $? 0
like "setup's end" "$said" 'authentication is complete!.*dcloud check'
is "the private key is the owner's only" \
    "$(stat -c %a "$root/other/dcloud.key" "$root/other" | tr '\n' ' ')" \
    "600 700 "
dc check
is "check" $rc 0
like "check begins" "$said" '^==> Checking the authentication status$'
like "check ends" "$said" "^==> Client is authenticated as $user\$"
said=$(printf 'nonsense\n' | dcloud setup --api-key 2>&1)
like "a wrong API key" "$said" 'Invalid API Key'
said=$(DCLOUD_API_ENDPOINT=http://127.0.0.1:9/v1 dcloud list 2>&1)
is "no server: exit status" $? 1
like "no server: message" "$said" 'seems to be unresponsive'

# --- create, connect, app, list, disconnect ----------------------------------

like "no application yet" "$(dcloud list 2>&1)" \
    "You don't have any application yet"
is "and as JSON" "$(dcloud list --json)" "[]"
fails "no application given" \
    'No application specified. Run this command from an application' push
fails "app without one" 'not connected' app
dc -y create one
is "create" $rc 0
like "create begins" "$said" '^==> Creating a live application named "one"$'
like "create ends" "$said" '^==> Application "one" created.$'
like "it asks before it connects" "$said" \
    '^Connect the current directory to "one"\? \[Y/n\]: Y$'
is "the directory is connected" "$(dcloud app)" one
is "its configuration is private" "$(stat -c %a .dotcloud)" 700
is "the configuration" \
    "$(json '(j["application"], j["push_protocol"], j["push_branch"])' \
        <.dotcloud/config)" "('one', None, None)"
fails "create it again" 'Application "one" already exists.' -y create one
for bad_name in Upper un_der_score 'sp ace' '../up' '' \
    "$(printf 'a%.0s' {1..200})"; do
	dc -y create -- "$bad_name"
	is "create '${bad_name:0:12}' fails" $rc 1
done
dc -o create two
is "-o: not connected" "$(dcloud app)" one
dc connect --git --branch feature/x two
is "connect" $rc 0
like "connect begins" "$said" '^==> Connecting with the application "two"$'
like "connect shows the options" "$said" \
    '^==> Connected with default push options: --git --branch feature/x$'
is "they are saved" "$(json '(j["push_protocol"], j["push_branch"])' \
    <.dotcloud/config)" "('git', 'feature/x')"
dc connect --rsync two
like "connect --rsync" "$said" 'default push options: --rsync$'
is "list" "$(dcloud list)" "  one  live
* two  live"
is "list --json" "$(dcloud list --json | json '[a["name"] for a in j]')" \
    "['one', 'two']"
fails "connect what does not exist" \
    "Application \"three\" doesn't exist. Try \`dcloud create" connect three
dc disconnect
like "disconnect" "$said" 'Disconnecting the current directory from "two"$'
ok "the directory is free" not test -e .dotcloud
fails "disconnect again" 'not connected' disconnect
dc -y -A two destroy
is "destroy by name" $rc 0
fails "an application of nobody" 'Not Found|does not exist' -A nobody info
like "nothing deployed" "$(dcloud -A one info 2>&1)" \
    "It looks like you haven't deployed your application."

# --- what a deployed application shows ---------------------------------------

hello_app app one
rm .dotcloud/config
dc connect app
ok "push" dcloud push
first=$(dcloud revisions | sed -n 's/^\* //p')
say_hello two
ok "push again" dcloud push
second=$(dcloud revisions | sed -n 's/^\* //p')
is "revisions" "$(dcloud revisions 2>/dev/null | sort)" \
    "$(printf '  %s\n* %s' "$first" "$second" | sort)"
is "revisions --json" "$(dcloud revisions --json |
    json 'sorted(r["revision"] for r in j)')" "['$first', '$second']"
like "url" "$(dcloud url)" "^www: +http://app-$user\\.localhost:$http_port/$"
is "url of a service" "$(dcloud url www)" \
    "http://app-$user.localhost:$http_port/"
is "url --json" "$(dcloud url --json | json 'j["www"][0]')" \
    "http://app-$user.localhost:$http_port/"
fails "url of no service" '"db"' url db
dc info
like "info: the application" "$said" '^=== app$'
like "info: its services" "$said" '^\| www +\| custom +\| 1 +\| '
like "info of a service" "$(dcloud info www)" '^=== www\.0$'
like "with its revision" "$(dcloud info www)" "^revision: +$second\$"
is "info --json" "$(dcloud info --json | json 'j["services"][0]["name"]')" www

dc dlist
like "dlist: title" "$said" '^deployment date +revision +deploy_id'
like "dlist: a deployment" "$said" \
    "^[0-9-]{10} [0-9:.]+ +$second +[^ ]+\$"
like "dlist: how to go on" "$said" 'dcloud dlogs latest'
is "dlist --json" "$(dcloud dlist --json | json 'len(j)')" 2
older=$(dcloud dlist --json | json "[d['deploy_id'] for d in j
    if d['revision'] == '$first'][0]")
like "dlogs latest" "$(dcloud dlogs latest)" \
    "\\[www\\] Build started for revision $second\$"
like "dlogs ID" "$(dcloud dlogs "$older")" \
    "\\[www\\] Build started for revision $first \\(clean build\\)\$"
is "dlogs of an instance" "$(dcloud dlogs latest www.0 | grep -vc '\[www.0\]')" 0
is "dlogs -n" "$(dcloud dlogs latest -n 1 | grep -c .)" 1
ok "dlogs --json" sh -c 'dcloud dlogs latest --json |
    python3 -c "import json, sys; [json.loads(x) for x in sys.stdin]"'
fails "dlogs of no deployment" 'Not Found|not exist|no ' dlogs 4711

get app >/dev/null
like "logs" "$(dcloud logs -N)" '^\[www\.0\] .*listening on port'
like "logs says from which file" "$(dcloud logs -N www)" \
    '^\[www\.0\] == /var/log/supervisor/www.*\.log ==$'
like "logs of an instance" "$(dcloud logs -N www.0)" 'GET / HTTP/1.1'
like "dlogs of nothing" "$(dcloud dlogs latest db)" \
    'Nothing to show... Does the service named "db" exist\?'
is "no words for a reader that has seen enough" \
    "$({ dcloud dlogs | head -n 1 >/dev/null; } 2>&1)" ""
like "logs of nothing" "$(dcloud logs -N db)" \
    'Nothing to show... Does the service named "db" exist\?'

dcloud logs db >"$root/work/followed" 2>&1 &
follower=$!
ok "logs of nothing, followed, says so" \
    wait_until 20 grep -q 'no service "db" in app' "$root/work/followed"
kill -TERM $follower
wait $follower 2>/dev/null

# logs follows: what is said later comes too, and Ctrl-C ends it.
dcloud logs >"$root/work/followed" 2>&1 &
follower=$!
ok "logs begins" wait_until 20 grep -q listening "$root/work/followed"
get app /later >/dev/null
ok "logs follows" wait_until 20 grep -q 'GET /later' "$root/work/followed"
kill -TERM $follower
wait $follower 2>/dev/null

# --- destroy -----------------------------------------------------------------

dc destroy </dev/null
is "destroy asks first" $rc 1
is "and the application is still there" "$(get app)" two
fails "destroy no service" 'db.*does not exist' -y destroy db
dc -y destroy www
like "destroy a service" "$said" '^==> Destroying "app.www"$'
is "its exit status" $rc 0
ok "it answers no more" wait_until 20 not get app
dc -y destroy
like "destroy" "$said" '^==> Destroyed.$'
ok "destroy disconnects" not test -e .dotcloud
fails "destroy it again" 'does not exist' -y -A app destroy
dc -y create app
is "its name is free again" $rc 0
