#!/bin/bash
# tests/integration/19-shell-text.sh -- hooks and process lines are shell text;
# healthcheck: is obeyed; nothing to run is an error where something is expected.
. "$(dirname "$0")/lib.sh"
plan 33
platform_up

hello_app app good
cp -a . ../good

# yml LINE...: dotcloud.yml of the service www with these lines added.
yml() {
	rm -rf ../app
	cp -a ../good ../app
	cd ../app || exit 1
	printf '%s\n' 'www:' '  type: custom' '  buildscript: builder' "$@" \
	    >dotcloud.yml
}
push() {
	said=$(dcloud push 2>&1)
	rc=$?
}

yml "  prebuild: echo first && echo second" \
    "  postbuild: 'false; echo third > ~/third; pwd'" \
    "  postinstall: 'cat ~/third; cd /tmp && pwd'"
push
is "hooks of several commands" "$rc $(get app)" "0 good"
like "both halves of &&" "$said" '\[www\] first$'
like "and in order" "$said" '\[www\] second$'
like "what follows ; runs too" "$said" '\[www\] /tmp/code$'
like "in the instance" "$said" '\[www.0\] third$'
like "cd is a command" "$said" '\[www.0\] /tmp$'

yml "  postbuild: echo post && exit 4"
push
is "a hook that fails in its second half: status" $rc 2
like "and it is named" "$said" 'the command `echo post && exit 4` returned 4'
is "the old version serves" "$(get app)" good

for hook in hook.sh ./hook.sh 'hook.sh with arguments'; do
	yml "  prebuild: $hook"
	printf '#!/bin/sh\necho "ran with $# of %s"\n' 'them' >hook.sh
	push
	like "a file as hook, not executable: $hook" "$said" 'ran with [02] of them'
done

# Before the type's build, ~/current and ~/code are the new code as well.
layout() {
	yml "  prebuild: $1"
	sed -i '/buildscript/d; s/custom$/custom\n  approot: sub/' dotcloud.yml
	mkdir sub
	cp hello.py sub/run
	printf 'echo "%s in $(pwd -P)"; : >~/current/made-%s\n' "$2" "$2" \
	    >sub/hook
	push
}
layout '~/current/hook' one
like "a hook of ~/current, in the first build" "$said" 'one in /tmp/code/sub$'
is "and the type's build finds what it made" \
    "$rc $(dcloud run www.0 -- 'readlink ~/current; ls ~/current/made-*')" \
    "0 code/sub
/home/dotcloud/current/made-one"
layout '~/current/hook' two
like "in the second it is not the first one's" "$said" 'two in /tmp/code/sub$'
layout 'cd $HOME/current && pwd && . ./hook' three
like "in the middle of a line" "$said" 'three in /tmp/code/sub$'
like "under its name" "$said" '\[www\] /home/dotcloud/current$'
layout 'true; sh ~/code/sub/hook' four
like "and of ~/code" "$said" 'four in /tmp/code/sub$'
is "~/code is as pushed" \
    "$(dcloud run www.0 -- 'cd ~/code && ls sub && [ ! -L . ] && pwd -P')" \
    "hook
made-four
run
/home/dotcloud/code"
layout 'rm ~/current' five
is "one that removes it" "$rc $(get app)" "0 good"
layout 'cd ~/current/nowhere' six
is "one that fails" $rc 2

for line in 'cd /tmp && FOO=1 ~/hello.py' 'exec ~/hello.py' \
    'true; ~/hello.py' 'PORT=$PORT_WWW ~/hello.py >> /var/log/supervisor/own.log'; do
	yml "  process: $line"
	push
	is "process: $line" "$rc $(get app)" "0 good"
done
yml '  process: |' '    echo "it'"'"'s several lines"' '    exec ~/hello.py'
push
is "process of several lines" "$rc $(get app)" "0 good"
wait_until 10 grep -qs "it's several lines" "$root"/boxes/*/log/www.log
is "all of which run" $? 0

yml "  process: ~/hello.py" "  healthcheck:" "    path: /health" \
    "    status: 404" "    deadline: 2"
push
is "healthcheck with a status that never comes: status" $rc 2
like "its deadline is in the message" "$said" 'no good answer on port [0-9]+ in 2 s'
yml "  process: ~/hello.py" "  healthcheck:" "    path: /health" "    status: 200"
push
is "one that comes" "$rc $(get app)" "0 good"
yml "  healthcheck:" "    deadlin: 2"
push
is "a misspelt key: status" $rc 2
like "is named" "$said" "healthcheck: no such key 'deadlin'"

yml
echo 'rm -f ~/run' >>builder
push
is "nothing to run where something served: status" $rc 2
