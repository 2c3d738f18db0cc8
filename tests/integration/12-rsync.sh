#!/bin/bash
# tests/integration/12-rsync.sh -- a push of plain files: what travels, what
# arrives, what a revision costs on disk.
. "$(dirname "$0")/lib.sh"
plan 38
platform_up

# push WORD...: dcloud push; $said, $rc, and $tree, where the revision is.
push() {
	said=$(dcloud push "$@" 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
	tree=$(find "$root/code" -mindepth 3 -maxdepth 3 -path '*/revisions/r*' |
	    sort | tail -n 1)
}

inode() { stat -c %i "$1"; }

hello_app app one
head -c 300000 /dev/urandom >big.bin
mkdir -p "deep/er dir" empty ignored .git
echo "in git" >.git/HEAD
echo "compiled" >old.pyc
echo "secret" >ignored/file
echo "kept" >'deep/er dir/ spaces and	tab '
printf 'odd\n' >"$(printf 'deep/new\nline')"
echo odd >'deep/-rf'
echo odd >'deep/$(touch pwned)*?[a]\'
echo utf >'deep/naïve ☃'
printf 'latin\n' >"$(printf 'deep/caf\351')"
echo plain >script.sh
chmod 755 script.sh
chmod 600 dotcloud.yml
ln -s hello.py inside
ln -s ../../../../../etc/passwd outside
ln -s /etc/passwd absolute
ln -s nothing dangling
printf 'ignored\n*.bak\n' >.dotcloudignore
echo backup >some.bak

push
is "the first push" $rc 0
like "it says that it takes rsync, and why" "$said" \
    '^==> Using rsync for "./": it is not the root of a git work tree; --git'
like "it says what it does" "$said" \
    '^==> Pushing code with rsync from "./" to application app$'
like "the revision's name" "$(basename "$tree")" '^rsync-[0-9]{13}$'
is "the content of what arrived" "$(cd "$tree" && find . ! -name . | LC_ALL=C \
    sort | tr '\n' '|')" "$(cd "$root/work/app" && find . ! -name . \
    ! -path './.git*' ! -name '*.pyc' ! -path './ignored*' ! -name '*.bak' \
    ! -name outside ! -name absolute | LC_ALL=C sort | tr '\n' '|')"
ok "odd names keep their content" cmp "$tree/deep/er dir/ spaces and	tab " \
    "deep/er dir/ spaces and	tab "
ok "the big file is the same" cmp "$tree/big.bin" big.bin
is "a symbolic link inside stays one" "$(readlink "$tree/inside")" hello.py
is "one to nowhere too" "$(readlink "$tree/dangling")" nothing
ok "links that lead outside are not there" not test -L "$tree/outside" -o \
    -L "$tree/absolute"
ok "a program stays executable" test -x "$tree/script.sh"
ok "and a plain file plain" not test -x "$tree/big.bin"
is "all of it is the platform's" "$(find "$tree" ! -user dcloud | wc -l)" 0
is "times are kept" "$(stat -c %Y "$tree/big.bin")" "$(stat -c %Y big.bin)"
is "it answers" "$(get app)" one

# --- again -------------------------------------------------------------------

first=$tree
say_hello two
rm 'deep/-rf'
chmod 644 script.sh
echo more >added
push --verbose
is "the second push" $rc 0
like "--verbose names what travels" "$said" '^hello.py$'
unlike "and only that" "$said" '^big.bin$'
ok "it is another tree" test "$first" != "$tree"
is "an unchanged file is the same file on disk" "$(inode "$tree/big.bin")" \
    "$(inode "$first/big.bin")"
ok "a changed one is not" test "$(inode "$tree/hello.py")" != \
    "$(inode "$first/hello.py")"
ok "the old revision keeps its content" grep -q one "$first/hello.py"
ok "what was deleted is gone" not test -e "$tree/deep/-rf"
ok "there it still is" test -e "$first/deep/-rf"
ok "other permissions arrive" not test -x "$tree/script.sh"
ok "and do not reach back" test -x "$first/script.sh"
ok "a new file arrives" test -e "$tree/added"
is "the new version answers" "$(get app)" two

# --- which directory ---------------------------------------------------------

say_hello three
cd "deep/er dir" || exit 1
push
like "from below: the connected directory" "$said" \
    "^==> Pushing code with rsync from \"$root/work/app/\" to application app\$"
is "and it runs" "$(get app)" three
cd ../.. || exit 1
say_hello four
cd "$root/work" || exit 1
push app
like "a path: that directory" "$said" \
    '^==> Pushing code with rsync from "app/" to application app$'
is "and it runs, too" "$(get app)" four
push nowhere
is "a path that is none" $rc 1
push app/hello.py
is "a file" $rc 1

# --- two at once ---------------------------------------------------------------

# Another upload comes between ours and our request to deploy it.
cp -a app other
(cd other && say_hello theirs)
(cd app && say_hello ours)
mkdir bin
cat >bin/rsync <<END
#!/bin/bash
/usr/bin/rsync "\$@" || exit
/usr/bin/rsync "\${@:1:\$#-2}" "$root/work/other/" "\${@: -1}" 2>/dev/null
END
chmod 755 bin/rsync
said=$(PATH=$root/work/bin:$PATH dcloud push app 2>&1)
is "the push while another comes" $? 0
unlike "what is only for the client is not shown" "$said" 'is uploaded'
is "what was pushed is deployed" "$(get app)" ours
ok "though the other one is the latest" grep -q theirs "$(find "$root/code" \
    -path '*/revisions/rsync-*/hello.py' | sort | tail -n 1)"
