#!/bin/bash
# tests/integration/56-rollback.sh -- `rollback:`: a version that answers with 5xx
# or whose process keeps ending is taken back by the platform, once.
. "$(dirname "$0")/lib.sh"
plan 33
reserve=600
platform_up

# version N: one that answers so; it fails when it is asked to, and its health
# check never does.
version() {
	cat >hello.py <<END
#!/usr/bin/python3
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            os._exit(3)
        self.send_response(500 if self.path == "/fail" else 200)
        self.end_headers()
        self.wfile.write(b"version $1\n")

    def log_message(self, fmt, *args):
        pass


ThreadingHTTPServer(("", int(os.environ["PORT_WWW"])), Handler).serve_forever()
END
}
yml() {
	cat >dotcloud.yml <<END
www:
  type: custom
  buildscript: builder
  process: ~/hello.py
  ports: {www: http}
  rollback: $1
END
}
deployments() { db "SELECT count(*) FROM deployments"; }
# fails N: so many requests that it answers with 500.
fails() {
	local i
	for ((i = 0; i < $1; i++)); do status hello /fail; echo; done |
	    sort | uniq -c
}
given_up() {
	[ -n "$(db "SELECT 1 FROM deployments WHERE state = 'done'
	    AND error IS NOT NULL AND revision_id = (SELECT max(id)
	    FROM revisions)")" ]
}
# failing URL: it is asked there until it is given up; other answers than 200
# and 500 are counted.
failing() {
	until given_up; do
		status hello "$1"
		echo
		status hello /
		echo
	done >"$root/work/answers"
}
at_last() {
	[ "$(db "SELECT state FROM deployments ORDER BY id DESC LIMIT 1")" = "done" ]
}
job() { pgrep -f "^deployer -f $conf -j rollback "; }

example hello hello
version 1
yml true
ok "the first version" dcloud push
ok "fails" failing /fail
is "there is none to go back to" "$(deployments)" 1
like "which the list of deployments says" "$(dcloud dlist)" \
    'not rolled back, there is no version before it: www\.0 answered [0-9]+ of [0-9]+ requests with 5xx'
like "and dcloud info" "$(dcloud info)" '^rollback: .* was not rolled back'
is "it serves on" "$(get hello)" "version 1"

version 2
ok "a second version" dcloud push
is "a few bad answers" "$(fails 4 | xargs)" "4 500"
version 3
ok "a third one" dcloud push
ok "fails" timeout 60 bash -c "$(declare -f failing given_up status db)
    root=$root user=$user http=$http; failing /fail"
ok "the deployment of the second one ends" wait_until 60 at_last
is "which serves again" "$(get hello)" "version 2"
is "no other answers came" "$(sort -u "$root/work/answers" | xargs)" "200 500"
log=$(dcloud dlogs latest)
like "its log says why" "$log" \
    'Rolling back revision rsync-[0-9]+: www\.0 answered [0-9]+ of [0-9]+ requests with 5xx'
like "it was in reserve" "$log" 'Taken from the reserve'
like "and is the newest in the list" "$(dcloud dlist)" "the platform's rollback"
like "beside the one that failed" "$(dcloud dlist)" \
    'rolled back: www\.0 answered'
like "and it was nobody else" "$(dcloud activity)" 'deploy .*by the platform'
is "what the platform has brought back may fail" "$(fails 30 | xargs)" "30 500"
is "nothing is rolled back twice" "$(db "SELECT count(*) FROM deployments
    WHERE rolls_back <> 0")" 1

yml "{crashes: 2, within: 600}"
version 4
ok "a fourth version" dcloud push
ok "the job that counts is killed" kill -9 "$(job)"
ok "another one counts on" wait_until 20 job
ended() { # the process ends, and is started again
	curl -s --max-time 20 -o /dev/null -H "Host: hello-$user.localhost" \
	    "http://$http/end"
	wait_until 20 get hello
}
ends() { until given_up; do ended; done; }
ok "its process ends again and again" timeout 90 bash -c "$(declare -f ends \
    given_up ended wait_until get db)
    root=$root user=$user http=$http; ends"
ok "the deployment of the one before ends" wait_until 60 at_last
is "which serves" "$(get hello)" "version 2"
like "its log says why" "$(dcloud dlogs latest)" \
    'Rolling back revision rsync-[0-9]+: www\.0 has ended [0-9]+ times by itself'
like "and so does dcloud info" "$(dcloud info)" \
    '^rollback: .* was rolled back: www\.0 has ended'

version 5
yml false
ok "one that does not ask for it" dcloud push
is "may fail" "$(fails 30 | xargs)" "30 500"
is "and stays" "$(db "SELECT count(*) FROM deployments WHERE rolls_back <> 0")" 2
is "as it is" "$(get hello)" "version 5"
unlike "the rollback is history" "$(dcloud info)" '^rollback'
