#!/bin/bash
# tests/integration/40-ports.sh -- tcp and udp ports of applications, on the
# ports of this machine that they are given.
. "$(dirname "$0")/lib.sh"
plan 55
platform_up
here=$top/tests/integration
talk() { python3 "$here/talk.py" "$@"; }

# new APP: an application of echo.py in $root/work/APP.
new() {
	mkdir -p "$root/work/$1"
	cd "$root/work/$1" || exit 1
	dcloud -y create "$1" >/dev/null 2>&1
	cp "$here/echo.py" .
	chmod +x echo.py
	cat >build <<'END'
#!/bin/bash
cp -a echo.py version ~
END
	chmod +x build
	cat >dotcloud.yml
}
push() { # VERSION
	echo "$1" >version
	said=$(dcloud push 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
}
# port APP NAME [NUMBER]: as the store has it.
port() {
	db "SELECT x.port FROM public_ports x
	    JOIN services s ON s.id = x.service_id
	    JOIN applications a ON a.id = s.application_id
	    WHERE a.name = '$1' AND x.name = '$2' AND x.number = ${3:--1}"
}
ports() { db "SELECT port, name, kind, number FROM public_ports ORDER BY port"; }
both() { # HOST PORT: which instances answer nine connections
	for _ in {1..9}; do talk tcp "$1" "$2" hi; done | sort -u | tr '\n' ' '
}

# --- two instances, tcp and udp ----------------------------------------------

new echo <<'END'
talk:
  type: custom
  buildscript: build
  process: ~/echo.py
  instances: 2
  ports:
    echo: tcp
    datagram: udp
END
push v1
is "a service with tcp and udp ports" $rc 0
tcp=$(port echo echo) udp=$(port echo datagram)
is "the service's port, both instances" "$(both 127.0.0.1 "$tcp")" \
    "v1.0 hi v1.1 hi "
is "instance 0's" "$(both 127.0.0.1 "$(port echo echo 0)")" "v1.0 hi "
is "instance 1's" "$(both 127.0.0.1 "$(port echo echo 1)")" "v1.1 hi "
like "udp" "$(talk udp 127.0.0.1 "$udp" hi)" '^v1\.[01] hi$'
is "udp takes turns" "$(for _ in 1 2 3 4; do talk udp 127.0.0.1 "$udp" hi
    done | sort -u | tr '\n' ' ')" "v1.0 hi v1.1 hi "
is "udp, instance 1's" \
    "$(talk udp 127.0.0.1 "$(port echo datagram 1)" hi)" "v1.1 hi"
gateway=$(address 1)
is "tcp at the bridge's address" "$(both $gateway "$tcp")" "v1.0 hi v1.1 hi "
like "udp at the bridge's address" "$(talk udp $gateway "$udp" hi)" '^v1\.'
like "the kernel keeps its hands off" \
    "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports)" '[0-9]-[0-9]'

like "info of the application" "$(dcloud info)" \
    "^  talk\.echo: tcp://127\.0\.0\.1:$tcp\$"
info=$(dcloud info talk)
like "info: the service" "$info" "^  echo: tcp://127.0.0.1:$tcp\$"
like "info: instance 1" "$info" \
    "^  echo: tcp://127.0.0.1:$(port echo echo 1)\$"
like "info: udp" "$info" "^  datagram: udp://127.0.0.1:$udp\$"
is "info --json" "$(dcloud info --json talk | python3 -c 'import json, sys
s = json.load(sys.stdin)
print([p["url"] for p in s["ports"] if p["name"] == "echo"],
    len(s["instances"][1]["ports"]))')" "['tcp://127.0.0.1:$tcp'] 3"

ask() { talk udp 127.0.0.1 "$udp" "sh $1"; } # a shell in some instance
env=$(ask env)
like "PORT_ECHO is the local one" "$env" '^PORT_ECHO=42800$'
like "HOST is one that containers reach" "$env" \
    "^DOTCLOUD_TALK_ECHO_HOST=$gateway\$"
like "PORT" "$env" "^DOTCLOUD_TALK_ECHO_PORT=$tcp\$"
like "URL" "$env" "^DOTCLOUD_TALK_ECHO_URL=tcp://$gateway:$tcp\$"
like "_0" "$env" "^DOTCLOUD_TALK_ECHO_PORT_0=$(port echo echo 0)\$"
like "_1, of udp" "$env" \
    "^DOTCLOUD_TALK_DATAGRAM_URL_1=udp://$gateway:$(port echo datagram 1)\$"
is "text in the json file" "$(ask 'cat ~/environment.json' |
    grep -c "\"DOTCLOUD_TALK_ECHO_PORT\": \"$tcp\"")" 1

# --- pushes -------------------------------------------------------------------

before=$(ports)
run=$root/run-loop
touch "$run" "$run-hold"
talk loop 127.0.0.1 "$tcp" "$run" >"$root/loop" 2>&1 &
loop=$!
talk hold 127.0.0.1 "$tcp" "$run-hold" >"$root/hold" 2>&1 &
hold=$!
talk flow 127.0.0.1 "$udp" "$run" v2 >"$root/flow" 2>&1 &
flow=$!
push v2
is "a push under load" $rc 0
is "tcp leads to the new version" "$(both 127.0.0.1 "$tcp")" \
    "v2.0 hi v2.1 hi "
is "udp leads to the new version" \
    "$(talk udp 127.0.0.1 "$(port echo datagram 1)" hi)" "v2.1 hi"
