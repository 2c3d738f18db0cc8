#!/bin/bash
# tests/integration/75-api.sh -- the HTTP API by hand: every route, its success and
# each of its errors, and clients that do not behave. See api.py.
. "$(dirname "$0")/lib.sh"
plan 4

token() { python3 -c 'import json, sys
print(json.load(open(sys.argv[1] + "/config"))["token"]["access_token"])' "$1"; }

platform_up
hello_app app one
ok "push" dcloud push
dcloud-uploader -f "$conf" adduser stranger <<<"$password" >/dev/null
printf 'stranger\n%s\n' "$password" |
    DCLOUD_CONFIG_DIR=$root/stranger dcloud setup >/dev/null
ssh-keygen -q -t ed25519 -N '' -C '' -f "$root/work/id"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj /CN=www.example.org -addext subjectAltName=DNS:www.example.org \
    -keyout "$root/work/key.pem" -out "$root/work/cert.pem" 2>/dev/null
python3 "$top/tests/integration/api.py" "$http" "$top/docs/api.md" \
    "$(token "$DCLOUD_CONFIG_DIR")" "$(token "$root/stranger")" app \
    "$root/work/id.pub" "$root/work/cert.pem" "$root/work/key.pem" \
    >"$root/work/asked" 2>&1
is "all was asked" $? 0
grep -v '^ok' "$root/work/asked" | sed 's/^not ok/#   WRONG/'
is "and answered as it should be" "$(grep -c '^not ok' "$root/work/asked")" 0
unlike "nothing was broken on our side" "$(cat "$root/log/uploader.log")" ' error: '
