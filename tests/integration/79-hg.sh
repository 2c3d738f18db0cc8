#!/bin/bash
# tests/integration/79-hg.sh -- pushes from Mercurial repositories: by dcloud and
# by hg alone; names, links and subrepositories of strangers.
. "$(dirname "$0")/lib.sh"
plan 40
platform_up

export HGRCPATH='' HGUSER=t HGPLAIN=1
push() {
	said=$(dcloud push "$@" 2>&1 </dev/null)
	rc=$?
}
commit() { hg commit -qAm "$1" -d '0 0' && hg log -r . -T '{node|short}'; }

hello_app app one
hg init .
printf 'syntax: glob\n.dotcloud\n*.log\n' >.hgignore
push
is "no commit yet: rsync" $rc 0
like "and it says so" "$said" '^==> Using rsync for "./": .*no commit'
first=$(commit one)
push
is "the root of a work tree" $rc 0
like "is pushed with hg, and it says why" "$said" \
    '^==> Using mercurial for "./": it is the root of a Mercurial work tree; --r'
like "it says what it pushes" "$said" \
    '^==> Pushing code with mercurial, branch default from "./" to application app'
like "the revision is the commit" "$said" \
    "^==> Deployment of revision hg-$first scheduled for app\$"
unlike "no warning when all is committed" "$said" Warning
is "it answers" "$(get app)" one
is "commits stay drafts" "$(hg log -r . -T '{phase}')" draft

say_hello two
echo new >untracked
echo noise >some.log
push
like "a dirty tree: one line" "$said" \
    '^Warning: 2 files are not committed and will not be pushed; --rsync'
is "what is committed is deployed again" "$rc $(get app)" "0 one"
second=$(commit two)
push --hg
like "--hg is as asked for" "$said" '^==> Using mercurial for "./": as asked'
is "the second commit" "$rc $(get app)" "0 two"
code=$root/code/$(db "SELECT id FROM applications")/revisions
is "what has not changed is one file" \
    "$(stat -c %i "$code/hg-$second/dotcloud.yml")" \
    "$(stat -c %i "$code/hg-$first/dotcloud.yml")"
unlike "what has, is not" "$(stat -c %i "$code/hg-$second/hello.py")" \
    "$(stat -c %i "$code/hg-$first/hello.py")"
ok "no file is hg's own" not ls -d "$code/hg-$second/.hg" \
    "$code/hg-$second/.hg_archival.txt"
push --commit "$first"
is "--commit" "$rc $(get app)" "0 one"
hg branch -q other
say_hello other
commit other >/dev/null
hg update -q default
push
is "what is checked out" "$rc $(get app)" "0 two"
push --branch other
like "--branch" "$said" 'with mercurial, branch other from'
is "builds that one" "$rc $(get app)" "0 other"
push --branch nothing
is "a branch that is not there" $rc 1
hg phase -q --force --secret -r other
hg update -q other
say_hello secret
commit secret >/dev/null
push
is "a secret commit does not leave" "$rc" 1
like "it is said" "$said" 'did not take commit'
printf 'www:\n\ttype: custom\n' >dotcloud.yml
hg commit -qm broken
push
like "a mistake is found before the upload" "$rc $said" 'tab'
hg update -q -C default
dcloud connect --hg --branch other app >"$root/said" 2>&1
like "connect --hg" "$(cat "$root/said")" 'push options: --hg --branch other'
like "is saved" "$(cat .dotcloud/config)" '"push_protocol": "mercurial"'
dcloud connect app >/dev/null 2>&1

# --- subrepositories, names and links ----------------------------------------

hg init lib && (cd lib && echo secret >of-lib && hg commit -qAm lib)
echo "lib = lib" >.hgsub
printf '#!/bin/sh\ncp -a . ~; cd; ln -sf hello.py run; chmod +x hello.py
ls -a; cat "a b" ./-rf "new
line"; readlink link\n' >builder
chmod +x builder hello.py
echo spaces >'a b'
echo option >./-rf
printf 'odd\n' >$'\xe4\xf6'
ln -s ../../../etc/passwd link
commit sub >/dev/null
push
is "a repository with others in it" "$rc" 0
like "these stay behind, and it is said" "$said" \
    'content of subrepositories is not pushed'
is "really" "$(find "$code" -name of-lib)" ""
like "odd names travel" "$said" '\[www\] spaces'
like "those that look like options too" "$said" '\[www\] option'
like "links are not followed" "$said" '\[www\] ../../../etc/passwd'

# --- hg alone, and others ----------------------------------------------------

ssh="ssh -i $DCLOUD_CONFIG_DIR/dcloud.key -o IdentitiesOnly=yes \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
url=ssh://dcloud@127.0.0.1:$ssh_port/app/hg
rm -rf "$root/clone"
ok "what was pushed can be cloned" hg clone -q -U -e "$ssh" "$url" "$root/clone"
is "with all commits" "$(hg log -R "$root/clone" -r "$second" -T x)" x
before=$(db 'SELECT count(*), max(uploaded_at) FROM revisions')
hg incoming -q -e "$ssh" "$url" >/dev/null 2>&1
is "reading makes no revision" \
    "$(db 'SELECT count(*), max(uploaded_at) FROM revisions')" "$before"
cd "$root/clone" && hg update -q "$second"
say_hello "hg alone"
fourth=$(commit alone)
said=$(hg push -f -e "$ssh" "$url" 2>&1)
like "hg push uploads" "$said" "hg-$fourth is uploaded"
ok "to be deployed" dcloud -A app deploy latest
is "it answers" "$(get app)" "hg alone"

# shellcheck disable=SC2086
ask() { $ssh -p "$ssh_port" dcloud@127.0.0.1 "$@" 2>&1 </dev/null; }
for odd in "hg -R app/hg --config=hooks.x=id serve --stdio" \
    "hg -R /etc serve --stdio" "hg -R app/rsync serve --stdio" \
    "hg -R app/hg init --stdio" "hg -R app/hg/branch/x'\"'y serve --stdio" \
    "hg -R app/hg/../../x serve --stdio" "hg id" "hg"; do
	ask "$odd" >/dev/null && note "'$odd' was accepted" && break
done
is "nothing but serving a repository" $? 1

# A session that was killed has left locks and half a transaction.
repo=$root/code/$(db "SELECT id FROM applications")/hg/repo/.hg/store
ln -s "$(hostname):1" "$repo/lock"
printf '00changelog.i\0000\n' >"$repo/journal"
say_hello "after a crash" && commit crash >/dev/null
said=$(hg push -f -e "$ssh" "$url" 2>&1)
like "what a killed one has left does not matter" "$said" 'is uploaded'