ok "an old udp flow finds it" wait "$flow"
is "the ports are the same" "$(ports)" "$before"
ok "an established connection lives on" kill -0 "$hold"
rm "$run" "$run-hold"
wait "$loop" "$hold"
like "with the instance it had" "$(cat "$root/hold")" \
    "^answers True \['v1\.[01] x'\] held\$"
like "no new connection was refused" "$(cat "$root/loop")" \
    '^good [1-9][0-9]+ bad 0$'

# Held too long: the drain limit ends it.
touch "$run"
talk hold 127.0.0.1 "$tcp" "$run" >"$root/hold" 2>&1 &
hold=$!
push v3
ok "a connection that never ends is ended" wait_until 50 not kill -0 "$hold"
like "by the drain limit" "$(cat "$root/hold")" ' ended$'
rm "$run"
is_free() { [ -z "$(port "$@")" ]; }
draining() { [ -n "$(db "SELECT 1 FROM instances WHERE state = 'draining'")" ]; }
ok "the old instances go" wait_until 30 not draining

# --- another application ------------------------------------------------------

new other <<'END'
lone:
  type: custom
  buildscript: build
  process: ~/echo.py
  ports:
    DataGram: udp
END
push o1
is "a service with a udp port only" $rc 0
lone=$(port other DataGram)
is "answers" "$(talk udp 127.0.0.1 "$lone" hi)" "o1.0 hi"
is "has ports of its own" "$(ports | cut -d'|' -f1 | uniq -d)" ""
ask() { talk udp 127.0.0.1 "$lone" "sh $1"; }
cat >"$root/client" <<'END'
import socket, sys
kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp"
                  else socket.SOCK_DGRAM)
s.settimeout(2)
try:
    s.connect((host, port))
    s.send(b"hi")
    print(s.recv(100).decode())
except OSError as e:
    print("no")
END
client=$(base64 -w0 "$root/client")
reach() { # KIND HOST PORT: what a program of the other application gets
	ask "echo $client | base64 -d >/tmp/c; python3 /tmp/c $1 $2 $3"
}
instance_address() { # APP NUMBER
	ip=$(db "SELECT x.number FROM addresses x
	    JOIN instances i ON i.id = x.instance_id
	    JOIN services s ON s.id = i.service_id
	    JOIN applications a ON a.id = s.application_id
	    WHERE a.name = '$1' AND i.state = 'up' AND i.number = $2")
	address "$ip"
}
like "it reaches a public tcp port" "$(reach tcp $gateway "$tcp")" '^v3\.[01] hi$'
# With br_netfilter (Docker loads it) the kernel takes a packet that leaves by
# the bridge it came from for a frame between two containers: see netports.c.
if grep -qs 1 /proc/sys/net/bridge/bridge-nf-call-iptables; then
	note "br_netfilter is on: no udp from container to container here"
	is "and no public udp port" "$(reach udp $gateway "$udp")" no
else
	like "and a public udp port" "$(reach udp $gateway "$udp")" \
	    '^v3\.[01] hi$'
fi
is "an instance itself: tcp, never" \
    "$(reach tcp "$(instance_address echo 0)" 42800)" no
is "udp neither" "$(reach udp "$(instance_address echo 0)" 42801)" no
is "nor a port of the range that is nobody's" \
    "$(python3 -m http.server --bind 0.0.0.0 $((40029 + number * 30)) \
	>/dev/null 2>&1 & p=$!
	wait_until 10 curl -so /dev/null "127.0.0.1:$((40029 + number * 30))"
	reach tcp $gateway $((40029 + number * 30)); kill $p)" no

# A container that has made itself a way to the host's loopback address.
pid=$(lxc-info -P "$root/boxes" -n "$bridge-i$(db "SELECT i.id FROM instances i
    JOIN services s ON s.id = i.service_id WHERE s.name = 'lone'
    AND i.state = 'up'")" -p -H)
inside() { nsenter -t "$pid" -n "$@"; }
is "the host's loopback: never" "$(inside sh -c "
    echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
    ip addr del 127.0.0.1/8 dev lo
    ip route add 127.0.0.1 via $gateway
    curl -s -m 2 -o /dev/null -w '%{http_code}' http://$http/v1")" 000

# --- a restart ----------------------------------------------------------------

# HAProxy starts before there is a bridge to be on.
before=$(ports)
platform down >/dev/null 2>&1
ok "the platform starts again" platform up
ok "the tcp port answers" wait_until 30 talk tcp 127.0.0.1 "$tcp" hi
ok "at the bridge's address too" wait_until 30 talk tcp $gateway "$tcp" hi
ok "and the udp port" talk udp 127.0.0.1 "$lone" hi
is "they are the same" "$(ports)" "$before"

# --- fewer, other, none -------------------------------------------------------

cd "$root/work/echo" || exit 1
dcloud scale talk:instances=1 >/dev/null 2>&1
ok "scaled down, instance 1's port is free" wait_until 60 \
    is_free echo echo 1
is "the others stay" "$(port echo echo) $(port echo datagram)" "$tcp $udp"
sed -i '/echo: tcp/d' dotcloud.yml
push v4
is "a port less" $rc 0
ok "is free" wait_until 60 is_free echo echo
ok "and closed" wait_until 10 not talk tcp 127.0.0.1 "$tcp" hi
is "udp stays" "$(talk udp 127.0.0.1 "$udp" hi)" "v4.0 hi"
wait_until 60 not draining
is "the machine is as the store says" "$(python3 "$here/machine.py" "$root" \
    "$bridge")" ""
dcloud -y destroy >/dev/null 2>&1
cd "$root/work/other" || exit 1
dcloud -y destroy >/dev/null 2>&1
no_ports() { [ -z "$(ports)" ]; }
ok "destroy frees them all" wait_until 60 no_ports
