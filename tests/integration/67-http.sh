#!/bin/bash
# tests/integration/67-http.sh -- the router and what clients may send it: names,
# headers, limits, pages; and requests made to be understood in two ways.
. "$(dirname "$0")/lib.sh"
plan 44
here=$(dirname "$(readlink -f "$0")")
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

# raw TEXT: all that comes back for these bytes, until the router closes.
raw() {
	exec 3<>"/dev/tcp/127.0.0.1/$http_port"
	printf '%s' "$1" >&3
	timeout 70 cat <&3 | tr -d '\r\0'
	exec 3>&-
}
# ask REQUEST-LINE [FIELD...]: the same, of a request that is the last one.
ask() {
	local text=$1$'\r\n' f
	shift
	for f in "$@" 'Connection: close'; do
		text+=$f$'\r\n'
	done
	raw "$text"$'\r\n'
}
code() { sed -n '1s,^HTTP/1.1 \([0-9]*\).*,\1,p'; }

mkdir -p "$root/work/odd"
cd "$root/work/odd" || exit 1
cp "$here/raw_app.py" .
cat >builder <<'END'
#!/bin/sh
cp -a . ~
END
chmod +x builder
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  process: ~/raw_app.py
  ports: {www: http}
END
dcloud -y create odd >/dev/null 2>&1
ok "an application that shows what reaches it" dcloud push
host=odd-$user.localhost
H="Host: $host"

# --- names ---------------------------------------------------------------------

for n in a.b.c.d.e.example.org a.example.org; do
	is "$n is unknown" "$(ask 'GET / HTTP/1.1' "Host: $n" | code)" 404
done
dcloud domain add www '*.example.org' >/dev/null
is_known() { [ "$(ask 'GET / HTTP/1.1' "Host: $1" | code)" = 200 ]; }
ok "a wildcard reaches down" wait_until 10 is_known a.example.org
ok "five levels" is_known a.b.c.d.e.example.org
is "and not six" \
    "$(ask 'GET / HTTP/1.1' 'Host: z.a.b.c.d.e.example.org' | code)" 404
is "nor its own name" "$(ask 'GET / HTTP/1.1' 'Host: example.org' | code)" 404
ok "a port is no part of the name" is_known "$host:12345"
ok "nor are capitals" is_known "${host^^}"
ok "nor is a dot at the end" is_known "$host."
ok "nor are both" is_known "a.example.org.:8000"
for n in '[::1]' '[::1]:8000' '10.0.0.1' '..' '*.nobody.example' 'a b' \
    "$(printf 'x%.0s' {1..300}).example" "-" '%00'; do
	case $(ask 'GET / HTTP/1.1' "Host: $n" | code) in
	400 | 404) ;;
	*) note "'$n' is answered" && break ;;
	esac
done
is "what is no name is refused" "$n" '%00'
is "no Host at all too" "$(ask 'GET / HTTP/1.1' | code)" 404
is "an absolute URI with the same name is taken" \
    "$(ask "GET http://$host/x HTTP/1.1" "$H" | code)" 200
is "with another name it is refused" \
    "$(ask "GET http://$host/x HTTP/1.1" 'Host: localhost' | code)" 400
is "two different names are refused" \
    "$(ask 'GET / HTTP/1.1' "$H" 'Host: localhost' | code)" 400
like "an unknown name gets the platform's page" \
    "$(ask 'GET / HTTP/1.1' 'Host: nobody.example')" 'No such application'
is "also with HTTP/1.0" "$(ask 'GET / HTTP/1.0' 'Host: nobody.example' |
    sed -n '1s,^HTTP/1.[01] \([0-9]*\).*,\1,p')" 404

# --- headers -------------------------------------------------------------------

lower() { tr '[:upper:]' '[:lower:]'; }
said=$(ask 'GET / HTTP/1.1' "$H" | lower)
for f in 'x-forwarded-for: 127.0.0.1' 'x-forwarded-proto: http' \
    'x-forwarded-protocol: http' "x-forwarded-port: $http_port" \
    'x-real-ip: 127.0.0.1'; do
	grep -qx "$f" <<<"$said" || break
done
is "the headers of the router are there" "$f" 'x-real-ip: 127.0.0.1'
said=$(ask 'GET / HTTP/1.1' "$H" 'X-Forwarded-For: 192.0.2.7' \
    'X-Forwarded-Port: 443' | lower)
