. "$(dirname "$0")/lib.sh"
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
gateway=10.$((100 + number)).0.1

echo "$root $bridge $tcp $udp $gateway" >/tmp/pt/env
sleep 250 & echo $! > /tmp/pt/sleeper
wait
