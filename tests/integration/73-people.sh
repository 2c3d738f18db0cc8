#!/bin/bash
# tests/integration/73-people.sh -- who may: several machines and their tokens, keys,
# and collaborators, who neither destroy nor let others in; what is kept secret.
. "$(dirname "$0")/lib.sh"
plan 57

dc() {
	said=$(dcloud "$@" 2>&1 </dev/null)
	rc=$?
}

# as NAME WORD...: from another machine, or as another user.
as() {
	local machine=$1
	shift
	said=$(DCLOUD_CONFIG_DIR=$root/$machine dcloud "$@" 2>&1 </dev/null)
	rc=$?
}

# log_in MACHINE USER PASSWORD
log_in() {
	printf '%s\n%s\n' "$2" "$3" |
	    DCLOUD_CONFIG_DIR=$root/$1 dcloud setup >/dev/null
}

json() { python3 -c 'import json, sys; print(eval(sys.argv[1], {
    "j": json.loads(sys.stdin.read())}))' "$1"; }

# token MACHINE: what it has been given.
token() { json "j['token']['$2']" <"$root/$1/config"; }

# api METHOD PATH TOKEN: the HTTP status.
api() {
	curl -s -o /dev/null -w '%{http_code}' -X "$1" \
	    -H "Authorization: Bearer $3" "http://$http/v1/me$2"
}

platform_up

# --- several machines --------------------------------------------------------

ok "log in from a second machine" log_in second "$user" "$password"
dc tokens list
like "tokens: title" "$said" '^  id +machine +created +last used +expires$'
like "this machine's has a star" "$said" \
    "^\\* [0-9]+ +$(hostname) +[-0-9]{10} [:0-9]{8} +[-0-9]{10} [:0-9]{8} "
is "both machines'" "$(dcloud tokens list --json | json 'len(j)')" 2
dc tokens rm "$(DCLOUD_CONFIG_DIR=$root/second dcloud tokens list --json |
    json '[t["id"] for t in j if t["current"]][0]')"
is "revoke the other's" $rc 0
as second list
is "it is logged out" $rc 1
like "and is told so" "$said" 'please run `dcloud setup`'
dc list
is "this one is not" $rc 0
dc tokens rm 4711
is "a token of nobody" $rc 1
like "is not found" "$said" '^Error: Not Found: no token 4711$'
dc tokens rm ../keys
like "nor what is no number" "$said" '^Error: Not Found: '
dc tokens
like "usage" "$said" '^error: too few arguments$'

# --- tokens end, and are renewed once ----------------------------------------

old=$(json 'j["token"]["access_token"]' <"$DCLOUD_CONFIG_DIR/config")
db "UPDATE tokens SET expires_at = (unixepoch() - 60) * 1000"
is "an expired token" "$(api GET '' "$old")" 401
dc list
is "is renewed silently" $rc 0
is "the new one is another" "$([ "$(json 'j["token"]["access_token"]' \
    <"$DCLOUD_CONFIG_DIR/config")" != "$old" ] && echo yes)" yes
db "UPDATE tokens SET expires_at = 1000"
dc list
is "not for ever" $rc 1
ok "but with the password" log_in config "$user" "$password"
is "the configuration is private" "$(stat -c %a "$DCLOUD_CONFIG_DIR" \
    "$DCLOUD_CONFIG_DIR/config" | tr '\n' ' ')" "700 600 "

# --- keys --------------------------------------------------------------------

ssh-keygen -q -t ed25519 -N '' -C 'my other key' -f "$root/work/id"
dc keys add "$root/work/id"
is "a private key stays here" $rc 1
like "and why" "$said" 'is a private key: give the file that ends in .pub'
dc keys add "$root/work/id.pub"
is "add a key" $rc 0
print=$(ssh-keygen -lf "$root/work/id.pub" | cut -d' ' -f2)
dc keys list
like "keys: the new one" "$said" \
    "^  [0-9]+ +ssh-ed25519 +${print//+/[+]} +[-0-9]{10} [:0-9]{8} +my other key\$"
