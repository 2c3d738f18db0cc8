# tests/traffic/12-routing.sh -- domains and certificates come and go, and an
# application is closed and opened.
# shellcheck shell=bash

domain=www.example.org
pem() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj "/CN=$1" \
	    -addext "subjectAltName=DNS:$domain" -keyout "$root/work/key" \
	    -out "$root/work/$1.pem" 2>/dev/null
	cat "$root/work/key" >>"$root/work/$1.pem"
}
answers() { curl -sf --max-time 5 -H "Host: $domain" "http://$http/"; }
is_shown() {
	openssl s_client -connect "127.0.0.1:$https_port" -servername "$domain" \
	    </dev/null 2>/dev/null | openssl x509 -noout -subject |
		grep -q "CN = $1\$"
}
added() { dcloud domain add www $domain && wait_until 20 answers; }
certified() {
	dcloud domain cert www $domain "$root/work/$1.pem" &&
		wait_until 20 is_shown "$1"
}
uncertified() {
	dcloud domain uncert www $domain && wait_until 20 is_shown localhost
}
removed() { dcloud domain rm www $domain && wait_until 20 not answers; }

during "domain add" added
load_on $domain keep=1 fresh=1 ws=1
on_domain=$!
load_tls $domain
on_tls=$!
pem one
pem two
during "domain cert" certified one
during "another certificate" certified two
during "domain uncert" uncertified
load_end $on_domain
is "the load on the domain went on" $? 0
load_end $on_tls
is "over TLS too" $? 0
during "domain rm" removed

closed() {
	dcloud maintenance on --page "$app/closed.html" &&
		wait_until 20 is_status 503 && dcloud maintenance off &&
		wait_until 20 is_status 200
}
is_status() {
	[ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 20 \
	    -H "Host: $(host_of www)" "http://$http/")" = "$1" ]
}
echo '<h1>Closed for a moment</h1>' >"$app/closed.html"
during "maintenance on and off (closed)" closed

# A minute without an answer: the platform's page, and nobody else notices.
answers_504() {
	local said
	said=$(curl -s -w '%{http_code}' --max-time 90 -H "Host: $(host_of www)" \
	    "http://$http/never")
	grep -q 'Application timed out' <<<"$said" && grep -q '504$' <<<"$said"
}
[ "$form" = quick ] || during "a request without an answer" answers_504
