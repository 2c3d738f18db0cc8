#!/bin/bash
# tests/integration/44-bad-input.sh -- what a hostile or careless developer can
# push or build: handled, or refused with one clear sentence; nothing of it is
# followed or written outside, and the version of before serves on.
. "$(dirname "$0")/lib.sh"
plan 107

# A disk of the platform's own, small enough to be filled. The configuration is
# below it as well, where `finish` looks once it is gone.
elsewhere=/var/tmp/$bridge-elsewhere
write_conf
mount -t tmpfs -o size=900m,mode=755 none "$root" || exit 1
ending() {
	platform down >/dev/null 2>&1
	[ "$bad" -eq 0 ] || tail -n 20 "$root"/log/*.log | sed 's/^/#   /'
	cd /
	umount "$root" || umount -l "$root"
	rm -rf "$elsewhere"
	finish
}
trap ending EXIT
platform_up

push() {
	said=$(dcloud -y push "$@" 2>&1 </dev/null)
	rc=$?
}
# again LINE...: the good version in $root/work/app, with LINEs in dotcloud.yml.
again() {
	cd "$root/work" || exit 1
	rm -rf app
	cp -a good app
	cd app || exit 1
	printf '%s\n' 'www:' '  type: custom' '  buildscript: builder' "$@" \
	    >dotcloud.yml
}
# refused STATUS NAME REGEX [PUSH OPTION...]: in one sentence; and good serves.
refused() {
	local status=$1 what=$2 regex=$3
	shift 3
	push "$@"
	is "$what: status" $rc "$status"
	like "$what: message" "$said" "$regex"
	is "$what: the old version serves" "$(get app)" good
}
tree() {
	find "$root/code/1/revisions" -mindepth 1 -maxdepth 1 -name 'rsync-*' |
	    sort | tail -n 1
}

hello_app app good
cp -a . ../good
ok "a version that works" dcloud push

# --- rsync with a mind of its own ---------------------------------------------

ssh="ssh -i $DCLOUD_CONFIG_DIR/dcloud.key -p $ssh_port -o IdentitiesOnly=yes
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    -o LogLevel=ERROR"
ssh=$(tr '\n' ' ' <<<"$ssh")
rsync_in() { # OPTION... DIRECTORY
	said=$(rsync -rlptD --delete -e "$ssh" "$@" \
	    dcloud@127.0.0.1:/app/rsync 2>&1)
	rc=$?
}
remote() { # COMMAND
	# shellcheck disable=SC2086
	said=$($ssh dcloud@127.0.0.1 "$1" 2>&1 </dev/null)
	rc=$?
}

cp -a ../good ../odd
cd ../odd || exit 1
long=$(printf 'n%.0s' {1..255})
mknod block b 8 0
mknod char c 1 3
mkfifo fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
cp /bin/true setuid
chmod 6755 setuid
ln setuid hardlink
mkdir -m 000 closed
mkdir -m 3777 shared
touch unreadable "$long" A a "$(printf 'new\nline')" "$(printf 'latin\351')"
chmod 000 unreadable
ln -s /etc/passwd outside
ln -s loop loop
rsync_in -H ./
is "a tree of odd files as root has them: status" $rc 0
t=$(tree)
is "only files, directories and links arrive" \
    "$(find "$t" ! -type f ! -type d ! -type l | wc -l)" 0
is "no set-id or sticky bits" "$(find "$t" -perm /7000 | wc -l)" 0
is "all of it is the platform's, who can read it" \
    "$(find "$t" ! -user dcloud -o ! -perm -400 | wc -l)" 0
is "no link leads out" "$(find "$t" -type l -printf '%f ')" "loop "
ok "255 bytes of name, and two cases" test -e "$t/$long" -a -e "$t/A" -a -e "$t/a"
ok "deploying it works" dcloud -A app deploy latest
is "it answers" "$(get app)" good

# A dead upload's directory, as rsync left them before it was told otherwise.
dead=$root/code/1/revisions/.incoming-1
mkdir -p "$dead/closed/inner" "$dead/readonly"
touch "$dead/readonly/file"
chmod 500 "$dead/readonly"
chmod 000 "$dead/closed"
chown -R dcloud:dcloud "$dead"
rsync_in ./
is "a dead upload's closed directories block nobody" $rc 0
ok "and go" not test -e "$dead"

for option in --daemon --backup-dir=/tmp --temp-dir=/tmp --write-devices \
    --copy-dest=/etc --files-from=/etc/passwd --log-file=/tmp/x -M--x; do
	remote "rsync --server -lr $option . /app/rsync"
	is "rsync $option" "$rc $said" \
	    "1 rsync's option '$option' is not possible here."
done
remote "rsync --server --sender -lr . /app/rsync"
like "a download" "$said" '^Nothing can be downloaded'
remote "rsync --server -lr . /app/rsync/../../2"
like "another's place" "$said" '^there is nothing at '

again
mkdir many
(cd many && seq 100000 | xargs touch)
rsync_in ./
is "100,000 files: status" $rc 0
is "they are there" "$(find "$(tree)/many" -type f | wc -l)" 100000
mkdir -p "$(printf 'd/%.0s' {1..130})"
rsync_in ./
is "130 directories in each other: status" $rc 1
like "are too many" "$said" '^more than 128 directories in each other'

# --- git ----------------------------------------------------------------------

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_SSH_COMMAND=$ssh
url=ssh://dcloud@127.0.0.1:$ssh_port/app.git
link() { # TARGET NAME LINE...: a commit with that link
	local target=$1 name=$2
	shift 2
	again "$@"
	git init -q -b main
	ln -s "$target" "$name"
	git add -A && git commit -qm link
}

# plant MODE NAME: a tree that no git writes, pushed by one that does not look.
plant() {
	again
	git init -q -b main
	git add -A && git commit -qm plant
	local blob new
	blob=$(git hash-object -w hello.py)
	new=$({
		printf '%s %s\0' "$1" "$2"
		xxd -r -p <<<"$blob"
	} | git hash-object -w -t tree --literally --stdin)
	new=$(git commit-tree "$new" -m planted)
	said=$(git push -q "$url" "+$new:refs/heads/main" 2>&1)
	rc=$?
}
for entry in .git .. . .GIT a/b; do
	plant 100644 "$entry"
	is "a file named $entry in a commit is refused" $((rc != 0)) 1
done
is "and nothing of it serves" "$(get app)" good
is "nor was written" "$(find "$root/code/1/revisions" -iname .git -o \
    -name '.incoming*')" ""

# What a repository says it has instead of a commit: of itself, without end.
again
git init -q -b main
git add -A && git commit -qm replaced
said=$(git push -q "$url" "+main:refs/replace/$(git rev-parse HEAD)" 2>&1)
is "a commit that replaces itself: status" $? 0
git commit -q --allow-empty -m next
said=$(git push -q "$url" +main 2>&1)
is "is in nobody's way" $? 0

link /etc/passwd outside
git update-index --add --cacheinfo \
    "160000,$(git rev-parse HEAD),module"
git commit -qm module
said=$(git push -q "$url" +main 2>&1)
is "links and a submodule: status" $? 0
like "the submodule is named" "$said" "submodule 'module' stays empty"

for target in /etc ../../etc /tmp/code; do
	link $target link '  approot: link'
	refused 1 "approot: a link to $target" '"approot" of service "www" leads out' \
	    --git
done
link link link '  approot: link'
refused 1 "approot: a link to itself" '"approot" .* leads nowhere' --git
link /etc/shadow hook '  postinstall: hook'
refused 1 "postinstall: a link out" '"postinstall" .* leads out' --git
link /bin bin '  prebuild: bin/true'
refused 1 "prebuild: in a linked directory" '"prebuild" .* leads out' --git

# --- hooks --------------------------------------------------------------------

again '  prebuild: ./hook'
printf '#!/bin/sh\r\necho hi\r\n' >hook
refused 2 "a hook with Windows line ends" "'\./hook' has Windows line ends"
again '  prebuild: ./hook -x'
printf '#! /no/such/shell -e\n' >hook
refused 2 "a hook for a missing interpreter" \
    "'\./hook' asks for the interpreter '/no/such/shell', which is not here"
again '  postbuild: ./hook'
refused 2 "a missing hook" 'command `./hook` was not found.*\(postbuild\)'
again '  postbuild: ./hook'
printf '#!/bin/sh\nkill -9 $$\n' >hook
refused 2 "a killed hook" 'command `./hook` exited on signal 9 \(SIGKILL\)'
again '  approot: nowhere' '  prebuild: "true"'
refused 2 "a hook in an approot that is not there" \
    "approot 'nowhere' does not exist in the pushed code"

# --- what a build does ---------------------------------------------------------

again '  postbuild: sh noise'
printf '%s\n' 'printf "\033[31mred\007\r over\033]0;title\007\n"' \
    'setsid sleep 1000 &' 'exit 7' >noise
refused 2 "escape sequences, and a daemon that stays" 'returned 7 \(postbuild\)'
unlike "no terminal gets them" "$said" "$(printf '[\001-\010\013-\037]')"
again '  postbuild: python3 forks.py'
printf '%s\n' 'import os, signal' 'n = 0' 'try:' \
    '  while True:' '    if os.fork() == 0: signal.pause()' '    n += 1' \
    'except OSError: print(n, "forks", flush=True); os._exit(8)' >forks.py
refused 2 "processes without end" 'returned 8 \(postbuild\)'
like "end at a thousand" "$said" '\[www\] 1?[0-9]{3} forks$'

# --- what a build leaves in HOME ------------------------------------------------

again '  postbuild: python3 odd.py && python3 list.py >~/built' \
    '  postinstall: python3 list.py | diff ~/built - && echo the same' \
    '  process: ~/hello.py'
cp "$top/tests/integration/odd_home.py" odd.py
cp "$top/tests/integration/list_home.py" list.py
push --clean
is "odd files in HOME: status" $rc 0
like "the instance sees what the build made" "$said" '\[www.0\] the same$'
push
like "and when it is built upon" "$said" '\[www.0\] the same$'
said=$(dcloud deploy previous 2>&1)
like "and again, without a build" "$said" '\[www.0\] the same$'
mv "$root/layers/$(db 'SELECT max(id) FROM snapshots')" "$root/work/layer"
said=$(dcloud deploy latest 2>&1)
like "and unpacked from the blob" "$said" '\[www.0\] the same$'
again '  postbuild: python3 deep.py'
printf '%s\n' 'import os' 'os.chdir(os.environ["HOME"])' \
    'for i in range(1500): os.mkdir("d" * 20); os.chdir("d" * 20)' >deep.py
refused 2 "deeper than any path" 'directories are nested too deeply'

# --- the disk -------------------------------------------------------------------

full="the platform's disk is full but for the 45 MB that it keeps for what runs"
again '  postbuild: yes | head -c 2G >~/big'
refused 2 "a build that fills the disk" "$full"
again '  postbuild: fallocate -l 860M ~/big; tail -f /dev/null'
refused 2 "a build that takes it all at once" "$full|No space left on device"
like "the containers of both are gone" \
    "$(wc -l <<<"$(find "$root/boxes" -mindepth 1 -maxdepth 1)")" '^1$'
again
mkdir "$elsewhere"
cp -a . "$elsewhere"
truncate -s 2G "$elsewhere/big"
push "$elsewhere"
is "an upload that fills the disk: status" $((rc != 0)) 1
like "an upload that fills the disk: message" "$said" "^$full"
is "nothing is left of it" \
    "$(find "$root/code/1/revisions" -maxdepth 1 -name '.*')" ""
is "the old version serves" "$(get app)" good

git init -q -b main
git add -A && git commit -qm full
fallocate -l "$(($(stat -f -c '%a * %S' "$root") - 20000000))" "$root/filled"
refused 1 "an upload to a full disk" "^$full" --rsync
refused 1 "one by git" "$full" --git
said=$(dcloud deploy latest --clean 2>&1)
is "a build on a full disk: status" $? 2
like "a build on a full disk: message" "$said" "$full"
said=$(dcloud deploy previous 2>&1)
is "what is built already can be deployed" "$? $(get app)" "0 good"
rm "$root/filled"
push
is "when there is room again" "$rc $(get app)" "0 good"
[ $rc -eq 0 ] || sed 's/^/#   /' <<<"$said"
unlike "the platform had no trouble of its own" "$(cat "$root"/log/*.log)" \
    'disk I/O|malformed|corrupt'
