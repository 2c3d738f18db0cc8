#!/bin/bash
# tests/integration/47-domains.sh -- host names of one's own: exact before
# wildcard, effective at once, and whose is whose.
. "$(dirname "$0")/lib.sh"
plan 27
platform_up

# at HOST: the body that an HTTP request with this Host gets.
at() { curl -s --max-time 20 -H "Host: $1" "http://$http/"; }
answers() { [ "$(at "$1")" = "$2" ]; }
is_unknown() { at "$1" | grep -q 'No such application'; }

hello_app first "first app"
ok "an application" dcloud push
hello_app second "second app"
ok "and another" dcloud push

cd "$root/work/first" || exit 1
ok "a name nobody has is a 404 page" is_unknown www.example.org
said=$(dcloud domain add www www.example.org 2>&1)
is "a domain is added" $? 0
like "it is said" "$said" '==> domain "www.example.org" created for "www"'
like "with the record that DNS needs" "$said" \
    '^www\.example\.org\. IN A 127\.0\.0\.1$'
ok "the application answers to it" \
    wait_until 10 answers www.example.org "first app"
ok "with a port in the Host as well" answers www.example.org:8000 "first app"
ok "in capitals too" answers WWW.Example.ORG "first app"
ok "and to its own name" answers "first-$user.localhost" "first app"
like "it is listed" "$(dcloud domain list)" '^www: www\.example\.org$'
like "as JSON as well" "$(dcloud domain list --json)" '"www.example.org"'
like "and shown by url" "$(dcloud url)" 'http://www\.example\.org'

said=$(dcloud domain add www WWW.example.org. 2>&1)
is "the same name again is an error" $? 1
like "which says so" "$said" 'already belongs to a service'
(cd ../second && dcloud domain add www www.example.org >/dev/null 2>&1)
is "another application cannot take it" $? 1

ok "a wildcard for the other one" \
    dcloud -A second domain add www '*.example.org'
ok "it answers to names below" \
    wait_until 10 answers a.b.c.example.org "second app"
ok "the exact name comes first" answers www.example.org "first app"

for wrong in 'nodots' 'a b.example' '*.*.example.org' "x.localhost" \
    "evil-$user.localhost" 192.0.2.1 '*.2.1'; do
	dcloud domain add www "$wrong" >/dev/null 2>&1 &&
	    note "'$wrong' was accepted" && break
done
is "what is no domain, or is the platform's, is refused" $? 1
said=$(dcloud domain add nosuch a.example.org 2>&1)
like "a service that is not there" "$said" 'Service "nosuch" does not exist'
said=$(dcloud domain rm www "first-$user.localhost" 2>&1)
like "the platform's own name stays" "$said" 'own name for it, and stays'

ok "a push keeps the domains" dcloud push
ok "they answer" answers www.example.org "first app"
ok "a domain is removed" dcloud domain remove www www.example.org
ok "now the wildcard has it" \
    wait_until 10 answers www.example.org "second app"
dcloud -y -A second destroy >/dev/null 2>&1
ok "and nobody when that is destroyed" \
    wait_until 10 is_unknown www.example.org
