#!/bin/bash
# tests/integration/42-supervisor.sh -- supervisord.conf: what pid 1 does itself,
# what it leaves to the real supervisord, and supervisorctl with either.
. "$(dirname "$0")/lib.sh"
plan 56
platform_up

# ask COMMAND: what a shell in the instance prints.
ask() {
	curl -sf --max-time 30 -H "Host: asked-$user.localhost" \
	    --data-binary "$1" "http://$http/"
}
holds() { [ "$(ask "$1")" = "$2" ]; }
push() {
	said=$(dcloud push 2>&1 </dev/null)
	rc=$?
}
states() { ask 'supervisorctl status' | awk '{ print $1, $2 }' | sort |
    tr '\n' ' '; }

mkdir -p "$root/work/asked"
cd "$root/work/asked" || exit 1
dcloud -y create asked >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  process: ./asked.py
  ports: {www: http}
  environment: {COLOUR: "blue, \"light\"", PLAIN: grey}
END
cat >builder <<'END'
#!/bin/bash
mkdir -p ~/current
cp -a . ~/current
chmod +x ~/current/asked.py
END
cp "$top/tests/integration/asked.py" .

# --- the usual mistakes are mentioned -----------------------------------------------

printf '[program:x]\ncommand=sleep 1000\n' >supervisor.conf
push
is "a misnamed file" $rc 0
like "is mentioned in the push" "$said" \
    "'/home/dotcloud/current/supervisor.conf' is not read: name it supervisord.conf"
rm supervisor.conf

# --- programs ---------------------------------------------------------------------

cat >supervisord.conf <<'END'
; What people copy from somewhere.
[unix_http_server]
file=/tmp/supervisor.sock
[supervisord]
logfile=/tmp/supervisord.log
nodaemon=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///tmp/supervisor.sock

[program:many]
command=/bin/sh -c 'echo "$WHAT, number %(process_num)02d in $0"; exec sleep 1000' %(here)s
process_name=%(program_name)s-%(process_num)02d
numprocs=3
numprocs_start=1
environment=WHAT="it's %(ENV_COLOUR)s",OTHER='a,b'
redirect_stderr=true
user=dotcloud

[program:lazy]
command=sleep 1000
autostart=false
comand=typing mistake

[program:done]
command=/bin/sh -c 'echo ran >>~/done; exit 2'
autorestart=unexpected
exitcodes=0,2
startsecs=0

[program:noisy]
command=/bin/sh -c 'for i in 1 2 3 4; do head -c 900 /dev/zero | tr "\0" $i; echo; sleep 0.1; done; exec sleep 1000'
stdout_logfile=noisy.log
stdout_logfile_maxbytes=1KB
stdout_logfile_backups=2

[program:first]
command=/bin/bash -c 'trap "echo first >>~/order; exit" TERM; sleep 1000 & wait'
priority=1
[program:second]
command=/bin/bash -c 'trap "echo second >>~/order; exit" INT; sleep 1000 & wait'
priority=2
stopsignal=INT
killasgroup=true
[group:both]
programs=first,second