like "keys: this machine's" "$said" '^\* [0-9]+ +ssh-ed25519 +SHA256:'
reach() { ssh -i "$root/work/id" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -p "$ssh_port" dcloud@127.0.0.1 true 2>&1; }
like "it opens the door" "$(reach)" 'there is no shell'
dc keys rm "$(dcloud keys list --json |
    json "[k['id'] for k in j if k['fingerprint'] == '$print'][0]")"
is "remove it" $rc 0
like "the door is closed" "$(reach)" 'Permission denied'
dc keys rm 4711
like "a key of nobody" "$said" '^Error: Not Found: no key 4711$'

# --- collaborators -----------------------------------------------------------

hello_app app one
ok "push" dcloud push
for who in bob carol; do
	dcloud-uploader -f "$conf" adduser $who <<<"$password" >/dev/null
	log_in $who $who "$password" || echo "Bail out! $who"
done
as bob -A "app-$user" info
is "others do not see it" $rc 1
like "and are not told that it is there" "$said" 'Not Found: .*does not exist'
dc collaborators list
like "nobody yet" "$said" 'Nobody but its owner'
dc collaborators add bob
is "let bob in" $rc 0
like "what he calls it" "$said" "called \"app-$user\"\$"
dc collaborators add nobody
like "nobody's name" "$said" 'There is no user "nobody"'
dc collaborators add "$user"
is "the owner himself" $rc 1
is "collaborators --json" "$(dcloud collaborators list --json |
    json '[c["username"] for c in j]')" "['bob']"
as bob list
like "bob lists it" "$said" "app-$user +live"
mkdir "$root/work/bob"
cp -a . "$root/work/bob"
cd "$root/work/bob" || exit 1
rm -r .dotcloud
as bob connect "app-$user"
is "bob connects" $rc 0
sed -i 's|body = .*|body = b"bob\\n"|' hello.py
as bob push
is "bob pushes" $rc 0
is "what he pushed" "$(get app)" bob
git init -q -b main . && git add -A &&
    git -c user.name=b -c user.email=b@example.org commit -qm bob
sed -i 's|body = .*|body = b"git\\n"|' hello.py
git -c user.name=b -c user.email=b@example.org commit -qam git
GIT_SSH_COMMAND="ssh -i $root/bob/dcloud.key -o IdentitiesOnly=yes \
-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null" \
    git push -q "ssh://dcloud@127.0.0.1:$ssh_port/app-$user.git" HEAD:main \
    >"$root/work/pushed" 2>&1
is "bob pushes with plain git" $? 0
is "and that serves" "$(get app)" git
as bob scale www:memory=128M
is "bob scales" $rc 0
as bob logs -N -n 5
like "bob reads logs" "$said" '^\[www\.0\] '
like "under his name" "$(dcloud -A app activity)" \
    "deploy +app \\(revision=rsync-.*\\) /by bob\$"
like "so does a git push" "$(dcloud -A app activity)" \
    "deploy +app \\(revision=git-.*\\) /by bob\$"
as bob -y destroy
is "bob does not destroy it" $rc 1
like "and is told why" "$said" "Authorization Error: Only $user, who owns"
as bob -y destroy www
is "nor a service" $rc 1
as bob collaborators add carol
is "nor lets others in" $rc 1
as carol -A "app-$user" logs -N
like "others still see nothing" "$said" 'Not Found: .*does not exist'
is "under the owner's name neither" \
    "$(DCLOUD_USERNAME=$user DCLOUD_CONFIG_DIR=$root/carol \
        dcloud -A app url 2>&1 | grep -c 'Not Found')" 1
is "but bob does" "$(DCLOUD_USERNAME=$user DCLOUD_CONFIG_DIR=$root/bob \
    dcloud -A app url www 2>&1)" "http://app-$user.localhost:$http_port/"
as bob collaborators rm bob
is "bob may leave" $rc 0
as bob logs -N
is "and sees nothing any more" $rc 1

# --- what is kept secret -----------------------------------------------------

is "no password in the store, a log or a file" "$(grep -rlF "$password" \
    "$root" --include=* 2>/dev/null | grep -v '/work/')" ""
is "no token in the store" "$(grep -lF "$(json 'j["token"]["access_token"]' \
    <"$DCLOUD_CONFIG_DIR/config")" "$root"/state.db* "$root"/log/*)" ""
