#!/bin/bash
# tests/integration/60-of-then.sh -- Node.js applications of 2012 that do not say
# for which node they are; and postbuild, which finds what the build has made.
. "$(dirname "$0")/lib.sh"
plan 13
platform_up
mkdir -p "$root/work/then/views"
cd "$root/work/then" || exit 1
dcloud -y create then >/dev/null 2>&1

printf 'www:\n  type: nodejs\n  process: node app.js\n' >dotcloud.yml
echo '{"name": "then", "version": "0.0.1", "engines": {"node": ">= 0.4"},
    "dependencies": {"express": "*", "jade": ">= 0.0.1"}}' >package.json
cat >app.js <<'END'
// Not express.bodyParser: a comment.
var express = require('express')
  , app = module.exports = express.createServer();

app.configure(function(){
  app.set('views', __dirname + '/views');
  app.set('view engine', 'jade');
  app.use(express.cookieParser());
});
app.get('/', function(req, res){
  res.render('index', { title: process.version, layout: false });
});
app.listen(8080);
END
printf '!!!\nhtml\n  body\n    p= title\n' >views/index.jade
log=$(dcloud push 2>&1)
is "express 2 without node_version" $? 0
like "what gave it away is said" "$log" \
    'app\.js line 3 uses express\.createServer: using node 0\.8\.x; say node_version: to choose'
like "it answers, with templates of its time" "$(get then)" '<p>v0\.8\.[0-9]+</p>'

printf '  config:\n    node_version: v0.10.x\n' >>dotcloud.yml
log=$(dcloud push 2>&1)
is "another node" $? 0
like "has packages of its own" "$log" 'node_modules is made anew: it was not for node v0\.10'
like "and runs" "$(get then)" '<p>v0\.10\.[0-9]+</p>'

# What is of today stays so, whatever old it depends on.
mkdir app
cat >app/app.js <<'END'
const fs = require('fs');

require('http').createServer((request, response) => response.end(
    process.version + ' ' + fs.readFileSync('made.txt', 'utf8'))).listen(8080);
END
echo '{"name": "now", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}}' \
    >app/package.json
printf '#!/bin/sh\npwd; ls node_modules/left-pad/package.json; echo made >made.txt\n' \
    >app/after
cat >dotcloud.yml <<'END'
www:
  type: nodejs
  approot: app
  prebuild: echo before in $PWD
  postbuild: ./after
  process: node app.js
END
log=$(dcloud push 2>&1)
is "one of today" $? 0
unlike "gets no old node" "$log" 'using node'
like "prebuild is in the pushed tree" "$log" 'before in /tmp/code/app$'
like "postbuild is where the application will be" "$log" '\] /home/dotcloud/(current|code/app)$'
like "with what npm has installed" "$log" '\] node_modules/left-pad/package\.json$'
like "what it writes stays" "$(get then)" '^v[1-9][0-9]+\..* made$'
sed -i 's/^  approot: app/  approot: .\/\/app\//' dotcloud.yml
ok "an approot by another name" dcloud push