[program:stubborn]
command=/bin/bash -c 'trap "echo asked >>~/order" TERM; echo up; while :; do sleep 0.1; done'
stopwaitsecs=1
priority=3
END
push
is "programs" "$rc $(get asked)" "0 ready"
[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
like "a mistyped key is mentioned" "$said" "unknown key 'comand', ignoring"
unlike "sections without harm are not" "$said" 'not supported'
is "no supervisord for that" "$(ask 'pgrep -fc /usr/bin/supervisord')" 0
running() { [ "$(states)" = "$1" ]; }
wait_until 20 running "both:first RUNNING both:second RUNNING done EXITED lazy\
 STOPPED many:many-01 RUNNING many:many-02 RUNNING many:many-03 RUNNING noisy\
 RUNNING stubborn RUNNING www RUNNING "
is "status" $? 0
is "numprocs, environment, names" "$(ask 'cat /var/log/supervisor/many-02.log')" \
    "it's blue, \"light\", number 02 in /home/dotcloud/current"
is "an expected exit status" "$(ask 'cat ~/done')" ran
is "a log beside the program, rotated" \
    "$(ask 'cd ~/current; wc -c noisy.log* | awk "{ print \$1, \$2 }"')" \
    "901 noisy.log
901 noisy.log.1
901 noisy.log.2
2703 total"

is "start" "$(ask 'supervisorctl start lazy')" "lazy: started"
is "stop of a group" "$(ask 'supervisorctl stop both:* | sort')" \
    "both:first: stopped
both:second: stopped"
is "each by its signal" "$(ask 'sort ~/order')" "first
second"
is "restart" "$(ask 'supervisorctl restart lazy | tr "\n" " "')" \
    "lazy: stopped lazy: started "
is "stop, grace, SIGKILL" "$(ask 'supervisorctl stop stubborn; tail -n 1 ~/order;
    pgrep -fc "asked >>~/orde[r]"')" "stubborn: stopped
asked
0"
like "all by name: tail" "$(ask 'supervisorctl tail many:many-03')" \
    'number 03'
like "tail, of stderr" "$(ask 'echo err >>/var/log/supervisor/lazy_error.log
    supervisorctl tail lazy stderr')" '^err$'
like "tail -f, over a rotation" "$(ask 'cd /var/log/supervisor
    supervisorctl tail -f lazy >~/tailed & echo one >>lazy.log
    until grep -qs one ~/tailed; do sleep 0.05; done
    mv lazy.log lazy.log.1; echo two >>lazy.log
    until grep -q two ~/tailed; do sleep 0.05; done; kill %1; cat ~/tailed' |
    tr '\n' ' ')" '^one two '
is "signal" "$(ask 'supervisorctl signal USR1 lazy')" "lazy: signalled"
like "clear" "$(ask 'supervisorctl clear many:many-01
    wc -c </var/log/supervisor/many-01.log' | tr '\n' ' ')" 'cleared 0 $'
like "commands from standard input" \
    "$(ask 'printf "pid lazy\nquit\nstatus\n" | supervisorctl')" '^[0-9]+$'
like "help" "$(ask 'supervisorctl help')" 'restart NAME'
like "as people know it by heart" "$(ask \
    'supervisorctl -c supervisord.conf -s unix:///tmp/supervisor.sock status www')" \
    '^www +RUNNING'
is "reread and update: nothing new" "$(ask 'supervisorctl reread |
    grep -v ^NOTE; supervisorctl update | grep -v ^NOTE')" "No config updates to processes
No config updates to processes"
is "update" "$(ask 'cd ~/current; cp supervisord.conf old
    sed -i /priority=3/,\$d supervisord.conf
    printf "priority=3\n[program:late]\ncommand=sleep 1000\n" >>supervisord.conf
    supervisorctl update | grep -v ^NOTE')" "late: added process group"
like "update with a mistake" "$(ask 'cd ~/current; echo rubbish >>supervisord.conf
    supervisorctl update; supervisorctl status late; mv old supervisord.conf')" \
    "ERROR .*/supervisord.conf:[0-9]+: expected 'key = value'"
is "and back" "$(ask 'supervisorctl update | grep -v ^NOTE')" "late: removed process group"

is "orphans are pid 1's" "$(ask 'sh -c "sleep 0.5 & echo \$!" >~/orphan
    cut -d " " -f 4 /proc/$(cat ~/orphan)/stat')" 1
wait_until 10 holds 'test -e /proc/$(cat ~/orphan) || echo gone' gone
is "which reaps them" $? 0
pid=$(ask 'supervisorctl pid many:many-01')
ask "kill -9 $pid" >/dev/null
again() { now=$(ask 'supervisorctl pid many:many-01'); [ "${now:-0}" -gt 0 ] &&
	[ "$now" != "$pid" ]; }
wait_until 20 again
is "a crashed program is started again" $? 0

# --- reload, last of all: it ends who asks -----------------------------------------

ask 'rm -f ~/order; supervisorctl start both:*' >/dev/null
ask 'setsid -f supervisorctl reload >~/reloaded 2>&1' >/dev/null
reloaded() { holds 'grep -c started ~/reloaded' 9; }
wait_until 30 reloaded
is "reload begins all anew" $? 0

# --- the real supervisord -----------------------------------------------------------

cat >listener.py <<'END'
#!/usr/bin/python3
import os, sys
heard = open(os.path.expanduser("~/heard"), "a", buffering=1)
while True:
    print("READY", flush=True)
    header = dict(w.split(":") for w in sys.stdin.readline().split())
    body = sys.stdin.read(int(header["len"]))
    print(header["eventname"], body, file=heard)
    print("RESULT 2\nOK", end="", flush=True)
