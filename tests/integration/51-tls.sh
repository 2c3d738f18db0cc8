#!/bin/bash
# tests/integration/51-tls.sh -- https: the platform's certificate and those of
# users, HTTP/2, and what a stranger's PEM file may not do.
. "$(dirname "$0")/lib.sh"
plan 45
https_port=$((17000 + number))
mkdir -p "$root/tls"
tls=$root/tls

# certificate NAME SUBJECT-NAMES [OPTION...]: NAME.pem and NAME.key, of our CA.
certificate() {
	local name=$1 names=$2
	shift 2
	openssl req -newkey rsa:2048 -nodes -keyout "$tls/$name.key" \
	    -subj "/CN=dcloud-test" -out "$tls/$name.csr" 2>/dev/null
	printf 'subjectAltName=%s\n' "$names" >"$tls/$name.ext"
	openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.pem" \
	    -CAkey "$tls/ca.key" -extfile "$tls/$name.ext" -days 7 "$@" \
	    -out "$tls/$name.pem" 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tls/ca.key" -days 7 \
    -subj "/CN=dcloud-test-ca" -out "$tls/ca.pem" 2>/dev/null
# OpenSSL takes no *.localhost.
certificate platform \
    "DNS:localhost,DNS:secure-$user.localhost,DNS:nobody.localhost"
certificate www "DNS:www.example.org"
certificate renewed "DNS:www.example.org,DNS:other-$user.localhost"
certificate wild "DNS:*.example.net"
certificate other "DNS:www.example.com"
cat "$tls/platform.key" >>"$tls/platform.pem"

eval "plain_$(declare -f write_conf)"
write_conf() {
	plain_write_conf
	printf 'https_bind = 127.0.0.1:%s\ntls_certificate = %s\n' \
	    "$https_port" "$tls/platform.pem" >>"$conf"
}

write_conf
mv "$tls/platform.pem" "$tls/away"
said=$(dcloud-deployer -f "$conf" -n 2>&1)
is "-n fails without the certificate" $? 1
like "and names the key" "$said" "'tls_certificate': .*platform\.pem"
echo nonsense >"$tls/platform.pem"
said=$(dcloud-uploader -f "$conf" -n 2>&1)
like "or says what is missing in it" "$said" 'private key'
mv "$tls/away" "$tls/platform.pem"
ok "-n is content with a good one" dcloud-deployer -f "$conf" -n
said=$(sed '/^tls_cert/d' "$conf" >"$root/no.conf"
	dcloud-deployer -f "$root/no.conf" -n 2>&1)
like "https_bind needs one" "$said" "'https_bind' needs 'tls_certificate'"
platform_up

# tls HOST[/PATH] [CURL-OPTION...]: the body over TLS, the certificate checked.
tls() {
	local host=${1%%/*} path=${1#*/}
	[ "$path" != "$1" ] || path=
	shift
	curl -sS --max-time 20 --cacert "$tls/ca.pem" \
	    --connect-to "::127.0.0.1:$https_port" "$@" \
	    "https://$host:$https_port/$path"
}
# names HOST: which names the certificate has that SNI gets.
names() {
	openssl s_client -connect "127.0.0.1:$https_port" -servername "$1" \
	    </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName
}
has_names() { names "$1" | grep -qF "$2"; }
answers() { [ "$(tls "$1" 2>/dev/null)" = "$2" ]; }

hello_app secure "over tls"
sed -i 's|^        self.send_response(200)|        if self.path == "/headers":\
            body = str(self.headers).encode()\
&|' hello.py
ok "an application" dcloud push
host=secure-$user.localhost
is "it answers over TLS" "$(tls "$host")" "over tls"
is "with HTTP/2" "$(tls "$host" -o /dev/null -w '%{http_version}')" 2
is "or HTTP/1.1" \
    "$(tls "$host" --http1.1 -o /dev/null -w '%{http_version}')" 1.1
lower() { tr '[:upper:]' '[:lower:]'; }
headers=$(tls "$host/headers" --http1.1 | lower)
like "X-Forwarded-Proto is https" "$headers" '^x-forwarded-proto: https'
like "X-Forwarded-Protocol too" "$headers" '^x-forwarded-protocol: https'
like "X-Forwarded-Port is the port" "$headers" \
    "^x-forwarded-port: $https_port"
like "X-Real-IP is the client" "$headers" '^x-real-ip: 127\.0\.0\.1'
like "over HTTP it is http" "$(get secure /headers | lower)" \
    '^x-forwarded-proto: http.?$'
like "what is there stays" "$(curl -s -H "Host: $host" \
    -H 'X-Forwarded-Port: 443' "http://$http/headers" | lower)" \
    '^x-forwarded-port: 443'
like "an unknown host is the 404 page" "$(tls "nobody.localhost")" \
    'No such application'
is "too large a body is refused" "$(tls "$host" -X POST --http1.1 \
    -H 'Content-Length: 104857601' -o /dev/null -w '%{http_code}')" 413
like "the API answers" "$(tls localhost/v1/auth/discovery)" '"token"'
is "TLS 1.1 is refused" "$(openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 \
    -connect "127.0.0.1:$https_port" </dev/null 2>/dev/null |
	grep -c '^Cipher.*: *[A-Z0-9].*SHA')" 0

