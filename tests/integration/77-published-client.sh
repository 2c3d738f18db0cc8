#!/bin/bash
# tests/integration/77-published-client.sh -- dotCloud's own command line of 2013,
# as its package index still has it, drives this platform. It needs Python 2.7,
# which the base image has, and comes from the index each time.
. "$(dirname "$0")/lib.sh"
plan 99

client=$root/client
image=$(readlink -f "${DCLOUD_IMAGES:-/var/cache/dcloud/image}/current")/rootfs

# inside COMMAND...: on the base image's files, here, with the host's network.
inside() {
	bwrap --ro-bind "$image/usr" /usr --ro-bind "$image/etc" /etc \
	    --symlink usr/bin /bin --symlink usr/lib /lib \
	    --symlink usr/lib64 /lib64 --symlink usr/sbin /sbin \
	    --ro-bind /etc/resolv.conf /etc/resolv.conf \
	    --ro-bind /etc/hosts /etc/hosts --dev /dev --proc /proc \
	    --tmpfs /tmp --bind "$client" "$client" --unshare-pid \
	    --new-session --die-with-parent --chdir "$PWD" --setenv HOME "$client/home" \
	    --setenv LANG C.UTF-8 "$@"
}

install_client() {
	inside python3 -m pip install -q --no-input --target "$client/tool" \
	    virtualenv==20.21.1 &&
	    inside env PYTHONPATH="$client/tool" python3 -m virtualenv -q \
		-p /usr/bin/python2.7 "$client/env" &&
	    inside "$client/env/bin/pip" install -q --no-input dotcloud==0.9.8
}

# old ARGUMENT...: the published client; what it says is in $said and $rc.
old() {
	said=$(inside "$client/env/bin/dotcloud" "$@" 2>&1 </dev/null)
	rc=$?
}

platform_up
mkdir -p "$client/home" "$client/app"
cd "$client/app" || exit 1
ok "the client comes from the package index" install_client
old --version
is "and runs" "$said" dotcloud/0.9.8

# --- who it is ---------------------------------------------------------------

DOTCLOUD_API_KEY=$(dcloud-uploader -f "$conf" apikey "$user")
export DOTCLOUD_API_KEY DOTCLOUD_API_ENDPOINT=$DCLOUD_API_ENDPOINT
old list
like "it wants to be set up" "$said" 'Not configured yet'
old setup --api-key
is "setup --api-key" $rc 0
like "succeeds" "$said" 'authentication is complete'
key=$(ssh-keygen -y -f "$client/home/.dotcloud_cli/dotcloud.key")
like "with a private key" "$key" '^ssh-ed25519 '
is "whose other half the account has" \
    "$(db "SELECT count(*) FROM keys WHERE blob = '$(cut -d' ' -f2 <<<"$key")'")" 1
old check
like "check" "$rc $said" "Client is authenticated as $user"
is "gives the same key again" "$key" \
    "$(ssh-keygen -y -f "$client/home/.dotcloud_cli/dotcloud.key")"
db "PRAGMA foreign_keys = on;
    DELETE FROM keys WHERE id = (SELECT key_id FROM private_keys)"
old check
is "and another one when it was removed" \
    "$(ssh-keygen -y -f "$client/home/.dotcloud_cli/dotcloud.key" |
	grep -cvF "$key") $(db 'SELECT count(*) FROM private_keys')" "1 1"
old -D list
like "answers have a trace id" "$said" 'TraceID:[0-9a-f]{16}'
like "no application yet" "$said" "You don't have any application yet"

# With a password, which it reads from standard input where there is no terminal.
printf '%s\n%s\n' "$user" wrong | inside "$client/env/bin/dotcloud" setup \
    >"$root/asked" 2>&1
is "setup with a wrong password" $? 1
like "says so" "$(cat "$root/asked")" 'Error: Username and password do not match'
printf '%s\n%s\n' "$user" "$password" |
    inside "$client/env/bin/dotcloud" setup >/dev/null 2>&1
is "setup with the right one" $? 0
old check
like "a token is enough" "$rc $said" "Client is authenticated as $user"
db "UPDATE tokens SET expires_at = 1000 * (strftime('%s') - 60)
    WHERE id = (SELECT max(id) FROM tokens)"
old check
like "one that has expired is refreshed" "$said" 'Refreshed OAuth2 token'
like "at once" "$rc $said" "Client is authenticated as $user"
old check
unlike "for a month" "$said" 'Refresh'

# --- an application ----------------------------------------------------------

