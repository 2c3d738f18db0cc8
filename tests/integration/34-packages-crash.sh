#!/bin/bash
# tests/integration/34-packages-crash.sh -- system packages when two want them
# at once, and when who installs them is killed.
. "$(dirname "$0")/lib.sh"
plan 12
platform_up

both() { grep -l "$1" "$root/one.log" "$root/two.log" | wc -l; }
installing() { [ -d "$root/boxes/$bridge-p1/root/upper/var/lib/dpkg" ]; }

cat >"$root/yml" <<'END'
www:
  type: custom
  buildscript: builder
  systempackages: [figlet, postgresql-client]
END
for app in one two; do
	hello_app $app $app
	cp "$root/yml" dotcloud.yml
	sed -i '2i figlet x >/dev/null; echo to-stderr >/dev/stderr; psql --version' builder
done
for app in one two; do
	cd "$root/work/$app" || exit 1
	dcloud push >"$root/$app.log" 2>&1 &
done
ok "an installation begins" wait_until 60 installing
# The jobs of the builder, not the daemon: they are taken up again.
# shellcheck disable=SC2046 # numbers
kill -KILL $(pgrep -P "$(pid_of builder)")
wait
is "the first succeeds all the same" "$(get one)" one
is "and the second" "$(get two)" two
is "both were interrupted" "$(both 'The build was interrupted')" 2
like "one of them has waited" "$(cat "$root"/*.log)" \
    'Waiting for another build that installs system packages'
is "both have the packages" "$(both 'psql (PostgreSQL)')" 2
is "what is written to /dev/stderr is in the log" "$(both 'to-stderr')" 2
is "one layer is left" "$(find "$root/packages" -mindepth 1 -maxdepth 1 \
    -type d ! -name apt | wc -l)" 1
is "and no container" "$(ls -d "$root/boxes/$bridge-p1" 2>/dev/null)" ""

# Nobody has wanted it for long, but it is mounted: it stays.
layer=$(find "$root/packages" -mindepth 1 -maxdepth 1 -type d ! -name apt)
stray=$root/packages/00000000000000000000000000000000
mkdir "$stray"
touch -d '30 days ago' "$layer" "$stray"
ctl restart deployer >/dev/null # it sweeps when it starts
ok "the sweep removes a layer that nobody has" wait_until 30 not test -e "$stray"
is "one that is mounted stays" "$(ls -d "$layer/root")" "$layer/root"
for app in one two; do
	cd "$root/work/$app" || exit 1
	dcloud -y destroy >/dev/null 2>&1
done
wait_until 60 not compgen -G "$root/boxes/$bridge-i*"
touch -d '30 days ago' "$layer"
ctl restart deployer >/dev/null
ok "until nothing mounts it" wait_until 30 not test -e "$layer"
