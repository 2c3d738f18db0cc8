#!/bin/bash
# tests/integration/43-validate.sh -- dotcloud.yml without a push, and with one:
# the same words; old places of keys; the variables of an application.
. "$(dirname "$0")/lib.sh"
plan 41

# dc WORD...: dcloud, both streams in $said, its exit status in $rc.
dc() {
	said=$(dcloud "$@" 2>&1 </dev/null)
	rc=$?
}

# field EXPRESSION: of the JSON in $said, which is j.
field() {
	python3 -c 'import json, sys
print(eval(sys.argv[1], {"j": json.loads(sys.argv[2])}))' "$1" "$said"
}

# --- nobody to ask -----------------------------------------------------------

mkdir -p "$root/work/site/web" "$root/work/else"
cd "$root/work/site" || exit 1
cat >dotcloud.yml <<-'END'
	www:
	  type: python
	  approot: web
	  environment: {MODE: test}
	  config: {uwsgi-processes: 2}
	  systempackages: [libpq-dev]
	feed:
	  type: custom
	  process: cat $PORT_FEED
	  ports: {feed: tcp}
	  haproxy_mode: fast
END
touch web/wsgi.py
dc validate
is "a good file: exit status" $rc 0
like "its type" "$said" '^type: +python$'
like "its port" "$said" '^  http: +http \(8080\)$'
like "its variable" "$said" '^  MODE: +test$'
like "its process" "$said" '^process: +cat \$PORT_FEED$'
like "a key of its own" "$said" '^  haproxy_mode: +fast$'
like "its end" "$said" '^==> dotcloud.yml is good: 2 services$'
dc validate --json
is "as JSON: exit status" $rc 0
is "as JSON" "$(field '[j["valid"], len(j["services"]), j["warnings"]]')" \
    "[True, 2, []]"
is "config has its other defaults, and the type's spelling" \
    "$(field 'j["services"][0]["config"]')" "{'uwsgi_processes': 2}"
cd "$root/work/else" || exit 1
dc validate ../site
is "of a directory" $rc 0
dc validate ../site/dotcloud.yml
is "of a file" $rc 0
dc validate nowhere
is "of nothing: exit status" $rc 1
like "of nothing: message" "$said" "^Error: 'nowhere': No such file"
dc validate
is "without a file: exit status" $rc 1
like "without a file: message" "$said" "^Error: No 'dotcloud.yml' at the root"
touch dotcloud_build.yml
dc validate
like "the name of 2011" "$said" "there is 'dotcloud_build.yml': rename it"

# --- what a push would refuse ------------------------------------------------

cd "$root/work/site" || exit 1
sed -i 's/libpq-dev\]/x]\n  postinstal: x\n  postinstall: .\/late.sh/
    s/haproxy_mode.*/buildscript: make/
    s/approot: web/approot: site/' dotcloud.yml
printf 'db:\n  type: mysql\n' >>dotcloud.yml
dc validate
is "a bad one: exit status" $rc 1
like "an approot that is not there" "$said" \
    '^Error: the approot "site" of service "www" is no directory'
like "nor a buildscript" "$said" '^Error: the buildscript "make" of service'
like "nor a type, which does not hide the rest" "$said" \
    '^Error: The service type "mysql" is known, but not available on this'
like "a misspelt key" "$said" '^Warning: .*: did you mean "postinstall"\?$'
dc validate --json
is "as JSON: exit status" $rc 1
is "as JSON" "$(field '[j["valid"], len(j["errors"])]')" "[False, 3]"

platform_up

# both REGEX: validate and push of this directory fail with the same words.
both() {
	local alone
	dc validate
	alone=$said
	is "$1: validate" $rc 1
	dc -y push --rsync
	is "$1: push" $rc 1
	like "$1: the line and a caret" "$said" '^ +\^$'
	is "$1: the same words" "$alone" "$said"
}

mkdir "$root/work/app" && cd "$root/work/app" || exit 1
dcloud -y create app >/dev/null 2>&1
cat >dotcloud.yml <<-'END'
	www:
	  type: custom
	  process: cd ~ && exec python3 -m http.server $PORT_WWW
	  ports:
	    www: http
	    more: http
END
both 'two http ports'
printf 'www:\n  type: lolita\n' >dotcloud.yml
dc validate
alone=$said
dc -y push --rsync
is "a type that nobody knows: the same words" "$alone" \
    "$(grep -v "^==>" <<<"$said")"

# --- the variables of an application -----------------------------------------

cat >dotcloud.yml <<-'END'
	www:
	  type: custom
	  proces: x
	  process: cd ~ && exec python3 -m http.server $PORT_WWW
	  environment:
	    TILES: [a, b]
	  ports:
	    www: http
	    feed: tcp
END
dc -y push --rsync
is "a push with warnings" $rc 0
is "a warning is said once" \
    "$(grep -c 'did you mean "process"' <<<"$said")" 1
said=$(get app /environment.json)
is "a list is text to a process" "$(field 'j["TILES"]')" "['a', 'b']"
seen=$(field '"\n".join(sorted("%s=%s" % (k, v) for k, v in j.items()
    if k.startswith("DOTCLOUD_") and not k.startswith("DOTCLOUD_SERVICE_")))')
said=$(dcloud env list 2>/dev/null)
is "env list has what an instance sees" \
    "$(grep '^DOTCLOUD_' <<<"$said")" "$seen"
like "the address of a port" "$said" '^DOTCLOUD_WWW_FEED_URL=tcp://'
value=$'a line\nit\'s "another" \\ one'
dc env set "TEXT=$value" AFTER=1
is "a value of two lines" $rc 0
said=$(dcloud env list 2>/dev/null)
is "is one line of the list" "$(grep -c '^TEXT=' <<<"$said")" 1
is "that bash takes back" "$(eval "$(grep '^TEXT=' <<<"$said")"
    printf %s "$TEXT")" "$value"
is "which is sorted" "$(sed 's/=.*//' <<<"$said")" \
    "$(sed 's/=.*//' <<<"$said" | LC_ALL=C sort)"
said=$(dcloud env list --json 2>/dev/null)
is "as JSON" "$(field 'j["TEXT"]')" "$value"
is "as JSON: the platform's" "$(field 'j["DOTCLOUD_PROJECT"]')" app
dc env unset DOTCLOUD_PROJECT
is "which cannot be unset" $rc 1
