#!/bin/bash
# tests/integration/52-maintenance.sh -- an application that is closed: the page,
# over HTTP and TLS, through deployments and restarts; others notice nothing.
. "$(dirname "$0")/lib.sh"
plan 32
https_port=$((17000 + number))

eval "plain_$(declare -f write_conf)"
write_conf() {
	plain_write_conf
	openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost \
	    -keyout "$root/tls.pem" -out "$root/tls.crt" 2>/dev/null
	cat "$root/tls.crt" >>"$root/tls.pem"
	printf 'https_bind = 127.0.0.1:%s\ntls_certificate = %s\n' \
	    "$https_port" "$root/tls.pem" >>"$conf"
}
platform_up

is_closed() { [ "$(status "$1")" = 503 ]; }
is_open() { [ "$(status "$1")" = 200 ]; }
# head_of APP [CURL-OPTION...]: the head, in lower case.
head_of() {
	curl -s -D - -o /dev/null --max-time 20 \
	    -H "Host: $1-$user.localhost" "${@:2}" "http://$http/" |
	    tr '[:upper:]' '[:lower:]'
}
page() { curl -s --max-time 20 -H "Host: $1-$user.localhost" "http://$http/"; }

hello_app other "other app"
ok "an application" dcloud push
hello_app shop "shop one"
ok "and the one to be closed" dcloud push
unlike "info says nothing of it" "$(dcloud info)" '^closed:'

# The other one is asked all the time; all answers are counted.
: >"$root/work/bad"
load() {
	trap 'exit 0' TERM
	while :; do
		[ "$(get other)" = "other app" ] || echo bad >>"$root/work/bad"
	done
}
load &
load=$!

said=$(dcloud maintenance on 2>&1)
is "it is closed" $? 0
like "that is said" "$said" '"shop" is closed'
ok "it answers 503" wait_until 10 is_closed shop
like "with the platform's page" "$(page shop)" '<h1>Under maintenance</h1>'
like "and when to come back" "$(head_of shop)" '^retry-after: [0-9]+'
like "over TLS too" "$(curl -sk --max-time 20 --http2 -D - \
    -H "Host: shop-$user.localhost" "https://127.0.0.1:$https_port/")" \
    '^HTTP/2 503'
is "HEAD has no body" "$(curl -sI --max-time 20 -o /dev/null \
    -w '%{http_code} %{size_download}' -H "Host: shop-$user.localhost" \
    "http://$http/")" "503 0"
head -c 3000000 /dev/zero >"$root/work/large"
is "an upload gets it as well" "$(curl -s --max-time 20 -o /dev/null \
    -w '%{http_code}' -H "Host: shop-$user.localhost" \
    --data-binary "@$root/work/large" "http://$http/")" 503
like "info shows it" "$(dcloud info)" '^closed: .*since 20'
like "as JSON as well" "$(dcloud info --json)" '"maintenance"'
ok "the other one is open" is_open other
ok "a domain added meanwhile" dcloud domain add www shop.example.org
at_domain() { [ "$(curl -s -o /dev/null -w '%{http_code}' \
    -H 'Host: shop.example.org' "http://$http/")" = 503 ]; }
ok "is closed too" wait_until 10 at_domain

{
	printf '<h1>Back at noon</h1><!-- ]] " \\n %% '
	head -c 60000 /dev/zero | tr '\0' x
	echo ' --><p>the end'
} >"$root/work/page.html"
ok "a page of its own" dcloud maintenance on --page "$root/work/page.html"
is_own() { page shop | cmp -s - "$root/work/page.html"; }
ok "is answered, byte by byte" wait_until 10 is_own
head -c 70000 "$root/work/large" | tr '\0' x >"$root/work/huge.html"
dcloud maintenance on --page "$root/work/huge.html" >/dev/null 2>&1
is "more than 64 KB is refused" $? 1

say_hello "shop two"
ok "deployments go on" dcloud push
ok "it is still closed" is_own
kill $load
wait $load
ok "the platform goes down" platform down
ok "and up" platform up
ok "closed as before" wait_until 20 is_own

ok "the other one is back" wait_until 20 is_open other
load &
load=$!
ok "open again" dcloud maintenance off
new() { [ "$(get shop)" = "shop two" ]; }
ok "with the new version" wait_until 20 new
ok "opening it twice is no error" dcloud maintenance off
unlike "info says nothing any more" "$(dcloud info)" '^closed:'
no_pages() { [ -z "$(ls "$root/etc/maintenance")" ]; }
ok "the page's file is gone" wait_until 10 no_pages
dcloud maintenance on >/dev/null
wait_until 10 is_closed shop
dcloud -y destroy >/dev/null 2>&1
is "a closed one can be destroyed" "$(db 'select count(*) from maintenance')" 0
kill $load
wait $load
is "the other one has lost nothing" "$(wc -l <"$root/work/bad")" 0
