#!/bin/bash
# tests/integration/54-sticky.sh -- `sticky: true`: a client stays at its
# instance, and moves on with a new version without losing a request.
. "$(dirname "$0")/lib.sh"
plan 13
platform_up

# from JAR: which instance and version answers this client.
from() {
	curl -sf --max-time 20 -b "$root/work/$1" -c "$root/work/$1" \
	    -H "Host: shop-$user.localhost" "http://$http/"
}
# many JAR: ten answers, each different one once.
many() { for _ in 1 2 3 4 5 6 7 8 9 10; do from "$1"; done | sort -u; }
lines() { wc -l <<<"$1"; }
version() { # N: instance and version in each answer
	sed -i "s|body = .*|body = (os.environ['DOTCLOUD_SERVICE_ID'] +\
 ' version $1\\\\n').encode() #|; /^            os.environ/d" hello.py
}

hello_app shop one
version 1
ok "an application that is not sticky" dcloud push
ok "with two instances" dcloud scale www=2
is "no cookie comes" "$(curl -s -D - -o /dev/null \
    -H "Host: shop-$user.localhost" "http://$http/" |
	grep -ci '^set-cookie')" 0
is "both answer one client" "$(lines "$(many zero)")" 2

echo "  sticky: true" >>dotcloud.yml
version 2
ok "now it is" dcloud push
first=$(many one)
is "one instance answers one client" "$(lines "$first")" 1
like "of the new version" "$first" 'version 2'
for n in 1 2 3 4 5 6; do many "other$n"; done | sort -u >"$root/work/seen"
is "other clients come to the other one too" "$(wc -l <"$root/work/seen")" 2

# A client with a cookie, all the time: all answers are counted.
: >"$root/work/bad"
load() {
	trap 'exit 0' TERM
	while :; do
		from one >/dev/null || echo bad >>"$root/work/bad"
	done
}
load &
load=$!
for n in 3 4 5; do
	version $n
	dcloud push >/dev/null 2>&1 || note "push $n failed"
done
ok "a HAProxy that is asked to reload" sh -c \
    "echo reload | python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
s.shutdown(1)
s.recv(4096)' '$root/run/haproxy-master.sock'"
kill $load
wait $load
is "three pushes lost no request" "$(wc -l <"$root/work/bad")" 0
last=$(many one)
is "the client is at one instance again" "$(lines "$last")" 1
like "of the newest version" "$last" 'version 5'
sed -i '/sticky/d' dotcloud.yml
version 6
dcloud push >/dev/null 2>&1
both() { [ "$(lines "$(many one)")" = 2 ]; }
ok "and it is no more when that is taken away" wait_until 10 both
