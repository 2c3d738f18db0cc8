#!/bin/bash
# tests/integration/74-logs.sh -- logs that go on: over lost connections without a gap
# or a repeat, over deployments, of instances that are gone; and what Ctrl-C does.
. "$(dirname "$0")/lib.sh"
plan 26

json() { python3 -c 'import json, sys; print(eval(sys.argv[1], {
    "j": json.loads(sys.stdin.read())}))' "$1"; }

# The children of the front door that answer somebody: log streams here.
streams() { pgrep -P "$(pid_of uploader)"; }
has_stream() { [ -n "$(streams)" ]; }
drop_streams() { streams | xargs kill -9; }

# numbers FILE: those that the application counted, a gap or a repeat shown.
numbers() { sed -n 's/.*count \([0-9]*\)$/\1/p' "$1"; }
is_whole() { numbers "$1" | awk 'NR == 1 { n = $1 - 1 }
    $1 != ++n { print "after " n - 1 " comes " $1; bad = 1 } END { exit bad }'; }
has_number() { numbers "$1" | grep -qx "$2"; }
count_to() { for ((; said < $1; )); do said=$((said + 1))
    get app "/count-$said" >/dev/null; done; }

# type_ctrl_c FILE WORD...: dcloud on a terminal, its output in FILE; Ctrl-C as soon
# as there is FILE.key.
type_ctrl_c() { python3 "$work/typist.py" "$@"; }
cat_typist() { cat >"$work/typist.py" <<'END'
import os, pty, select, sys, time
out, words = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp("dcloud", ["dcloud"] + words)
pressed = False
with open(out, "wb") as f:
    while True:
        if not pressed and os.path.exists(out + ".key"):
            os.write(fd, b"\x03")
            pressed = True
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        f.write(data)
        f.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}

platform_up
hello_app app one
sed -i 's|print(self.address_string.*|self.path[1:6] == "count" and print(|
    /self.path.1:6/a\            "count", self.path.split("-")[1], flush=True)' hello.py
work=$root/work
said=0
cat_typist
ok "push" dcloud push

# --- a followed log ----------------------------------------------------------

dcloud logs >"$work/followed" 2>&1 &
follower=$!
ok "logs follows" wait_until 20 grep -q listening "$work/followed"
count_to 20
ok "what is printed comes" wait_until 20 has_number "$work/followed" 20
drop_streams
count_to 40
ok "a dropped connection is made again" wait_until 20 has_number "$work/followed" 40
ctl restart haproxy >/dev/null
count_to 60
ok "and after a restart of the router" wait_until 20 has_number "$work/followed" 60
ctl restart uploader >/dev/null
count_to 80
ok "and of the front door" wait_until 20 has_number "$work/followed" 80
say_hello two
ok "push again" dcloud push
count_to 100
ok "the new instance is followed" wait_until 20 has_number "$work/followed" 100
ok "without a gap or a repeat" is_whole "$work/followed"
is "the first lines came once" "$(grep -c 'listening' "$work/followed")" 2
kill -TERM $follower
wait $follower 2>/dev/null

# --- what is gone ------------------------------------------------------------

is_kept() { [ -n "$(ls "$root/logs")" ]; }
ok "the log of the old one is kept" wait_until 40 is_kept
dcloud logs -N >"$work/all"
like "and shown" "$(cat "$work/all")" '^\[www\.0\] == .*\.log \(ended [-0-9]{10} [:0-9]{8}\) ==$'
ok "with all of it" has_number "$work/all" 80
ok "before that of the new one" is_whole "$work/all"
is "-n counts per file" "$(dcloud logs -N -n 1 www | numbers /dev/stdin |
    sort -n | tr '\n' ' ')" "80 100 "
like "several at once" "$(dcloud logs -N www db)" 'count 100$'

# --- Ctrl-C and lost connections of a deployment -----------------------------

sed -i '/postinstall/d' dotcloud.yml
printf '  postinstall: "sleep 1.5; for i in $(seq 30); do echo count $i; sleep 0.1; done"\n' \
    >>dotcloud.yml
type_ctrl_c "$work/typed" push &
typist=$!
ok "a push on a terminal" wait_until 30 grep -q 'count 5' "$work/typed"
like "it says how far it is" "$(tr '\r' '\n' <"$work/typed")" \
    '^---> Installing: 0 of 1 instance up\.\.\.$'
like "and how much was uploaded" "$(tr '\r' '\n' <"$work/typed")" '[0-9]+% +[0-9.]+[kMG]?B/s'
touch "$work/typed.key"
wait $typist
is "Ctrl-C" $? 1
like "only closes the log, and says how to come back" \
    "$(tr -d '\r' <"$work/typed" | tail -n 5)" "^ +dcloud dlogs [0-9a-f]{12}\$"
dcloud dlogs latest >"$work/again" 2>&1 &
follower=$!
ok "dlogs comes back" wait_until 20 grep -q 'count 8' "$work/again"
drop_streams
ok "drops" wait_until 20 has_number "$work/again" 30
wait $follower
is "and ends with the deployment" $? 0
ok "nothing is missing or there twice" is_whole "$work/again"
like "to its end" "$(tail -n 1 "$work/again")" 'Application fully deployed$'