END
cat >supervisord.conf <<'END'
[inet_http_server]
port=127.0.0.1:9001

[eventlistener:hear]
command=python3 %(here)s/listener.py
events=PROCESS_STATE_RUNNING,PROCESS_STATE_EXITED

[program:many]
command=/bin/sh -c 'echo "$WHAT, number %(process_num)02d in $(pwd)"; exec sleep 1000'
process_name=%(program_name)s-%(process_num)02d
numprocs=2
environment=WHAT="it's %(ENV_PLAIN)s"
[program:term]
command=/bin/bash -c 'trap "echo stopped >>~/current/stopped; exit" TERM; sleep 1000 & wait'
directory=~/current
stdout_logfile=syslog
END
push
is "event listeners" "$rc $(get asked)" "0 ready"
[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
is "one supervisord, as dotcloud" \
    "$(ask 'ps -o user= -p $(pgrep -f /usr/bin/supervisord | head -n 1)')" \
    dotcloud
wait_until 30 running "dcloud RUNNING hear RUNNING many:many-00 RUNNING\
 many:many-01 RUNNING term RUNNING www RUNNING "
is "it runs all of them" $? 0
wait_until 20 holds 'grep -c "RUNNING processname:www" ~/heard' 1
is "the listener hears of every program" $? 0
is "logs where they are looked for" "$(ask 'cat /var/log/supervisor/many-01.log')" \
    "it's grey, number 01 in /home/dotcloud/current"
is "processes of dotcloud.yml log as ever" \
    "$(ask 'ls /var/log/supervisor | grep ^www | tr "\n" " "')" \
    "www.log www_error.log "
is "restart" "$(ask 'supervisorctl restart term | tr "\n" " "; cat stopped')" \
    "term: stopped term: started stopped"
like "tail" "$(ask 'supervisorctl tail many:many-00')" 'number 00'
like "its own http server" "$(ask 'curl -s http://127.0.0.1:9001/ |
    grep -o "Supervisor Status" | head -n 1')" 'Supervisor Status'
like "commands of its own" "$(ask 'supervisorctl avail')" 'many:many-00'
is "update" "$(ask 'cd ~/current
    printf "[program:late]\ncommand=sleep 1000\n" >>supervisord.conf
    supervisorctl update')" "No config updates to processes
late: added process group"
ask 'crontab - <<<"@hourly true"' >/dev/null
wait_until 10 holds 'pgrep -cx cron' 1
is "cron beside it" $? 0
old=$(ask 'pgrep -f "sleep 100[0]" | sort | tr "\n" " "')
ask 'kill -9 $(pgrep -of /usr/bin/supervisord)' >/dev/null
wait_until 30 running "dcloud RUNNING hear RUNNING late RUNNING many:many-00\
 RUNNING many:many-01 RUNNING term RUNNING www RUNNING "
is "killed, it comes back with everything" $? 0
unlike "and nothing of before is left" \
    " $(ask 'pgrep -f "sleep 100[0]" | tr "\n" " "')" " (${old// /|}none) "

ask 'rm ~/current/stopped; setsid -f supervisorctl shutdown' >/dev/null 2>&1
wait_until 30 holds 'cat ~/current/stopped' stopped
is "the end of the container: each is asked to stop" $? 0

# --- what is wrong is said ----------------------------------------------------------

wrong() { # NAME TEXT REGEX
	printf '%s\n' "$2" >supervisord.conf
	push
	is "$1: the push fails" $rc 2
	like "$1: and says why" "$said" "$3"
}
wrong "no command" '[program:x]' "program 'x' has no command"
wrong "a number that is none" $'[program:x]\ncommand=a\npriority=high' \
    "supervisord.conf:3: priority: 'high' is not a number"
wrong "a listener without events" \
    $'[eventlistener:x]\ncommand=cat' \
    "process 'supervisord' .* keeps crashing"
like "in supervisord's own words" "$said" 'requires an "events" line'
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
END
wrong "a program of the real one that crashes" \
    $'[program:x]\ncommand=/bin/false\n[eventlistener:y]\ncommand=cat\nevents=TICK_60' \
    "process 'x' .* keeps crashing"
is "the old version serves on" "$(get asked)" ready
