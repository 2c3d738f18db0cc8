#!/bin/bash
# tests/integration/70-run.sh -- dcloud run and dcloud ssh: commands, shells and
# files, in instances; and who may not come in.
. "$(dirname "$0")/lib.sh"
plan 51
platform_up
here=$top/tests/integration
terminal() { python3 "$here/terminal.py" "$@"; }
# run ...: dcloud run without its "==> " line.
run() { dcloud run "$@" 2> >(grep -v '^==> ' >&2); }
port() { db "SELECT port FROM public_ports WHERE name = 'ssh' AND number = 0"; }

example hello app
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  environment:
    ODD: "two  words, \"quotes\" and $HOME"
END
cat >>builder <<'END'
{ cat /proc/net/tcp; ls /etc/dcloud; } >~/at_build
echo 'export OF_PROFILE=yes' >~/profile
END
say_hello v1
dcloud env set MORE='one
two' >/dev/null 2>&1
said=$(dcloud push 2>&1 </dev/null)
is "push" $? 0
[ $bad -eq 0 ] || tail -n 30 <<<"$said"

# --- commands -----------------------------------------------------------------

said=$(dcloud run www -- true 2>&1 >/dev/null)
is "it says what it does" "$said" \
    '==> Executing "true" on service (www) instance #0 (application app)'
