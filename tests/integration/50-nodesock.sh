#!/bin/bash
# tests/integration/50-nodesock.sh -- applications written for nodesockd: unix
# sockets, several workers, messages between process and supervisor; and what an
# application cannot do with a socket that is its own.
. "$(dirname "$0")/lib.sh"
plan 47
platform_up
here=$(dirname "$(readlink -f "$0")")
. "$here/data.sh"

# version N: of nodesock_app.js.
version() { sed "s/^const VERSION = .*/const VERSION = '$1';/" \
	"$here/nodesock_app.js" >server.js; }
# sup COMMAND...: of the instance www.0 of the application in use.
sup() { "$programs/libexec/dcinit" ctl -s "$(box "$app" www.0)/run/supervisor.sock" \
	"$@"; }
# workers: which of them answer, in 30 requests at most.
workers() {
	local i
	for i in {1..30}; do
		get "$app" /who
	done | sort -u | tr '\n' ' '
}
# as USER SOCKET: connects to it; what came of that.
as() {
	setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" \
	    --clear-groups /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(sys.argv[1])
    print("connected")
except OSError as e:
    print(e.strerror)' "$2"
}
# begun: how many workers have been started.
begun() { cat "$(box "$app" www.0)"/log/www_*.log | grep -c 'begins$'; }
sockets() { echo "$root/run/listen/$(basename "$(box "$1" www.0)")"; }

# --- the example of nodesockd's README, with Express -------------------------

app=sock
example nodesock sock
push
like "its start script is run without npm" "$said" \
    'Processes: the start script of package.json'
is "the example is pushed" $rc 0
is "two workers answer" "$(get sock >/dev/null; for i in {1..20}; do
	get sock; done | sort -u | tr '\n' ' ')" \
    "Hello from worker 0. Hello from worker 1. "
like "each has said so" "$(cat "$(box sock www.0)/log/supervisord.log")" \
    'online: node:node_1$'
pid=$(lxc-info -P "$root/boxes" -n "$(basename "$(box sock www.0)")" -p -H)
is "it listens on no port but ssh's" "$(nsenter -t "$pid" -n ss -Htln |
    awk '{print $4}')" "0.0.0.0:22"

sed -i 's/workers: 2/workers: 3/' dotcloud.yml
sed -i 's/listen: unix/& \n  process: node server.js/' dotcloud.yml
version 1
push
is "three workers of another program" $rc 0
is "all of them are asked" "$(workers)" "0 1 2 "
is "each is online" "$(sup status | grep -c RUNNING)" 3
like "each has a socket of its own" "$(get sock /env)" \
    '^/var/dotcloud/listen/[012]\.sock now$'

# --- under load --------------------------------------------------------------

allow 1
python3 "$here/load.py" "$http" "sock-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!
for v in 2 3; do
	version $v
	allow $((v - 1)) $v
	push
	allow $v
	is "version $v is pushed under load" $rc 0
done
before=$(sup pid 'www:*')
said=$(sup restart 'www:*')
is "its workers are restarted one after the other" "$(tr '\n' ' ' <<<"$said")" \
    "www:www_0: stopped www:www_0: started www:www_1: stopped \
www:www_1: started www:www_2: stopped www:www_2: started "
is "all of them" "$(sort <<<"$before
$(sup pid 'www:*')" | uniq -d)" ""
kill "$load"
wait "$load"
log=$(cat "$root/work/load.log")
note "$(head -n 1 <<<"$log")"
like "no request was lost" "$log" '^requests [0-9]{3,}, bad 0,'
like "each ended when it was asked to" \
    "$(cat "$(box sock www.0)"/log/www_*.log)" '^worker [0-9] shuts down$'

# --- a worker that dies ------------------------------------------------------

kill -9 "$(sup pid www:www_1)"
is "the others answer for it" "$(for i in {1..20}; do status sock /who; echo; done |
	sort -u)" 200
ok "it comes back, by itself" wait_until 20 \
    test "$(sup status www:www_1 | grep -c RUNNING)" = 1
ok "and gets requests" wait_until 20 eval '[ "$(workers)" = "0 1 2 " ]'
begun=$(begun)
is "one can ask for it" "$(get sock /again)" again
ok "and is restarted" wait_until 20 eval '[ "$(begun)" -gt "$begun" ]'

# --- suspended ---------------------------------------------------------------

is "suspend restarts them, too" "$(sup suspend 'www:*' | grep -c started)" 3
curl -s --max-time 30 -H "Host: sock-$user.localhost" "http://$http/who" \
    >"$root/work/held" &
held=$!
ok "a request has arrived" wait_until 20 \
    eval 'cat "$(box sock www.0)"/log/www_*.log | grep -q "holds a request"'
