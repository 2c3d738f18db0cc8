#!/bin/bash
# tests/integration/41-cron.sh -- `crontab FILE` in postinstall: jobs run in every
# instance, as processes do, and what they print is seen in the logs.
. "$(dirname "$0")/lib.sh"
plan 47
platform_up

# ask COMMAND: what a shell in the instance prints.
ask() {
	curl -sf --max-time 20 -H "Host: timed-$user.localhost" \
	    --data-binary "$1" "http://$http/"
}

mkdir -p "$root/work/timed"
cd "$root/work/timed" || exit 1
dcloud -y create timed >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  process: ~/asked.py
  ports: {www: http}
  environment:
    ODD: "two words, a 'quote', a $dollar, 100% and \"more\""
    LINES: "one\ntwo\n"
    ACCENT: "élan ☂"
END
cp "$top/tests/integration/asked.py" .
cat >crontab.txt <<'END'
# What the old manual shows, and more.
MAILTO=ops@example.com
SHELL=/bin/bash
OWN = "of the crontab"
FROM_PROFILE=overruled

@reboot env -0 >~/job.env; pwd >~/job.pwd; id >~/job.id; echo "${BASH_VERSION:+bash}" >~/job.shell; echo "job's word"; echo "job's complaint" >&2; date >>~/started
* * * * * echo minute >>~/minutes
0-59/7,3 1-23/2 1,15 jan-dec mon-fri echo never
@daily echo daily%to stdin
END
cat >builder <<'END'
#!/bin/bash
set -e
echo '@reboot touch ~/from-the-build' | crontab -
cp -a . ~
mkdir -p ~/env/bin
echo 'export PATH=~/env/bin:$PATH FROM_PROFILE=yes' >~/profile
chmod +x ~/asked.py
END
cat >postinstall <<'END'
#!/bin/bash
set -e
crontab -l >before 2>&1 || true
crontab crontab.txt
crontab -l >listed
supervisorctl update
supervisorctl restart all
pgrep -x cron >too-early || true
END
said=$(dcloud push 2>&1)
rc=$?
is "pushed" "$rc $(get timed)" "0 ready"
[ $rc -eq 0 ] || tail -n 20 <<<"$said" | sed 's/^/# /'
like "in postinstall nothing can be started" "$said" 'Nothing runs yet'
is "nor is cron there" "$(ask 'cat ~/too-early')" ""
is "crontab -l shows the file" "$(ask 'cat listed')" "$(cat crontab.txt)"
like "the build's crontab is not the instance's" "$(ask 'cat before')" \
    'no crontab for dotcloud'

# --- with the environment of processes ------------------------------------------

in_instance() { [ "$(ask "$1")" = "${2:-yes}" ]; }
wait_until 20 in_instance 'test -s ~/started && echo yes'
is "@reboot ran when the container began" $? 0
ask 'cat ~/job.env' | sort -z >"$root/work/job.env"
ask 'cat /proc/$PPID/environ' | sort -z >"$root/work/process.env"
value() { grep -zE "^$1=" "$root/work/job.env" | tr '\0' '$'; }
is "job: DOTCLOUD_" "$(value DOTCLOUD_PROJECT)" 'DOTCLOUD_PROJECT=timed$'
is "job: PORT_" "$(value PORT_WWW)" 'PORT_WWW=42800$'
is "job: quotes" "$(value ODD)" \
    "ODD=two words, a 'quote', a \$dollar, 100% and \"more\"\$"
is "job: newlines" "$(value LINES)" 'LINES=one
two
$'
is "job: other languages" "$(value ACCENT)" 'ACCENT=élan ☂$'
is "job: the crontab's own" "$(value OWN)" 'OWN=of the crontab$'
is "job: which overrules ~/profile" "$(value FROM_PROFILE)" \
    'FROM_PROFILE=overruled$'
like "job: the PATH of ~/profile" "$(value PATH)" \
    '^PATH=/home/dotcloud/env/bin:/home/dotcloud/.dcloud/bin:.*:/usr/bin'
is "job: the crontab's SHELL" "$(value SHELL) $(ask 'cat ~/job.shell')" \
    'SHELL=/bin/bash$ bash'
lacking=$(comm -z23 "$root/work/process.env" "$root/work/job.env" |
    tr '\0' '\n' | grep -vE '^(SUPERVISOR_|FROM_PROFILE=|container=|OLDPWD=|PWD=|SHLVL=|_=)')