cp -a "$top/docs/examples/hello/." .
# Many lines at once: each must have a time of its own, or the client drops it.
echo 'seq -f "line %g" 1 60' >>builder
said=$(echo y | inside "$client/env/bin/dotcloud" create pub 2>&1)
like "create" "$said" '==> Application "pub" created'
like "asks, and connects" "$said" 'default push options: --rsync'
old create pub
like "twice is an error" "$rc $said" '^1 .*|Application "pub" already exists'
old create Bad_Name
like "a bad name" "$said" 'Creating application "Bad_Name" failed: Application'
old connect nosuch
like "connect to nothing" "$said" "Application \"nosuch\" doesn't exist"
old list
is "list" "$said" "* pub  live"
old info
like "info before a push" "$said" "haven't deployed your application"

old push
is "push" $rc 0
like "it goes with rsync" "$said" 'Pushing code with rsync from "./" to app'
like "the revision is said" "$said" 'Deployment of revision rsync-[0-9]{13} sch'
like "lines have time and tag" "$said" \
    '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: \[www\] Build started for revision'
is "no line is dropped" "$(grep -c '\[www\] line ' <<<"$said")" 60
like "the platform speaks" "$said" ': --> Application fully deployed$'
like "where it is, is said, with the port" "$said" \
    "Application is live at http://pub-$user.localhost:$http_port"
like "it answers" "$(get pub)" 'Hello from pub'
logged=$(grep -oE ': (-->|\[).*' <<<"$said")
old dlogs latest
is "dlogs says the same" "$(grep -oE ': (-->|\[).*' <<<"$said")" "$logged"
old dlogs latest www.0 -N
unlike "of one instance" "$said" '-->'
old info
like "info" "$said" '^\| www +\| custom \| 1 +\| 512\.0 M +\|'
old info www
like "info of a service" "$said" "http://pub-$user.localhost:$http_port\$"
like "and its instance" "$said" "^=== www\.0"
old url
like "url" "$said" "^www: +http://pub-$user.localhost:$http_port\$"

old env set GREETING=Servus A=b=c
is "env set deploys" "$rc $(tail -n 1 <<<"$said" | cut -c1-23)" \
    "0 ==> Application is live"
old env list
like "env list" "$said" '^A=b=c$'
like "has the platform's" "$said" '^DOTCLOUD_WWW_HTTP_HOST='
old env unset A
is "env unset" $rc 0
old scale www:instances=2 www:memory=100M
like "scale" "$said" 'Successfully scaled pub to www:instances=2 www:memory=100M'
like "both answer" "$(get pub; get pub; get pub; get pub)" 'instance 1'
old scale www=0
like "not to nothing" "$said" 'Failed to scale instances of "www": instance_cou'
old logs -N
like "logs of all" "$said" '^\[www\.1\] .*listening on port'
old logs -N nosuch
like "logs of nobody" "$said" 'Does the service named "nosuch" exist'
inside "$client/env/bin/dotcloud" logs www.0 >"$root/followed" 2>&1 &
follower=$!
sees() { get pub "/$1" && grep -q "GET /$1" "$root/followed"; }
ok "logs are followed" wait_until 30 sees look-here
kill "$follower" && wait "$follower" 2>/dev/null
old restart www.1
like "restart" "$said" 'Service \(www\) instance #1 of app.* is being restarted'
old restart www.7
like "nothing to restart" "$said" 'Service \(www\) instance #7 not found'

old domain add www www.example.org
like "domain add" "$said" '^www\.example\.org\. IN CNAME '
old domain list
like "domain list" "$said" '^www: www\.example\.org$'
old domain rm www www.example.org
is "domain rm" $rc 0

# --- inside ------------------------------------------------------------------

old run www.0 -- exit 7
is "run: the exit status" "$rc" 7
like "says what it runs" "$said" 'Executing "exit 7" on service \(www\) inst'
head -c 100000 /dev/urandom >"$root/bytes"
inside "$client/env/bin/dotcloud" run www.0 -- cat <"$root/bytes" \
    2>/dev/null | cmp - "$root/bytes"
is "run: a pipe that changes no byte" "${PIPESTATUS[*]}" "0 0"
is "run: a shell, in the instance" "$(echo 'echo $DOTCLOUD_SERVICE_ID $PWD' |
    inside "$client/env/bin/dotcloud" run www.0 2>/dev/null)" "0 /home/dotcloud"
# bwrap has no terminal of its own with --new-session, but its input is one.
export -f inside
export client image
said=$(python3 "$top/tests/integration/terminal.py" 33x77 wait '$ ' \
    say 'stty size\n' wait '33 77' say 'exit 5\n' -- \
    bash -c 'inside "$client/env/bin/dotcloud" run www.0')
