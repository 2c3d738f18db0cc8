#!/bin/bash
# tests/integration/78-metrics.sh -- dcloud memory and traffic: from cgroups and
# HAProxy's counters, through its reloads and new servers.
. "$(dirname "$0")/lib.sh"
plan 22
platform_up
hello_app app one
ok "an application" dcloud push

# look: what the deployer does each minute, now.
look() {
	dcloud-deployer -f "$conf" -j metrics 0 - >/dev/null 2>&1
}
answered() {
	db "SELECT coalesce(sum(ok), 0) || ' ' || coalesce(sum(failed), 0)
	    FROM traffic_metrics WHERE span = 3600"
}
requests() { for _ in $(seq "$1"); do get app >/dev/null; done; }

ctl restart deployer >/dev/null
has_looked() { [ "$(db 'SELECT count(*) > 0 FROM memory_metrics')" = 1 ]; }
ok "the deployer looks by itself" wait_until 60 has_looked
ok "a look" look
read -r before _ <<<"$(answered)"
requests 7
ok "another one" look
is "counts requests" "$(($(answered | cut -d' ' -f1) - before))" 7
say_hello two
ok "a new version" dcloud push
requests 5
look
is "counts on with new servers" "$(($(answered | cut -d' ' -f1) - before))" 12
old=$(pgrep -f "haproxy.*$root/run" | sort | md5sum)
kill -USR2 "$(pid_of haproxy)"
reloaded() { [ "$(pgrep -f "haproxy.*$root/run" | sort | md5sum)" != "$old" ]; }
ok "HAProxy reloads" wait_until 20 reloaded
ok "and answers" wait_until 20 get app
wait_until 20 look
read -r before _ <<<"$(answered)"
requests 3
look
is "counts on after a reload" "$(($(answered | cut -d' ' -f1) - before))" 3

said=$(dcloud traffic 1h 2>&1)
is "dcloud traffic" $? 0
like "has a table" "$said" '^\| time +\| 2xx +\| 3xx .*\| total latency +\|'
like "with rows" "$said" '^\| [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20'
unlike "and no plot for programs" "$said" 'req/sec ['
said=$(dcloud traffic www 6h --json 2>/dev/null)
like "as JSON" "$(tr -d ' \n' <<<"$said")" '^\[\[[0-9]{10},[0-9.]+,'
said=$(dcloud memory www.0 2>&1)
like "dcloud memory" "$said" '\| overage +\| unused +\| used +\| allocated'
like "what it has used is some of what it may" "$said" \
    '\| 0\.0 M +\| [0-9]+\.[0-9] M +\| [1-9][0-9]*\.[0-9] M +\| 512\.0 M'
said=$(script -qec 'dcloud traffic 1h' /dev/null </dev/null)
like "a plot on a terminal" "$said" '^req/sec .*█'
said=$(dcloud memory www.0 2h 2>&1)
like "another duration" "$? $said" 'Invalid duration identifier: 2h'
said=$(dcloud memory www 1h 2>&1)
like "no instance" "$said" 'must specify a service and instance, e.g. "www.0"'
said=$(dcloud traffic nosuch 2>&1)
like "no service" "$said" 'Service "nosuch" does not exist'
dcloud -y destroy >/dev/null 2>&1
is "what is destroyed leaves no rows" \
    "$(db 'SELECT count(*) FROM memory_metrics')" 0
