#!/bin/bash
# tests/integration/65-comes-back.sh -- an instance that has served and is begun
# anew, with a program beside it that keeps crashing by then; and its memory.
. "$(dirname "$0")/lib.sh"
plan 8
platform_up

example hello app
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  processes:
    web: ~/hello.py
    cron: '[ ! -e ~/broken ] && exec sleep 100000'
jobs:
  type: custom
  process: '[ ! -e ~/broken ] && exec sleep 100000'
  ports:
    none: udp
END
ok "it is pushed" dcloud push
box() {
	echo "$bridge-i$(db "SELECT i.id FROM instances i JOIN services s
	    ON s.id = i.service_id WHERE s.name = '$1' AND i.state <> 'gone'")"
}
# inside SERVICE COMMAND
inside() {
	lxc-attach -P "$root/boxes" -n "$(box "$1")" --clear-env -- \
	    /bin/bash -c "$2"
}
for service in www jobs; do
	inside $service 'touch /home/dotcloud/broken'
	kill -9 "$(lxc-info -P "$root/boxes" -n "$(box $service)" -pH)"
done
both() { [ "$(db "SELECT count(*) FROM events WHERE thing = 'instance'
    AND from_state = 'down' AND to_state = 'up'")" = 2 ]; }
ok "both services come back" wait_until 60 both
like "what crashes is begun again and again" \
    "$(inside www 'supervisorctl status cron')" 'BACKOFF|STARTING'
like "the other one answers" "$(get app)" '^Hello from app'
is "they were begun anew once" \
    "$(db "SELECT group_concat(attempts) FROM instances")" "2,2"

# --- a memory limit below what is used ------------------------------------------

limit() {
	cat /sys/fs/cgroup/{memory/,}lxc.payload."$(box www)"/memory.{limit_in_bytes,max} \
	    2>/dev/null
}
is "it has a limit" "$(limit)" $((512 << 20))
inside www 'exec setsid -f python3 -c "
import os, time
x = bytearray(100 << 20)
open(\"/home/dotcloud/has\", \"w\").close()
while not os.path.exists(\"/home/dotcloud/free\"):
    time.sleep(0.1)"' >/dev/null 2>&1 </dev/null
ok "something uses memory" wait_until 20 inside www 'test -e /home/dotcloud/has'
dcloud scale www:memory=64M >/dev/null
inside www 'touch /home/dotcloud/free'
lowered() { [ "$(limit)" = $((64 << 20)) ]; }
ok "a lower limit holds as soon as it can" wait_until 60 lowered