like "what a client says stays" "$said" '^x-forwarded-for: 192\.0\.2\.7$'
like "each by itself" "$said" '^x-forwarded-port: 443$'
like "HTTP/2 ends at the router" "$(curl -sk --http2 -H "$H" --max-time 20 \
    "https://127.0.0.1:$https_port/" | lower)" '^x-forwarded-proto: https'
big=$(printf 'y%.0s' {1..12000})
is "12 KB of header arrive" \
    "$(ask 'GET / HTTP/1.1' "$H" "X-Big: $big" | grep -ciF "x-big: $big")" 1
is "20 KB are refused" "$(ask 'GET / HTTP/1.1' "$H" "X-Big: $big" \
    "X-More: ${big:0:8000}" | code)" 400
mapfile -t many < <(printf 'X-%d: v\n' {1..150})
is "150 headers too" "$(ask 'GET / HTTP/1.1' "$H" "${many[@]}" | code)" 400

# --- bodies --------------------------------------------------------------------

head -c 1048576 /dev/urandom >"$root/work/mega"
post() { curl -s --max-time 60 -H "$H" "$@" "http://$http/"; }
is "a megabyte arrives" "$(post --data-binary "@$root/work/mega")" 1048576
is "in chunks too" "$(post -H 'Transfer-Encoding: chunked' \
    --data-binary "@$root/work/mega")" 1048576
is "after Expect: 100-continue" "$(post -H 'Expect: 100-continue' \
    --data-binary "@$root/work/mega")" 1048576
is "more than 100 MB are refused" "$(ask 'POST / HTTP/1.1' "$H" \
    'Content-Length: 104857601' | code)" 413
is "a slow client's body arrives" "$(for i in 1 2 3 4; do
	head -c 1000 /dev/zero
	sleep 0.2
done | post -T - -X POST -H 'Transfer-Encoding: chunked')" 4000
is "a large answer too" "$(curl -s -H "$H" --max-time 60 \
    "http://$http/large5000000" | wc -c)" 5000000

# --- two meanings --------------------------------------------------------------

# twice WHAT FIELD...: a request with a second one in its body, for a router and
# an application that disagree about where it ends. Refused, or one request.
inner=$'GET /smuggled HTTP/1.1\r\nHost: '$host$'\r\n\r\n'
twice() {
	local what=$1 text=$'POST /outer HTTP/1.1\r\n'$H$'\r\n' f
	shift
	for f in "$@"; do
		text+=$f$'\r\n'
	done
	raw "$text"$'Connection: close\r\n\r\n0\r\n\r\n'"$inner" >/dev/null
	ok "$what: nothing is smuggled" not grep -q 'smuggled\|behind' \
	    <(get odd /seen)
}
twice "both lengths" "Content-Length: $((5 + ${#inner}))" \
    'Transfer-Encoding: chunked'
twice "chunks first" 'Transfer-Encoding: chunked' \
    "Content-Length: $((5 + ${#inner}))"
twice "two lengths" "Content-Length: $((5 + ${#inner}))" 'Content-Length: 5'
twice "a list of lengths" "Content-Length: 5, $((5 + ${#inner}))"
twice "a length with a sign" 'Content-Length: +5'
twice "chunked in disguise" "Content-Length: $((5 + ${#inner}))" \
    'Transfer-Encoding: xchunked'
twice "a blank before the colon" 'Transfer-Encoding : chunked' \
    "Content-Length: $((5 + ${#inner}))"
twice "a folded header" $'Transfer-Encoding:\r\n chunked' \
    "Content-Length: $((5 + ${#inner}))"
twice "chunked twice" 'Transfer-Encoding: chunked' \
    'Transfer-Encoding: identity' "Content-Length: $((5 + ${#inner}))"
said=$(get odd /seen)
unlike "and no request ended early at the application" "$said" '^error'
# --- pages ---------------------------------------------------------------------

like "an application that closes is the 502 page" \
    "$(ask 'GET /close HTTP/1.1' "$H")" 'Application not responding'
is "with its status" "$(ask 'GET /close HTTP/1.1' "$H" | code)" 502
ok "an answer that ends early is not called whole" \
    not get odd /half
