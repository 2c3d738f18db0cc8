#!/bin/bash
# tests/integration/15-nodejs.sh -- an application of several services: two of
# Node.js, ported as its guide says, with packages of the registry, and a custom
# one; then two instances of it.
. "$(dirname "$0")/lib.sh"
plan 36
platform_up

push() {
	said=$(dcloud push "$@" 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
}

# of NAME JSON: the member NAME of what gear1 answers.
of() { python3 -c 'import json, sys
print(json.loads(sys.argv[2]).get(sys.argv[1]))' "$1" "$2"; }

# --- the application of the porting guide ------------------------------------

mkdir -p "$root/work/ported/Gear1/node_modules/express" "$root/work/ported/Gear2"
cp -a "$top/docs/examples/hello" "$root/work/ported/Hello"
rm "$root/work/ported/Hello/dotcloud.yml"
cd "$root/work/ported" || exit 1
cat >dotcloud.yml <<'END'
gear1:
  type: nodejs
  approot: Gear1
  environment:
    MONGO_HOST: pearl.example.org
    MONGO_PORT: 28936
gear2:
  type: nodejs
  approot: Gear2
  config:
    node_version: v0.8.x
gear3:
  type: nodejs
  approot: Gear3
  config:
    node_version: v0.4.x
  process: node server.js
www:
  type: custom
  buildscript: Hello/builder
END
mkdir Gear3
echo '{"name": "gear3", "version": "0.0.1", "dependencies": {"express": "*"}}' \
    >Gear3/package.json
cat >Gear3/server.js <<'END'
var app = require('express')();

app.get('/', function (request, response) {
	response.send(process.version + ', express 3\n');
});
app.listen(8080);
END
cp "$top/docs/examples/nodejs/app/package.json" Gear1
echo 'throw "from another machine";' >Gear1/node_modules/express/index.js
cat >Gear1/supervisord.conf <<'END'
[program:node]
command = node server.js --development --verbose
directory = /home/dotcloud/current
END
cat >Gear1/server.js <<'END'
const app = require('express')();
const fs = require('fs');

app.get('/', (req, res) => res.json({
	args: process.argv.slice(2).join(' '),
	directory: process.cwd(),
	host: process.env.MONGO_HOST,
	port: JSON.parse(fs.readFileSync('/home/dotcloud/environment.json'))
	    .MONGO_PORT,
	http: process.env.PORT_HTTP,
	current: fs.readlinkSync('/home/dotcloud/current'),
	modules: fs.statSync('node_modules/express').mtimeMs,
}));
app.listen(8080, () => console.log('gear one listens'));
END
cat >Gear2/server.js <<'END'
require('http').createServer(function (request, response) {
	response.end(process.version + '\n');
}).listen(8080);
END
echo '{"name": "gear2", "version": "1.0.0"}' >Gear2/package.json
cat >Gear2/supervisord.conf <<'END'
[program:node]
command = node server.js
directory = /home/dotcloud/current
END

dcloud -y create --rsync ported >/dev/null 2>&1
push
is "the push" $rc 0
for service in gear1 gear2 www; do
	like "$service: built" "$said" "\\[$service\\] Build completed success"
	like "$service: deployed" "$said" "\\[$service.0\\] Successfully deployed"
done
like "the urls are shown, the first service's is the application's" "$said" \
    "^==> Application is live at http://ported-$user.*http://gear2-ported-.*www-"
like "npm installs" "$said" '\[gear1\] (Running npm install|added [0-9]+ packages)'
like "what was uploaded of its packages is left out" "$said" \
    'The uploaded node_modules is left out'
first=$(get ported)
is "the arguments of supervisord.conf" "$(of args "$first")" \
    "--development --verbose"
is "the link current is the approot" "$(of current "$first")" code/Gear1
like "and the directory" "$(of directory "$first")" \
    '^/home/dotcloud/(current|code/Gear1)$'
is "environment: in the process" "$(of host "$first")" pearl.example.org
is "and in the file, as text" "$(of port "$first")" 28936
is "PORT_HTTP" "$(of http "$first")" 8080
like "node_version v0.8.x" "$(get ported / gear2)" '^v0\.8\.[0-9]+$'
like "v0.4.x, which is gone, gets the nearest" "$said" \
    "\\[gear3\\] Warning: node_version: there is no v0\\.4\\.x any more; the nearest is 0\\.8\\."
like "and express 3 runs on it" "$(get ported / gear3)" '^v0\.8\.[0-9]+, express 3$'
like "the custom service" "$(get ported / www)" '^Hello from ported, instance 0!$'
like "url" "$(dcloud url gear1)" "^http://ported-$user\\."
like "logs" "$(dcloud logs -N gear1)" '^\[gear1\.0\] gear one listens$'

# --- again -------------------------------------------------------------------

sed -i 's/port: JSON/more: "news", port: JSON/' Gear1/server.js
push
second=$(get ported)
is "the second push" "$rc $(of more "$second")" "0 news"
unlike "downloads nothing" "$said" 'Running npm install|added [0-9]+ packages|Fetching node'
like "and says so" "$said" 'keeping what is installed'
like "also where there is nothing to install" "$said" '\[gear2\] Nothing that npm'
is "the packages are those of the first" "$(of modules "$second")" \
    "$(of modules "$first")"
push --clean
third=$(get ported)
is "--clean" $rc 0
like "runs npm again" "$said" '\[gear1\] (Running npm install|added [0-9]+ packages)'
ok "and installs afresh" test "$(of modules "$third")" != \
    "$(of modules "$first")"

# --- two instances -----------------------------------------------------------

said=$(dcloud scale www=2 2>&1)
is "scale" $? 0
like "scale says so" "$said" 'Successfully scaled ported to www:instances=2'
unlike "and builds nothing" "$said" 'Build started'
is "both answer, in turn" "$(for _ in 1 2 3 4; do get ported / www; done |
    sort | uniq -c | tr -s ' ' | tr '\n' ';')" \
    " 2 Hello from ported, instance 0!; 2 Hello from ported, instance 1!;"
like "logs of the second" "$(dcloud logs -N www.1)" '^\[www\.1\] .*listening'
said=$(dcloud scale www=1 2>&1)
is "back to one" "$? $(for _ in 1 2 3 4; do get ported / www; done |
    sort -u)" "0 Hello from ported, instance 0!"
