#!/bin/bash
# tests/integration/13-git.sh -- pushes of commits: by dcloud, which needs no
# git binary, and by git alone, whose push is the deployment.
. "$(dirname "$0")/lib.sh"
plan 63

# A directory of programs without git: what dcloud finds in its PATH.
mkdir -p "$root/bin"
for program in rsync ssh ssh-keygen ssh-keyscan; do
	ln -s "$(command -v "$program")" "$root/bin/$program"
done
dcloud=$(command -v dcloud)
push() {
	said=$(PATH=$root/bin "$dcloud" push "$@" 2>&1 </dev/null)
	rc=$?
}
deploy() {
	said=$(dcloud deploy "$@" 2>&1 </dev/null)
	rc=$?
}

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
commit() {
	git add -A && git commit -qm "$1" && git rev-parse --short=7 HEAD
}

platform_up
ok "there is no git here" not env PATH="$root/bin" git --version

# --- dcloud push -------------------------------------------------------------

hello_app app one
git init -q -b master
printf '.dotcloud\n*.log\n' >.gitignore
push
is "no commit yet: rsync" $rc 0
like "and it says so" "$said" '^==> Using rsync for "./": .*commit'
first=$(commit one)
push
is "the root of a work tree" $rc 0
like "is pushed with git, and it says why" "$said" \
    '^==> Using git for "./": it is the root of a git work tree; --rsync over'
like "it says what it pushes" "$said" \
    '^==> Pushing code with git, branch master from "./" to application app$'
like "the revision is the commit" "$said" \
    "^==> Deployment of revision git-$first scheduled for app\$"
unlike "no warning when all is committed" "$said" Warning
is "it answers" "$(get app)" one

say_hello two
echo new >untracked
echo noise >some.log
push
like "a dirty tree: one line" "$said" \
    '^Warning: 2 files are not committed and will not be pushed; --rsync'
is "the push goes on" $rc 0
is "with what is committed" "$(get app)" one
push --rsync
like "--rsync pushes the files" "$said" '^==> Using rsync .*as asked for'
is "as they are" "$(get app)" two
second=$(commit two)
push --git
like "--git is as asked for" "$said" '^==> Using git for "./": as asked for'
is "the second commit" "$rc $(get app)" "0 two"
push
is "nothing new is deployed again" $rc 0
like "as the same revision" "$said" "Deployment of revision git-$second sched"

git checkout -q -b feature/x
say_hello feature
third=$(commit feature)
push
like "a branch has its full name" "$said" 'with git, branch feature/x from'
is "the branch is built" "$rc $(get app)" "0 feature"
push --branch master
like "--branch" "$said" 'with git, branch master from'
is "builds that one" "$rc $(get app)" "0 two"
push --commit "$first"
like "--commit" "$said" "Deployment of revision git-$first sched"
is "builds that one, too" "$rc $(get app)" "0 one"
push --branch nothing
is "a branch that is not there" $rc 1
push --commit 0123456
is "a commit that is not there" $rc 1
git checkout -q --detach "$third"
push
is "no branch at all" $rc 1
like "it says what to do" "$said" '--branch|--commit'
git checkout -q master
git commit -q --amend -m "two, again"
amended=$(git rev-parse --short=7 HEAD)
push
is "a rewritten branch" $rc 0
like "is pushed as it is" "$said" "revision git-$amended sched"
mkdir -p sub
cd sub || exit 1
push
like "from below: the connected root" "$said" '^==> Using git for '
cd .. || exit 1
push sub --git
is "not the root of a work tree" $rc 1

# What was saved when connecting.
dcloud connect --git --branch feature/x app >/dev/null 2>&1
push
like "the saved protocol" "$said" 'saved in .dotcloud/config; --rsync overr'
like "the saved branch" "$said" 'with git, branch feature/x from'
is "is what runs" "$(get app)" feature
dcloud connect app >/dev/null 2>&1

# --- deploy ------------------------------------------------------------------

deploy "git-$first"
is "deploy REVISION" "$rc $(get app)" "0 one"
like "says what it does" "$said" \
    "^==> Submitting a deployment request for revision git-$first of appl"
unlike "and builds nothing a second time" "$said" 'Build started'
deploy latest
like "deploy latest" "$rc $said" "Deployment of revision git-$third sched"
deploy previous
is "deploy previous" "$rc $(get app)" "0 one"
deploy "git-$third" --clean
is "deploy --clean" $rc 0
like "builds afresh" "$said" '\(clean build\)$'
deploy git-0000000
is "no such revision" $rc 1

# --- plain git ---------------------------------------------------------------

GIT_SSH_COMMAND="ssh -i $DCLOUD_CONFIG_DIR/dcloud.key -o IdentitiesOnly=yes \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
export GIT_SSH_COMMAND
url=ssh://dcloud@127.0.0.1:$ssh_port/app.git
git_push() {
	said=$(git push "$@" 2>&1 </dev/null)
	rc=$?
}
remote() { git ls-remote "$url" "refs/heads/$1" | cut -f1; }

git checkout -q -b main master
say_hello plain
fourth=$(commit plain)
git_push "$url" main
is "git push" $rc 0
like "shows the build" "$said" \
    "^remote: .*\\[www\\] Build started for revision git-$fourth"
like "and the deployment" "$said" '^remote: .*---> Application fully deployed'
like "and where it is" "$said" "http://app-$user.localhost:$http_port/"
is "it answers" "$(get app)" plain
is "the branch is there" "$(remote main)" "$(git rev-parse main)"

good=$(git rev-parse main)
printf '#!/bin/sh\nprintf "a\\302\\23331mb\\177c\\033[2Jd\\n"\n%s\n' \
    'echo this goes wrong >&2; exit 3' >builder
commit broken >/dev/null
git_push "$url" main
is "a failed deployment: git push fails" $((rc != 0)) 1
like "with its log" "$said" '^remote: .*\[www\] this goes wrong'
like "and nothing that moves a cursor" "$said" '\[www\] a(31mb|b)cd'
is "the branch stays where it was" "$(remote main)" "$good"
is "the old version serves" "$(get app)" plain
git_push "$url" main
is "the same again fails again" $((rc != 0)) 1
git reset -q --hard "$good"
git_push "$url" main
is "nothing new" $rc 0
git tag v1
git_push "$url" v1
is "a tag alone deploys nothing" $rc 0
unlike "and builds nothing" "$said" 'Build started'
git_push "$url" :main
is "a branch is not removed" $((rc != 0)) 1
git_push "ssh://dcloud@127.0.0.1:$ssh_port/other.git" main
is "an application of nobody" $((rc != 0)) 1
# shellcheck disable=SC2086
said=$($GIT_SSH_COMMAND -p "$ssh_port" dcloud@127.0.0.1 id 2>&1 </dev/null)
is "there is no shell" $(($? != 0)) 1
# shellcheck disable=SC2086
said=$($GIT_SSH_COMMAND -p "$ssh_port" -W 127.0.0.1:$http_port \
    dcloud@127.0.0.1 2>&1 </dev/null)
is "and no way through" $(($? != 0)) 1
rm -rf "$root/clone"
ok "what was pushed can be cloned" git clone -q "$url" "$root/clone"
