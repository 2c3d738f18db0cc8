#!/bin/bash
# tests/integration/32-python.sh -- python: Flask from PyPI behind nginx and
# uWSGI, requirements, configuration, maintenance; python-worker.
. "$(dirname "$0")/lib.sh"
plan 26
platform_up

example python flask
log=$(dcloud push 2>&1)
is "a push succeeds" $? 0
like "pip is seen working" "$log" '\[www\] Successfully installed .*[Ff]lask'
is "Flask answers" "$(get flask)" "Hello from flask on Flask"
like "in the virtualenv" "$(get flask /where)" '^/home/dotcloud/env '
is "files by the snippet" "$(get flask /static/site.css)" 'body { color: navy }'
ini=$(cat "$root"/boxes/"$bridge"-i*/home/mnt/.dcloud/uwsgi.ini)
like "uwsgi_processes is taken" "$ini" '^processes = 2$'
is "the application's 404 is its own" "$(status flask /nope)" 404

log=$(dcloud push 2>&1)
like "the second push keeps what is installed" "$log" 'requirements are unchanged'
sed -i 's/config:/requirements: [itsdangerous, six]\n  config:/' dotcloud.yml
log=$(dcloud push 2>&1)
is "requirements of the build file" $? 0
like "are installed" "$log" 'Successfully installed six'
echo no-such-thing-at-all-xyz >>requirements.txt
log=$(dcloud push 2>&1)
is "a requirement that is not there fails" $? 2
like "in pip's words" "$log" 'No matching distribution found for no-such-thing'
echo Flask >requirements.txt

touch maintenance
dcloud push >/dev/null 2>&1
is "a file 'maintenance' is 503" "$(status flask)" 503
rm maintenance
dcloud push >/dev/null 2>&1
is "and 200 without it" "$(status flask)" 200

sed -i 's/uwsgi_processes: 2/python_version: v4.2/' dotcloud.yml
log=$(dcloud push 2>&1)
is "a python that is not there fails" $? 2
like "and says what there is" "$log" \
    "there is no python 'v4.2' here; there are v2\.7 \(2\.7\.[0-9]+\) and v3\.[0-9]+ "
sed -i 's/python_version: v4.2/python_version: v3.2/' dotcloud.yml
log=$(dcloud push 2>&1)
is "an older Python 3 is the one there is" $? 0
like "in a line" "$log" 'There is no python v3.2 any more: taking v3\.[0-9]+$'
sed -i 's/python_version: v3.2/uwsgi_processes: many/' dotcloud.yml
like "a bad value is refused" "$(dcloud push 2>&1)" \
    "config: uwsgi_processes is a number from 1 to 128, not 'many'"
sed -i 's/uwsgi_processes: many/uwsgi_enable_threads: true/' dotcloud.yml
echo 'import nothing_of_that_name' >>wsgi.py
log=$(dcloud push 2>&1)
is "an application that cannot be imported fails" $? 2
like "with its traceback" "$log" "No module named 'nothing_of_that_name'"
is "the old one still answers" "$(status flask)" 200

cat >dotcloud.yml <<'END'
www:
  type: python
  approot: web
work:
  type: python-worker
END
mkdir -p web
cat >web/wsgi.py <<'END'
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"plain wsgi\n"]
END
rm wsgi.py nginx.conf
log=$(dcloud push 2>&1)
like "a worker without a process is told so" "$log" 'Nothing says what to run'
printf '[program:w]\ncommand=python -c "import sys,time,six; print(sys.prefix,flush=True); time.sleep(1e6)"\n' \
    >supervisord.conf
echo six >requirements.txt
log=$(dcloud push 2>&1)
is "web and worker" $? 0
is "the web answers" "$(get flask)" "plain wsgi"
like "the worker runs in the virtualenv" \
    "$(cat "$root"/boxes/"$bridge"-i*/log/w.log)" '^/home/dotcloud/(env|.dcloud)$'