is "run: a shell at a terminal" $? 5
old run www
like "run: which one?" "$said" 'Please specify the full .* www\.0, www\.1'
old run www.9 -- true
like "run: nobody" "$rc $said" '^1 .*instance #9 does not exist'

# --- how it is, and was ------------------------------------------------------

old status www
like "status" "$said" '^www\.0: +up'
like "and what else is known" "$said" '^ +revision -> rsync-[0-9]{13}'
# What the deployer does each minute, now.
look() { dcloud-deployer -f "$conf" -j metrics 0 - >/dev/null 2>&1; }
ok "a look" look
get pub >/dev/null
ok "and another one" look
old memory www.0 1h
like "memory" "$said" '^\| [A-Z][a-z]{2}, .* \| 0\.0 B +\| [0-9.]+ M +\| [0-9.]+ M +\| [0-9.]+ M +\|'
old traffic 1h
like "traffic" "$said" '^\| [A-Z][a-z]{2}, [^|]* \|( [0-9]+ +\|){5}( [0-9]+ ms +\|){3}'
old traffic 2y
like "no such range" "$said" 'Invalid duration identifier: 2y'

dcloud-uploader -f "$conf" adduser bob <<<"$password" >/dev/null
dcloud -A pub collaborators add bob >/dev/null 2>&1
curl -sf -X PATCH -d '{"X": "1"}' -o /dev/null \
    -u "$(dcloud-uploader -f "$conf" apikey bob)" \
    "$DCLOUD_API_ENDPOINT/me/applications/pub-$user/environment"
is "bob changes something" $? 0
ok "all services wait" dcloud -A pub suspend
ok "no longer" dcloud -A pub resume
old activity
is "activity" $rc 0
when='^[-0-9: ]{19} '
like "create" "$said" "${when}app      create   pub\$"
like "deploy" "$said" \
    "${when}app      deploy   pub \(revision=rsync-[0-9]{13} build=[0-9a-f]+\)\$"
like "instances" "$said" "${when}service  scale    pub\.www \(instances=2\)\$"
like "memory" "$said" "${when}service  scale    pub\.www \(memory=96\.0 M\)\$"
like "domain" "$said" \
    "${when}domain   add      pub\.www \(cname=www\.example\.org\)\$"
like "all services" "$said" "${when}app      resume   pub\$"
like "what somebody else did" "$said" '/by <bob>$'
old activity --all
like "of the account as well" "$said" "${when}account  login"

old upgrade -n
like "nothing to upgrade" "$said" 'All the services are up to date in pub'
db "UPDATE snapshots SET image = 'older'"
old info www
like "info says that there is a newer image" "$said" \
    '^service revision: +custom/older \(upgrade available\)'
old upgrade -n
like "upgrade -n" "$said" "www can be automatically upgraded from \
custom/older \([-0-9]{10}\) to custom/$(basename "$(dirname "$image")") \("
old upgrade -y
like "upgrade" "$rc $said" '^0 .*'
old upgrade -n
like "is done" "$said" 'All the services are up to date in pub'

# --- git, and what went before -----------------------------------------------

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
git init -q -b master && echo .dotcloud >.gitignore
say_hello "from git"
git add -A && git commit -qm one
commit=git-$(git rev-parse --short=7 HEAD)
old push --git
like "push --git" "$said" "Deployment of revision $commit scheduled"
is "it answers" "$rc $(get pub)" "0 from git"
old push --git --clean
like "nothing new is deployed all the same" "$rc $said" '^0 .*|\(clean build\)'
old deploy previous
like "deploy previous" "$rc $(get pub)" '^0 Hello'
old dlist
is "dlist" "$(grep -c '^20' <<<"$said")" \
    "$(db 'SELECT count(*) FROM deployments')"
old revisions
like "revisions" "$said" "^  $commit\$"

echo '  prebuild: echo all wrong; exit 3' >>dotcloud.yml
old push --rsync
like "a push that fails: 2" "$rc $said" '^2 '
like "the old version serves" "$(get pub)" Hello

# --- the end -----------------------------------------------------------------

old destroy -y nosuch
like "destroy nothing" "$said" 'The service "pub.nosuch" does not exist'
old destroy -y
like "destroy" "$said" 'Destroyed'
old -D list
like "nothing is left" "$said" "You don't have any application yet"
db "DELETE FROM tokens"
old list
like "a token that was revoked" "$rc $said" 'Error: Authentication Error: 401'
old setup --api-key
is "a key that was revoked" "$rc $said" "1 \
==> Using API key configured at environment variable DOTCLOUD_API_KEY.
Error: Authentication Error: 401"
