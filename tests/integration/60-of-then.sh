#!/bin/bash
# tests/integration/60-of-then.sh -- Node.js applications of 2012 that do not say
# for which node they are; and postbuild, which finds what the build has made.
. "$(dirname "$0")/lib.sh"
plan 10
platform_up
mkdir -p "$root/work/old/app/views"
cd "$root/work/old" || exit 1
dcloud -y create old >/dev/null 2>&1

printf 'www:\n  type: nodejs\n  approot: app\n  process: node app.js\n' >dotcloud.yml
echo '{"name": "old", "version": "0.0.1", "engines": {"node": ">= 0.4"},
    "dependencies": {"express": "*", "jade": ">= 0.0.1"}}' >app/package.json
cat >app/app.js <<'END'
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
printf '!!!\nhtml\n  body\n    p= title\n' >app/views/index.jade
log=$(dcloud push 2>&1)
is "express 2 without node_version" $? 0
like "what gave it away is said" "$log" \
    'app\.js line 3 uses express\.createServer: using node 0\.8\.x; say node_version: to choose'
like "it answers, with templates of its time" "$(get old)" '<p>v0\.8\.[0-9]+</p>'

cat >app/app.js <<'END'
const fs = require('fs');

require('http').createServer((request, response) => response.end(
    process.version + ' ' + fs.readFileSync('made.txt', 'utf8'))).listen(8080);
END
echo '{"name": "now", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}}' \
    >app/package.json
printf '#!/bin/sh\npwd; ls node_modules; echo made >made.txt\n' >app/after
cat >>dotcloud.yml <<'END'
  prebuild: echo before in $PWD
  postbuild: ./after
END
log=$(dcloud push 2>&1)
is "one of today" $? 0
unlike "gets no old node" "$log" 'using node'
like "nor what was installed for that" "$log" \
    'node_modules is made anew: it was not for node v[1-9]'
like "prebuild is in the pushed tree" "$log" 'before in /tmp/code/app$'
like "postbuild is where the application will be" "$log" \
    '\] /home/dotcloud/(current|code/app)$'
like "with what npm has installed" "$log" '\] left-pad$'
like "what it writes stays" "$(get old)" '^v[1-9][0-9]+\..* made$'
