#!/bin/bash
# tests/integration/18-before-upload.sh -- what is wrong with a push is said
# before a byte of it is sent, and what goes wrong around it in a sentence.
. "$(dirname "$0")/lib.sh"
plan 63

# dc WORD...: dcloud, both streams in $said, its exit status in $rc.
dc() {
	said=$(dcloud -y "$@" 2>&1 </dev/null)
	rc=$?
}

# refused NAME REGEX [WORD...]: the push ends with 1 and a caret, and the
# server has never heard of it.
refused() {
	local what=$1 regex=$2
	shift 2
	dc push "$@"
	is "$what: exit status" $rc 1
	like "$what: message" "$said" "$regex"
	like "$what: a caret" "$said" '^ *\^$'
	unlike "$what: nothing is announced" "$said" '^==> (Using|Pushing)'
	is "$what: nothing was uploaded" "$(dcloud revisions --json)" "[]"
}

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org

platform_up

# --- a bad build file --------------------------------------------------------

hello_app app one
cp dotcloud.yml "$root/work/good.yml"
printf 'www:\n\ttype: custom\n' >dotcloud.yml
refused "a tab, by rsync" '^Error: .*in "dotcloud.yml", line 2, column 1:$'
printf 'www:\n  type: custom\n  ports:\n    x: prout\n' >dotcloud.yml
refused "no such port, by rsync" \
    '^Error: Unrecognized port "prout" in "dotcloud.yml", line 4, column 8:$'
git init -q -b master
git add -A
git commit -qm bad
cp "$root/work/good.yml" dotcloud.yml
refused "no such port, by git" \
    '^Error: Unrecognized port "prout" in "dotcloud.yml", line 4, column 8:$'
refused "of a commit" 'in "dotcloud.yml", line 4' --commit HEAD
ln -sf hello.py dotcloud.yml
dc push --rsync
is "a link as the build file: exit status" $rc 1
like "a link as the build file: message" "$said" \
    "^Error: 'dotcloud.yml' must be a regular file"
rm dotcloud.yml
cp "$root/work/good.yml" dotcloud.yml
printf 'www:\n  type: static\ndb:\n  type: mysql\nq:\n  type: redis\n' \
    >dotcloud.yml
refused "what keeps data, by rsync" \
    '"mysql" is known, but not available on this platform .*, line 4,' --rsync
like "all of it at once" "$said" '"redis" is known, but not .*, line 6,'
git commit -qam data
refused "what keeps data, by git" '"mysql" is known, but not available' --git
git reset -q --hard HEAD~1
printf 'www:\n  type: opa\n' >dotcloud.yml
dc push --rsync
is "another type that is known but not here: exit status" $rc 1
like "is the server's to say" "$said" 'known, but not available on this platform'
printf 'www:\n  type: solr\n' >dotcloud.yml
cp -r "$programs/types/static" "$programs/types/solr"
touch index.html
dc push --rsync
is "but this platform has one of its own" "$rc $(status app)" "0 200"
rm -r "$programs/types/solr" index.html
dc destroy
is "what is of a type that was taken away ends" $rc 0
dc create app
cp "$root/work/good.yml" dotcloud.yml

# --- an application that is not there ----------------------------------------

dc -A nosuch push --rsync
is "no application: exit status" $rc 1
is "no application: message" "$said" "Error: Application \"nosuch\" doesn't\
 exist. Try \`dcloud create <appname>\`."

# --- never deployed ----------------------------------------------------------

dc info
like "info: never deployed" "$said" \
    "^Warning: It looks like you haven't deployed your application.\$"
unlike "info: no table" "$said" '^\|'
like "info: where git pushes to" "$said" \
    "^git: +ssh://dcloud@127.0.0.1:$ssh_port/app\\.git\$"
printf '#!/bin/sh\n[ -z "$FAIL" ]\n' >postinstall
chmod +x postinstall
sed -i '1a\  environment: {FAIL: yes}' dotcloud.yml
dc push --rsync
is "a first push that fails" $rc 2
cp "$root/work/good.yml" dotcloud.yml
unlike "info: no table after it" "$(dcloud info)" '^\|'
dc info www
is "info of a service: exit status" $rc 0
like "info of a service: never deployed" "$said" \
    '^Warning: Run dcloud push to deploy and see the information about your'
unlike "info of a service: no URLs" "$said" 'http://'

# --- environment -------------------------------------------------------------

ok "the good version" dcloud push --rsync
like "info: deployed" "$(dcloud info)" '^\| www '
before=$(dcloud dlist --json)
dc env unset NOSUCH
is "unset what is not set: exit status" $rc 1
like "unset what is not set: message" "$said" '^Error: Not set.*: NOSUCH '
dc env set "BAD=$(printf 'a\377')"
is "what is not UTF-8: exit status" $rc 1
like "what is not UTF-8: message" "$said" '^error: .*is not UTF-8'
is "nothing was deployed for these" "$(dcloud dlist --json)" "$before"
dc env set FAIL=yes
is "env set, and it fails: exit status" $rc 2
like "env set, and it fails: how to go back" "$said" \
    '^Warning: The variables stay set; `dcloud env unset FAIL` takes them back'
dc env unset FAIL NOSUCH
is "back: exit status" "$rc $(get app)" "0 one"
like "back: what was not set is said" "$said" '^Warning: Not set: NOSUCH$'

# --- output, configuration ---------------------------------------------------

said=$(dcloud list 2>&1 >/dev/full)
is "a full disk: exit status" $? 1
like "a full disk: message" "$said" '^Error: The output could not be written'
echo '{' >.dotcloud/config
dc push
is "a damaged .dotcloud/config: exit status" $rc 1
like "a damaged .dotcloud/config: message" "$said" 'dcloud connect APP'
dc connect app
is "connect mends it" "$rc $(dcloud app)" "0 app"
