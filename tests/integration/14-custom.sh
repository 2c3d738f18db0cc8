#!/bin/bash
# tests/integration/14-custom.sh -- the custom service, told as its first
# manual told it, and what its programs find around them.
. "$(dirname "$0")/lib.sh"
plan 67
platform_up

push() {
	said=$(dcloud push "$@" 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
}

# ask APP COMMAND: what a shell in the instance prints; see asked.py.
ask() {
	curl -sf --max-time 20 -H "Host: $1-$user.localhost" \
	    --data-binary "$2" "http://$http/"
}

# --- a simple custom service -------------------------------------------------

mkdir -p "$root/work/story"
cd "$root/work/story" || exit 1
dcloud -y create story >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
END
push
is "the minimal build file can be pushed" $rc 0
like "and is almost totally useless" "$said" 'There is nothing to run'

cp "$top/docs/examples/custom/httphello/httphello.py" .
cat >builder <<'END'
#!/bin/bash
cp -a . ~
cd
ln -s httphello.py run
END
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
END
push
is "a build script that is not executable yet" $rc 0
is "the program named run answers" "$(get story)" "Hello!"
push
is "ln -s run, the second time" $rc 0

mkdir simplecustom
mv builder httphello.py simplecustom
cat >simplecustom/builder <<'END'
#!/bin/bash
cd "$(dirname "$0")"
cp -a . ~
cd
ln -s httphello.py run
END
sed -i 's|builder|simplecustom/builder|' dotcloud.yml
push --clean
is "in a directory of its own" "$rc $(get story)" "0 Hello!"

# --- approot, process, processes, profile, postinstall -----------------------

example custom custom
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: simplecustom/builder
  approot: httphello
  greeting: first
END
cat >simplecustom/builder <<'END'
#!/bin/bash
cd "$SERVICE_APPROOT"
cp -a . ~
cd
ln -s httphello.py run
END
push
is "approot is SERVICE_APPROOT" "$rc $(get custom)" "0 first"
cat >>dotcloud.yml <<'END'
  process: ~/httphello.py
END
sed -i 3,4d simplecustom/builder
sed -i '3i cp -a . ~' simplecustom/builder
push --clean
is "process" "$rc $(get custom)" "0 first"

cp -a "$top/docs/examples/custom/." .
push
is "the whole example" $rc 0
is "answers" "$(get custom)" "Hello, World!"
like "the build script is heard" "$said" \
    '\[www\] Built by dotcloud in /tmp/code/httphello$'
like "so is postinstall" "$said" \
    '\[www\.0\] Wrote settings.conf for instance 0$'
logs=$(dcloud logs -N)
like "each process has its log" "$logs" \
    '^\[www\.0\] == /var/log/supervisor/hello.*\.log =='
like "named after it" "$logs" \
    '^\[www\.0\] == /var/log/supervisor/goodbye.*\.log =='
like "hello's output" "$logs" '^\[www\.0\] listening on port 42800'
like "goodbye's output" "$logs" '^\[www\.0\] goodbye is up$'

# --- what the programs find --------------------------------------------------

mkdir -p "$root/work/asked/app" "$root/work/asked/app/.hidden"
cd "$root/work/asked" || exit 1
dcloud -y create asked >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  approot: app
  process: asked.py
  postinstall: ./after "two words"
  a_key: a value
  number: 1.10
  config: {depth: 3}
  environment:
    COLOUR: blue
    EMPTY: ''
    ODD: "two words, a 'quote', a $dollar and \"more\""
END
cat >builder <<'END'
#!/bin/bash
set -e
env >~/build-env
pwd >~/build-pwd
id -u >~/build-id
hostname >~/build-name
ls -A ~ >~/build-home
echo in home >~/survives
echo elsewhere >/var/tmp/lost
echo elsewhere >/tmp/lost
touch written-into-the-code
mkdir -p ~/bin
cp -a app/. ~
chmod +x ~/asked.py
mv ~/asked.py ~/bin
echo 'export PATH=~/bin:$PATH FROM_PROFILE=yes' >~/profile
END
cp "$top/tests/integration/asked.py" app/asked.py
cat >app/after <<'END'
#!/bin/bash
echo "arguments: $# $1"
env >after-env
pwd >after-pwd
ls -A >after-home
END
push
is "a service to ask" "$rc $(get asked)" "0 ready"
like "postinstall with an argument" "$said" 'arguments: 1 two words$'

built=$(ask asked 'cat build-env')
is "the build runs in the root of the code" "$(ask asked 'cat build-pwd')" \
    /tmp/code
is "as dotcloud" "$(ask asked 'cat build-id')" 1000
like "the build's own host name" "$(ask asked 'cat build-name')" build-www
like "SERVICE_APPROOT" "$built" '^SERVICE_APPROOT=app$'
like "SERVICE_ of a key of one's own" "$built" '^SERVICE_A_KEY=a value$'
like "with the text it has" "$built" '^SERVICE_NUMBER=1.10$'
like "SERVICE_ of config" "$built" '^SERVICE_CONFIG_DEPTH=3$'
like "HOME" "$built" '^HOME=/home/dotcloud$'
unlike "no ports at build" "$built" '^PORT_'
unlike "no DOTCLOUD_ at build" "$built" '^DOTCLOUD_'
unlike "no variables of the environment" "$built" '^COLOUR='
unlike "no environment files" "$(ask asked 'cat build-home')" environment
is "what is in HOME survives" "$(ask asked 'cat ~/survives')" "in home"
is "nothing else does" "$(ask asked 'ls /var/tmp /tmp | grep -c lost')" 0
is "the code neither" "$(ask asked 'ls -A /tmp/code 2>/dev/null | wc -l')" 0

push
is "the second build" $rc 0
unlike "finds no environment files either" \
    "$(ask asked 'cat build-home')" environment
like "but what the first one left" "$(ask asked 'cat build-home')" '^survives$'
tree=$(find "$root"/code/*/revisions -name written-into-the-code)
is "a build cannot change the revision" "$tree" ""

running=$(ask asked env)
# shellcheck disable=SC2034 # by its name, below
after=$(ask asked 'cat after-env')
for where in running after; do
	like "$where: PORT_WWW" "${!where}" '^PORT_WWW=42800$'
	like "$where: SERVICE_" "${!where}" '^SERVICE_A_KEY=a value$'
	like "$where: DOTCLOUD_" "${!where}" '^DOTCLOUD_PROJECT=asked$'
	like "$where: environment:" "${!where}" \
	    "^ODD=two words, a 'quote', a \\\$dollar and \"more\"\$"
done
like "profile is sourced for processes" "$running" '^FROM_PROFILE=yes$'
like "postinstall finds the environment files" \
    "$(ask asked 'cat after-home')" '^environment.json$'
is "and starts in HOME" "$(ask asked 'cat after-pwd')" /home/dotcloud
is "a process is dotcloud" "$(ask asked 'id -un; id -u; id -G' | tr '\n' ' ')" \
    "dotcloud 1000 1000 "
is "the host name" "$(ask asked hostname)" asked-default-www-0
is "the terminal's name of it" "$(ask asked 'getent hosts $(hostname) |
    wc -l')" 1
like "where logs are" "$(ask asked 'cat /var/log/supervisor/www*')" \
    '^to stderr$'

ask asked 'cat ~/environment.json' >"$root/work/environment.json"
json() { python3 -c 'import json, sys; print(repr(json.load(open(
    sys.argv[1])).get(sys.argv[2])))' "$root/work/environment.json" "$1"; }
is "json: the application" "$(json DOTCLOUD_PROJECT)" "'asked'"
is "json: the environment" "$(json DOTCLOUD_ENVIRONMENT)" "'default'"
is "json: the service" "$(json DOTCLOUD_SERVICE_NAME)" "'www'"
is "json: the instance is text" "$(json DOTCLOUD_SERVICE_ID)" "'0'"
is "json: a port is a number" "$(json PORT_WWW)" 42800
is "json: the url" "$(json DOTCLOUD_WWW_HTTP_URL)" \
    "'http://asked-$user.localhost:$http_port/'"
is "json: a variable" "$(json COLOUR)" "'blue'"
is "json: an empty one" "$(json EMPTY)" "''"
is "json: no SERVICE_" "$(json SERVICE_APPROOT)" None
is "json: one key per line" "$(grep -c '"COLOUR": "blue"' \
    "$root/work/environment.json")" 1
yml=$(ask asked 'cat environment.yml')
like "yml: text" "$yml" '^DOTCLOUD_PROJECT: asked$'
like "yml: the instance is text" "$yml" "^DOTCLOUD_SERVICE_ID: [\"']0[\"']\$"
like "yml: a port is a number" "$yml" '^PORT_WWW: 42800$'
is "yaml is the same file" "$(ask asked 'readlink environment.yaml')" \
    environment.yml

dcloud env set COLOUR=green MORE='a=b c' >/dev/null 2>&1
is "env set" "$(ask asked 'echo $COLOUR, $MORE')" "green, a=b c"