run www -- sh -c 'exit 7'
is "exit status" $? 7
run www 'kill -9 $$'
is "exit status of one that a signal ends" $? 137
run www no-such-program 2>/dev/null
is "exit status of what is not there" $? 127
is "ssh is run" "$(dcloud ssh www.0 echo hi 2>/dev/null)" hi
odd=("a  b" "" "it's" '"$HOME"' '*' $'two\nlines' '\' '-n' '--' 'ä')
is "arguments arrive as they are" \
    "$(run www -- python3 -c 'import sys; print(sys.argv[1:])' "${odd[@]}")" \
    "$(python3 -c 'import sys; print(sys.argv[1:])' "${odd[@]}")"
is "options of the command are its own" "$(run www ls -d -1 / --)" /
is "one word is shell text" "$(run www 'cd /tmp && pwd | tr a-z A-Z')" /TMP
is "stdout and stderr are two" \
    "$(run www 'echo out; echo err >&2' 2>"$root/err"; cat "$root/err")" \
    $'out\nerr'
is "directory and user" "$(run www 'pwd; id -un')" $'/home/dotcloud\ndotcloud'
is "no terminal" "$(run www tty </dev/null)" "not a tty"
is "a script on stdin" "$(echo 'echo $((6 * 7))' | run www bash)" 42
is "a shell without a terminal" "$(echo 'echo $((6 * 7))' | run www)" 42

# The environment of the process, but for what each shell adds.
cat >"$root/compare.py" <<'END'
import glob, os
def env_of(pid):
    text = open("/proc/%s/environ" % pid, "rb").read()
    return dict(e.split(b"=", 1) for e in text.split(b"\0") if b"=" in e)
process = [env_of(p.split("/")[2]) for p in glob.glob("/proc/[0-9]*/cmdline")
           if b"dotcloud/run\0" in open(p, "rb").read()][0]
mine = {k: v for k, v in os.environb.items()}
shells = {b"SHLVL", b"_", b"PWD", b"OLDPWD", b"container"}
print({k: (v, mine.get(k)) for k, v in process.items()
       if mine.get(k) != v and k not in shells
       and not k.startswith(b"SUPERVISOR_")})
END
is "the environment of processes" \
    "$(run www python3 - <"$root/compare.py")" "{}"
ssh_to() { # PORT [OPTION...] HOST [COMMAND]: plain ssh, with the same key
	local at=$1
	shift
	ssh -F none -i "$DCLOUD_CONFIG_DIR/dcloud.key" -p "$at" \
	    -o UserKnownHostsFile="$DCLOUD_CONFIG_DIR/ssh_host_app" \
	    -o HostKeyAlias=ssh_host_app -o StrictHostKeyChecking=yes \
	    -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR \
	    -o IdentityAgent=none "$@"
}
at=$(port)
is "plain ssh has it too" \
    "$(ssh_to "$at" dotcloud@127.0.0.1 'echo "$MORE $ODD $PORT_SSH"')" \
    "$(printf 'one\ntwo two  words, "quotes" and %s 22' "\$HOME")"
like "the others' ssh ports" "$(run www env)" \
    "^DOTCLOUD_WWW_SSH_URL=ssh://dotcloud@$(address 1):$at\$"
like "info" "$(dcloud info www)" "^  ssh: ssh://dotcloud@127\.0\.0\.1:$at\$"

# --- pipes --------------------------------------------------------------------

head -c 300000000 /dev/urandom >"$root/big"
is "300 MB there and back" "$(run www cat <"$root/big" | sha256sum)" \
    "$(sha256sum <"$root/big")"
rm "$root/big"
ok "a reader that has seen enough" timeout 20 bash -c \
    "dcloud run www 'yes; touch ~/survived' 2>/dev/null | head -n 1"

# --- terminals ----------------------------------------------------------------

said=$(terminal 33x77 wait '$ ' say 'stty size\n' wait '33 77' \
    size 44x99 say 'until [ "$(stty size)" = "44 99" ]; do :; done; echo re""sized\n' \
    wait resized say 'sh -c "echo star""ted; exec cat"\n' wait started \
    say '\x03' wait '$ ' say 'exit $((130 - $? + 5))\n' -- dcloud run www)
is "a shell at a terminal" $? 5
like "it says so" "$said" \
    '^==> Opening a shell on service \(www\) instance #0 \(application app\)'
said=$(terminal 24x80 wait ready say '\x03' -- dcloud run www \
    'trap "echo inter""rupted; exit 9" INT; echo re""ady; while :; do sleep 0.1; done')
is "Ctrl-C at a terminal is the command's" $? 9
like "only it is interrupted" "$said" interrupted
gone() { run www '! pgrep -x sleep'; }
terminal 24x80 wait '$ ' say 'sleep 1000 &\necho bo""th; sleep 1001\n' \
    wait both kill \
    -- dcloud run www >/dev/null
ok "a terminal that is closed ends what runs in it" wait_until 30 gone

# It is ssh itself by then.
dcloud run www 'sleep 1000; echo never' >/dev/null 2>&1 &
wait_until 30 run www 'pgrep -x sleep'
{ kill -KILL $!; wait $!; } 2>/dev/null
ok "a client that is killed ends its command" wait_until 30 gone
run www 'nohup sleep 1000 >/dev/null 2>&1 & echo started' >/dev/null
is "nohup stays" "$(run www 'pgrep -cx sleep; pkill -x sleep')" 1

# --- files --------------------------------------------------------------------

echo "a file" >"$root/file"
options=(-F none -i "$DCLOUD_CONFIG_DIR/dcloud.key" -o BatchMode=yes
    -o StrictHostKeyChecking=yes -o HostKeyAlias=ssh_host_app
    -o UserKnownHostsFile="$DCLOUD_CONFIG_DIR/ssh_host_app")
scp -q "${options[@]}" -P "$at" "$root/file" dotcloud@127.0.0.1:by_scp
is "scp" "$(run www cat by_scp)" "a file"
echo "get by_scp $root/by_sftp" |
    sftp -q -b - "${options[@]}" -P "$at" dotcloud@127.0.0.1 >/dev/null
is "sftp" "$(cat "$root/by_sftp")" "a file"
mkdir "$root/tree"
echo 1 >"$root/tree/one"
rsync -a -e "ssh ${options[*]} -p $at" "$root/tree/" dotcloud@127.0.0.1:tree
is "rsync" "$(run www cat tree/one)" 1
socket=$root/forward
ssh_to "$at" -M -S "$socket" -fN -L 127.0.0.1:$((http_port + 2000)):127.0.0.1:42800 \
    dotcloud@127.0.0.1
is "-L" "$(curl -s 127.0.0.1:$((http_port + 2000)))" v1
ssh -F none -S "$socket" -O exit x 2>/dev/null
ok "not -R" not ssh_to "$at" -o ExitOnForwardFailure=yes \
    -R 4000:127.0.0.1:22 dotcloud@127.0.0.1 true

# --- what the application may not ----------------------------------------------

is "nothing of it at build" \
    "$(run www 'grep -c ":0016 " at_build; grep -c ssh at_build')" $'0\n0'
ok "its user cannot read the host key" not run www cat /etc/dcloud/ssh_host_key
ok "nor write the keys" not run www 'echo x >>/etc/dcloud/authorized_keys'
ok "nor put others there" not run www 'rm -f /etc/dcloud/authorized_keys'
ok "nor be root" not ssh_to "$at" root@127.0.0.1 true
ssh-keygen -q -t ed25519 -N '' -f "$root/stranger"
stranger() {
	ssh -F none -i "$root/stranger" -p "$1" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o BatchMode=yes -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    dotcloud@127.0.0.1 true
}
run www 'mkdir -m 700 .ssh; cat >.ssh/authorized_keys' <"$root/stranger.pub"
ok "its own authorized_keys lets nobody in" not stranger "$at"
run www 'tee .ssh/rc .ssh/environment >/dev/null' <<<'FOREIGN=1; touch ~/was_here'
is "nor are its ~/.ssh/rc and environment read" \
    "$(run www 'echo "$FOREIGN"; ls was_here 2>/dev/null')" ""
run www 'cat >.bash_profile' <<<'exit 3'
run www true
is "a profile that ends each shell ends its own" $? 3
echo "rm .bash_profile" | sftp -q -b - "${options[@]}" -P "$at" \
    dotcloud@127.0.0.1 >/dev/null
is "and sftp mends it" "$(run www echo back)" back

# --- who may come in -------------------------------------------------------------

dcloud-uploader -f "$conf" adduser other <<<secret-word >/dev/null
printf 'other\nsecret-word\n' | DCLOUD_CONFIG_DIR=$root/other dcloud setup >/dev/null
cp "$root/other/dcloud.key" "$root/stranger"
ok "another account's key does not open" not stranger "$at"
said=$(DCLOUD_CONFIG_DIR=$root/other dcloud -A app run www true 2>&1)
is "another account" "$?" 1
key=$(cut -d' ' -f2 "$DCLOUD_CONFIG_DIR/dcloud.key.pub")
db "DELETE FROM keys WHERE blob = '$key'"
ok "a key that was removed" wait_until 30 not run www true
dcloud check >/dev/null 2>&1
ok "and one that was added" wait_until 30 run www true

# --- several instances, other versions -------------------------------------------

dcloud scale www=2 >/dev/null 2>&1
said=$(dcloud run www true)
is "which of them?" "$?: $said" "1: Error: There are multiple instances of\
 service \"www\". Please specify the full instance name: www.0, www.1"
is "www.1" "$(run www.1 'echo $DOTCLOUD_SERVICE_ID')" 1
said=$(dcloud run www.7)
is "www.7" "$?: $said" \
    "1: Error: Not Found: Service (www) instance #7 does not exist"
dcloud run www.0 'touch of_v1; echo in; sleep 1000' >"$root/session" 2>/dev/null &
session=$!
wait_until 30 grep -q in "$root/session"
say_hello v2
dcloud push >/dev/null 2>&1
is "the new version is reached by the same port" \
    "$(run www.0 'ls of_v1 2>/dev/null'; port)" "$at"
ok "a session ends with its instance" not wait "$session"
db "UPDATE instances SET state = 'down', claimed_by = 'test',
    lease_until = $(date +%s)000 + 3600000 WHERE state = 'up' AND number = 1"
said=$(dcloud run www.1 true)
is "one that is down" "$?: $said" "1: Error: Service (www) instance #1 is not up\
 at the moment (down). The platform is bringing it back: try again soon."
