#!/bin/bash
# tests/integration/31-static.sh -- static: files by nginx, snippets, error
# pages, gzip, logs; a broken snippet in nginx's own words.
. "$(dirname "$0")/lib.sh"
plan 20
platform_up

curl_app() { curl -s --max-time 20 -H "Host: files-$user.localhost" "$@"; }

example static files
log=$(dcloud push 2>&1)
is "a push succeeds" $? 0
like "nginx is a system package" "$log" '\[www\] Installing system packages: nginx$'
like "the index is served" "$(get files)" 'Hello from files'
is "a missing page is 404" "$(status files /nope)" 404
like "with the error page" "$(curl_app "http://$http/nope")" 'says /static/404.html'
is "the snippet works" "$(curl_app -o /dev/null -w '%{http_code} %header{location}' \
    "http://$http/old/page")" "301 /page"
is "types are set" "$(curl_app -o /dev/null -w '%{content_type}' "http://$http/")" text/html
seq 1000 >numbers.txt
dcloud push >/dev/null 2>&1
like "text is compressed" "$(curl_app -D - -o /dev/null -H 'Accept-Encoding: gzip' \
    "http://$http/numbers.txt")" '^[Cc]ontent-[Ee]ncoding: gzip'
like "logs are in /var/log/nginx" "$(cat "$root"/boxes/"$bridge"-i*/root/upper/var/log/nginx/www.access.log)" \
    'GET /numbers.txt HTTP'

echo 'nonsense on;' >broken_nginx.conf
log=$(dcloud push 2>&1)
is "a broken snippet fails" $? 2
like "in nginx's words" "$log" 'unknown directive "nonsense" in /home/dotcloud/current/broken_nginx.conf:1'
like "the old version goes on" "$(get files)" 'Hello from files'
printf '#!/bin/sh\nexit 0\n' >postinstall
chmod 755 postinstall
log=$(dcloud push 2>&1)
is "with a hook that could mend it, the deployment fails" $? 2
like "in nginx's words again" "$log" '\[www.0\].*unknown directive "nonsense"|^.*unknown directive "nonsense"'
printf '#!/bin/sh\nexec rm broken_nginx.conf\n' >postinstall
ok "a hook that mends it is in time" dcloud push
rm broken_nginx.conf postinstall
printf 'location /again/ { proxy_pass http://files-%s.localhost:%s/; }\n' "$user" \
    "$http_port" >other_nginx.conf
log=$(dcloud push 2>&1)
is "a snippet that passes on to a service of the application" \
    "$? $(get files /again/numbers.txt | tail -n 1)" "0 1000"
like "which the build does not know" "$log" 'nginx starts only where this host is'
sed -i 's/files/nosuch/' other_nginx.conf
like "a host that nobody knows is named" "$(dcloud push 2>&1)" \
    'host not found in upstream "nosuch-'
rm other_nginx.conf
sed -i 's/www:/www:\n  approot: site/' dotcloud.yml
like "an approot that is not there fails" "$(dcloud push 2>&1)" "approot 'site'"
mkdir site
echo deeper >site/index.html
dcloud push >/dev/null 2>&1
is "one that is there is what is served" "$(get files)" deeper