is "job: all else that a process has" "$lacking" ""
cat >same.py <<'END'
import json, os, subprocess, yaml
files = [json.load(open("environment.json")),
    yaml.safe_load(open("environment.yml")), dict(v.split("=", 1) for v in
    subprocess.check_output(["bash", "-c", ". ~/dotcloud_profile; env -0"],
    env={"HOME": os.environ["HOME"]}).decode().split("\0")[:-1])]
print(*[all(f[k] == os.environ[k] for k in ("ODD", "LINES", "ACCENT"))
    for f in files])
END
is "and so have environment.json, .yml and dotcloud_profile" \
    "$(ask "cd; python3 -c '$(sed "s/'/\"/g" same.py)'")" "True True True"
is "and login shells" "$(ask 'env -i HOME=$HOME bash -lc "echo \$ACCENT"')" \
    "élan ☂"
is "job: in the home" "$(ask 'cat ~/job.pwd')" /home/dotcloud
like "job: as dotcloud" "$(ask 'cat ~/job.id')" '^uid=1000\(dotcloud\)'
is "nothing of the build's" "$(ask 'ls ~ | grep -c from-the-build')" 0

logs() { dcloud logs -N; }
like "what it prints is logged" "$(logs)" "^\[www\.0\] job's word$"
like "what it complains as well" "$(logs)" "^\[www\.0\] job's complaint$"
like "and what was run" "$(logs)" '^\[www\.0\] [0-9: -]+ cron: env -0 '
is "cron itself is root, and gains nothing" \
    "$(ask 'ps -o user= -C cron | sort -u; grep -h NoNewPrivs \
	/proc/$(pgrep -ox cron)/status | cut -f 2' | tr '\n' ' ')" "root 1 "
is "cron knows nothing of the application" \
    "$(ask 'ps eww -o args= -C cron | grep -c DOTCLOUD_')" 0

# --- crontab -------------------------------------------------------------------

is "a mistake has its line" \
    "$(ask 'printf "# one\n61 * * * * x\n" | crontab - 2>&1 | head -n 1')" \
    '-:2: bad minute'
is "and changes nothing" "$(ask 'crontab -l')" "$(cat crontab.txt)"
like "a file that is not there" "$(ask 'crontab nothing 2>&1')" \
    "cannot read 'nothing'"
is "-e edits what was given" "$(ask "EDITOR='sed -i s/daily/weekly/' crontab -e
    crontab -l" )" "$(sed 's/daily/weekly/' crontab.txt)"
like "-e that changes nothing" "$(ask "EDITOR=true crontab -e 2>&1")" \
    'No modification made'
is "from a shell, without line end" \
    "$(ask 'printf "@hourly x" | crontab -; crontab -l')" '@hourly x'
is "CR LF" "$(ask 'printf "@hourly y\r\n" | crontab -; crontab -l | od -c |
    grep -c "\\\\r"')" 0
wait_until 10 in_instance 'supervisorctl status dcloud-cron | grep -c RUNNING' 1
is "status shows it" $? 0
is "-r" "$(ask 'crontab -r; crontab -l 2>&1')" 'no crontab for dotcloud'
wait_until 10 in_instance 'pgrep -cx cron' 0
is "without a crontab there is no cron" $? 0
like "and nobody speaks of it" "$(ask 'supervisorctl status dcloud-cron')" \
    'no such process'
is "another one" "$(ask 'crontab ~/crontab.txt; crontab -l')" "$(cat crontab.txt)"
wait_until 10 in_instance 'pgrep -cx cron' 1
is "brings it back" $? 0
is "@reboot is not for that" "$(ask 'wc -l <~/started')" 1

# --- it stays ----------------------------------------------------------------------

box=$(basename "$(echo "$root"/boxes/*-i*)")
ok "pid 1 is killed" kill -9 "$(pid1_of "$box")"
wait_until 30 in_instance 'wc -l <~/started' 2
is "it is back, and @reboot has run again" $? 0
is "the crontab is the same" "$(ask 'crontab -l')" "$(cat crontab.txt)"
is "postinstall did not make it" "$(ask 'test -e before && cat before')" \
    "no crontab for dotcloud"

ok "scaled" dcloud scale www=2
other() { grep -qs "job's word" "$root"/boxes/*/log/cron.log &&
    [ "$(grep -ls "job's word" "$root"/boxes/*/log/cron.log | wc -l)" = 2 ]; }
wait_until 30 other
is "jobs run in every instance" $? 0

note "waiting for the next full minute"
minute() { cat "$root"/boxes/*/home/upper/minutes; }
wait_until 75 minute
is "a job of every minute" $? 0