dcloud domain add www www.example.org >/dev/null
like "no certificate: SNI gets the platform's" "$(names www.example.org)" \
    'DNS:localhost'

# refused WHAT REGEX ARGUMENT...: of domain cert
refused() {
	local what=$1 regex=$2
	shift 2
	said=$(dcloud domain cert "$@" 2>&1) && said="accepted: $said"
	like "$what is refused" "$said" "$regex"
}
cat "$tls/ca.key" >"$tls/wrong.key"
refused "another one's key" 'not the one of the certificate' \
    www www.example.org "$tls/www.pem" "$tls/wrong.key"
refused "another name's certificate" 'not for "www.example.org"' \
    www www.example.org "$tls/other.pem" "$tls/other.key"
refused "a certificate without key" 'no private key' \
    www www.example.org "$tls/www.pem"
head -c 3000 /dev/urandom | base64 >"$tls/junk"
refused "junk" 'no certificate found' www www.example.org "$tls/junk"
{
	echo "-----BEGIN CERTIFICATE-----"
	cat "$tls/junk"
	echo "-----END CERTIFICATE-----"
} >"$tls/junk.pem"
refused "junk in a PEM" 'cannot be read' \
    www www.example.org "$tls/junk.pem" "$tls/www.key"
openssl x509 -req -in "$tls/www.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
    -extfile "$tls/www.ext" -days -1 -out "$tls/old.pem" 2>/dev/null
refused "one that has ended" 'not valid any more' \
    www www.example.org "$tls/old.pem" "$tls/www.key"
openssl req -x509 -newkey rsa:512 -nodes -keyout "$tls/weak.key" -days 7 \
    -subj "/CN=www.example.org" -out "$tls/weak.pem" 2>/dev/null
refused "a weak key" 'router cannot use' \
    www www.example.org "$tls/weak.pem" "$tls/weak.key"
refused "the platform's own name" "platform's own name" \
    www "$host" "$tls/www.pem" "$tls/www.key"
refused "a domain that was not added" 'add it first' \
    www nobody.example "$tls/www.pem" "$tls/www.key"

# The load of 20-load, over TLS: all answers are counted.
: >"$root/work/bad"
load() {
	local n=0
	trap 'echo $n >"$root/work/good"; exit 0' TERM
	while :; do
		if [ "$(tls "$host" 2>&1)" = "over tls" ]; then
			n=$((n + 1))
		else
			echo bad >>"$root/work/bad"
		fi
	done
}
load &
load=$!
said=$(dcloud domain cert www www.example.org "$tls/www.pem" "$tls/www.key" \
    2>&1)
is "a good certificate is taken" $? 0
like "its end is said" "$said" 'certificate until 20[0-9-]{8}'
ok "its domain gets it" wait_until 10 has_names www.example.org \
    DNS:www.example.org
is "and answers" "$(tls www.example.org)" "over tls"
cat "$tls/renewed.pem" "$tls/renewed.key" >"$tls/both.pem"
ok "another one, chain and key in one file" \
    dcloud domain cert www www.example.org "$tls/both.pem"
ok "it replaces the first" wait_until 10 has_names www.example.org \
    "DNS:other-$user.localhost"
like "a name in it that is not the domain's is not taken over" \
    "$(names "other-$user.localhost")" 'DNS:nobody\.localhost'
like "the end is listed" "$(dcloud domain list)" 'certificate until 20'
is "files are root's alone" \
    "$(stat -c '%a %U' "$root"/etc/tls/*.pem "$root/etc/tls" | sort -u | xargs)" \
    "600 root 700 root"
ok "the key is in no log" not grep -rqF \
    "$(sed -n 3p "$tls/renewed.key")" "$root/log"
dcloud domain add www '*.example.net' >/dev/null
dcloud domain cert www '*.example.net' "$tls/wild.pem" "$tls/wild.key" \
    >/dev/null
ok "a wildcard's too" wait_until 10 answers some.example.net "over tls"

kill $load
wait $load
is "no request was lost by any of it" "$(wc -l <"$root/work/bad")" 0
kill -KILL "$(pid_of haproxy)"
ok "a HAProxy killed comes back with all certificates" \
    wait_until 10 has_names www.example.org "DNS:other-$user.localhost"
ok "a certificate is taken away" dcloud domain uncert www www.example.org
ok "the platform's is back" \
    wait_until 10 has_names www.example.org DNS:localhost
one_file() { [ "$(find "$root/etc/tls" -name '*.pem' | wc -l)" = 1 ]; }
ok "its file is gone" wait_until 10 one_file