is "and waits" "$(cat "$root/work/held")" ""
is "resume says so" "$(sup resume 'www:*' | grep -c resumed)" 3
wait "$held"
like "the request is answered then" "$(cat "$root/work/held")" '^[012]$'
like "others, as before" "$(get sock /env)" ' true$'
sup restart 'www:*' >/dev/null
like "restarted, they are not suspended any more" "$(get sock /env)" ' now$'

# --- one that does not come up -----------------------------------------------

cat >dotcloud.yml <<'END'
www:
  type: nodejs
  process: node silent.js
  listen: unix
  workers: 2
  healthcheck: {deadline: 3}
END
echo 'require("http").createServer(() => {}).listen(0);' >silent.js
push
is "a process that ignores its socket fails its deployment" $rc 2
like "which says how" "$said" "process 'www:www_0' did not come online within 3 s: it has\
 neither sent \"online\" nor accepted connections on the socket in .LISTEN_ON"
like "and nothing is switched" "$(get sock /who)" '^[012]$'

# --- without Node.js ---------------------------------------------------------

app=plain
mkdir -p "$root/work/plain" && cd "$root/work/plain" || exit 1
dcloud -y create plain >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
  process: python3 ~/code/serve.py
  buildscript: build
  listen: unix
  listen_var: SERVE_AT
END
printf '#!/bin/bash\nmkdir -p ~/code\ncp serve.py ~/code\n' >build
chmod +x build
cat >serve.py <<'END'
import os, socketserver, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"plain\n")
    def address_string(self):
        return "router"
socketserver.ThreadingUnixStreamServer(os.environ["SERVE_AT"],
    Handler).serve_forever()
END
push
is "a program that knows nothing of messages" $rc 0
is "answers on its socket" "$(get plain)" plain
kill -9 "$(sup pid www)"
ok "what a killed one has left is in nobody's way" wait_until 20 \
    test "$(get plain)" = plain

# --- an application that is after the host's sockets --------------------------

app=evil
mkdir -p "$root/work/evil" && cd "$root/work/evil" || exit 1
dcloud -y create evil >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: nodejs
  process: node server.js
  listen: unix
END
cat >server.js <<'END'
const fs = require('fs');
const http = require('http');

http.createServer((req, res) => {
	const to = decodeURIComponent(req.url.slice(1));

	res.end('done\n');
	if (!to.startsWith('/'))
		return;
	fs.renameSync(process.env.LISTEN_ON, process.env.LISTEN_ON + '.own');
	fs.symlinkSync(to, process.env.LISTEN_ON);
}).listen(process.env.LISTEN_ON, () => process.send('online'));
END
push
is "it is pushed" $rc 0
victim=$root/run/uploader.sock
is "the router can reach its socket" "$(as dcloud "$(sockets evil)/0.sock")" \
    connected
ln -s "$victim" "$root/work/link"
chmod 711 "$root/work"
is "and the front door's, through a link of the host's" \
    "$(as dcloud "$root/work/link")" connected
said=$(get evil "/${victim//\//%2F}")
is "it puts a link in its socket's place" "$said" 'done'
is "there it is" "$(readlink "$(box evil www.0)/run/listen/0.sock")" "$victim"
is "the router does not follow it" "$(as dcloud "$(sockets evil)/0.sock")" \
    "Too many levels of symbolic links"
is "who asks gets no answer of the front door's" "$(status evil /v1/me)" 503
is "the router can connect to another application's" \
    "$(as dcloud "$(sockets plain)/0.sock")" connected
is "and no other user of the host" "$(as nobody "$(sockets plain)/0.sock")" \
    "Permission denied"
said=$(dcloud -y destroy 2>&1)
ok "its mount goes with it" wait_until 30 \
    eval '[ "$(grep -cF "$root/run/listen/" /proc/mounts)" = 2 ] &&
	[ "$(ls "$root/run/listen" | wc -l)" = 2 ]'

# --- build files -------------------------------------------------------------

wrong() {
	printf 'www:\n  type: nodejs\n  process: node x\n%b' "$1" >dotcloud.yml
	dcloud validate 2>&1
}
like "several workers need sockets" "$(wrong '  workers: 2\n')" \
    'several workers cannot share a port: add "listen: unix"'
like "a variable too" "$(wrong '  listen_var: X\n')" \
    '"listen_var" names a unix socket: add "listen: unix"'
like "tcp or unix" "$(wrong '  listen: udp\n')" '"listen" is tcp or unix'
like "64 at most" "$(wrong '  listen: unix\n  workers: 65\n')" \
    '"workers" is a number from 1 to 64'
