#!/bin/bash
# tests/integration/68-graceful.sh -- how an old instance ends: its requests have
# drain_seconds, its processes their stopwaitsecs after SIGTERM, then SIGKILL.
. "$(dirname "$0")/lib.sh"
plan 14
here=$(dirname "$(readlink -f "$0")")

eval "plain_$(declare -f write_conf)"
write_conf() {
	plain_write_conf
	echo 'drain_seconds = 0' >>"$conf"
}
write_conf
said=$(dcloud-deployer -f "$conf" -n 2>&1)
like "drain_seconds has a range" "$said" \
    "'drain_seconds' must be a number from 1 to 3600, not '0'"
eval "$(declare -f write_conf | sed 's/seconds = 0/seconds = 2/')"
platform_up

draining() { [ -n "$(db "SELECT 1 FROM instances WHERE state = 'draining'")" ]; }
# stream: a request that lasts as long as its instance.
stream() {
	curl -sN --max-time 90 -o "$root/work/stream" \
	    -H "Host: slow-$user.localhost" "http://$http/stream" &
	stream=$!
	wait_until 20 grep -q tick "$root/work/stream"
}
# version SECONDS GRACE: an application that ends so long after SIGTERM (-1:
# never), and its stopwaitsecs.
version() {
	sed -i "s/^LASTS = .*/LASTS = $1/" slow_end.py
	sed -i "s/^stopwaitsecs.*/stopwaitsecs = $2/" supervisord.conf
}

mkdir -p "$root/work/slow"
cd "$root/work/slow" || exit 1
cp "$here/slow_end.py" .
printf '#!/bin/sh\ncp -a . ~\nmkdir -p ~/current\ncp supervisord.conf ~/current\n' \
    >builder
chmod +x builder
printf '[program:www]\ncommand = /home/dotcloud/slow_end.py\nstopwaitsecs = 1\n' \
    >supervisord.conf
printf 'www:\n  type: custom\n  buildscript: builder\n  ports: {www: http}\n' \
    >dotcloud.yml
dcloud -y create slow >/dev/null 2>&1

version 11 20
ok "an application that takes 11 s to end" dcloud push
stream
is "a request that does not end" $? 0
version -1 1
ok "its successor, which does not end at all" dcloud push
ok "the old instance drains" draining
wait $stream
is "its last answer ends well" $? 0
like "it was told to end, after the limit" "$(cat "$root/work/stream")" '^term$'
is "and had the time that it asked for" \
    "$(tail -n 1 "$root/work/stream")" goodbye
ok "then it is gone" wait_until 30 not draining

stream
is "another request that does not end" $? 0
ok "a third version" dcloud push
wait $stream
like "the second was told to end" "$(cat "$root/work/stream")" '^term$'
unlike "and was killed" "$(cat "$root/work/stream")" '^goodbye$'
ok "then it is gone too" wait_until 30 not draining
