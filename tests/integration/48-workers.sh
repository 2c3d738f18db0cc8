#!/bin/bash
# tests/integration/48-workers.sh -- services that could answer http and do not,
# and ports by other names.
. "$(dirname "$0")/lib.sh"
plan 24
platform_up
mkdir -p "$root/work/bot"
cd "$root/work/bot" || exit 1
dcloud -y create bot >/dev/null 2>&1

# program TEXT: what the service runs from now on.
program() { printf '%s\n' "$1" >bot.js; }
app() {
	printf 'bot:\n  type: nodejs\n  process: node bot.js\n' >dotcloud.yml
	printf '  %s\n' "$@" >>dotcloud.yml
}
quiet="setInterval(() => console.log('at work'), 100);"
web() { echo "require('http').createServer((q, s) => s.end('$2\n')).listen($1);"; }

app 'requirements: [left-pad@1.3.0]'
program "require('left-pad'); $quiet"
log=$(dcloud push 2>&1)
is "a nodejs worker is deployed" $? 0
like "and said to be one" "$log" \
    '\[bot\.0\] Nothing listens on port 8080: taken for a worker'
like "with what requirements names" "$log" 'Running npm install left-pad@1.3.0'
like "it works" "$(dcloud logs -N)" 'at work'
program "console.log('second'); require('left-pad'); $quiet"
log=$(dcloud push 2>&1)
is "a second version" $? 0
like "installs nothing again" "$log" 'Nothing that npm installs has changed'
ok "and runs" wait_until 10 grep -q second "$root"/boxes/"$bridge"-i*/log/bot.log
# Longer than what counts as started, shorter than what counts as quiet.
printf 'bot:\n  type: nodejs\n  process: sleep 1.2; exit 7\n' >dotcloud.yml
log=$(dcloud push 2>&1)
is "one that dies again and again is no worker" $? 2
like "and the push says how it dies" "$log" \
    "process 'bot' .*exit status 7.* keeps crashing"
app
program "$(web 8080 web)"
dcloud push >/dev/null 2>&1
is "it becomes a web service" "$(get bot)" "web"

app 'healthcheck: {deadline: 2}'
program "$(web 3000 wrong)"
log=$(dcloud push 2>&1)
is "one on another port fails" $? 2
like "and the push says where it listens" "$log" \
    'did not become responsive on port 8080 .*; it listens on: port 3000'
program "$(web "8080, '127.0.0.1'" hidden)"
log=$(dcloud push 2>&1)
is "so does one that only the container reaches" $? 2
like "which is said too" "$log" 'it listens on: localhost:8080'
is "the good one still answers" "$(get bot)" "web"

app 'ports: {www: http, feed: tcp}'
program "$(web process.env.PORT_WWW named)"
ok "a name for the http port" dcloud push
is "is the port that is routed" "$(get bot)" "named"

mkdir -p "$root/work/feed"
cd "$root/work/feed" || exit 1
dcloud -y create feed >/dev/null 2>&1
app 'ports: {feed: tcp}'
program "require('net').createServer((s) => s.end('feed\n')).listen(process.env.PORT_FEED);"
ok "a nodejs service that speaks tcp only" dcloud push
port=$(db "SELECT max(port) FROM public_ports WHERE name = 'feed'")
is "answers on its public port" \
    "$(timeout 10 cat <"/dev/tcp/127.0.0.1/$port")" "feed"

mkdir -p "$root/work/panel"
cd "$root/work/panel" || exit 1
dcloud -y create panel >/dev/null 2>&1
cat >dotcloud.yml <<'END'
panel:
  type: python-worker
  process: python -m http.server $PORT_WWW
  ports: {www: http}
END
echo "a worker's panel" >index.html
ok "a worker that asks for an http port" dcloud push
is "is routed" "$(get panel)" "a worker's panel"
like "and its URL is shown" "$(dcloud url panel)" '^http://panel-'

mkdir -p "$root/work/chat"
cd "$root/work/chat" || exit 1
dcloud -y create chat >/dev/null 2>&1
printf 'chat:\n  type: custom\n  process: tail -f /dev/null\n' >dotcloud.yml
log=$(dcloud push 2>&1)
is "a custom service that never listens, without ports:" $? 0
like "is a worker too" "$log" \
    '\[chat\.0\] Nothing listens on port 42800: taken for a worker'
