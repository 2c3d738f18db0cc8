#!/bin/bash
# tests/integration/64-data-room.sh -- ~/data that has to be copied, since the
# build made it, and a disk that has no room for that.
. "$(dirname "$0")/lib.sh"
plan 11
here=$(dirname "$(readlink -f "$0")")
. "$here/data.sh"

# A disk of the platform's own.
write_conf
mount -t tmpfs -o size=300m,mode=755 none "$root" || exit 1
ending() {
	platform down >/dev/null 2>&1
	[ "$bad" -eq 0 ] || tail -n 20 "$root"/log/*.log | sed 's/^/#   /'
	cd /
	umount "$root" || umount -l "$root"
	finish
}
trap ending EXIT
platform_up

example hello data
cp "$here/data_app.py" hello.py
cat >>builder <<'END'
mkdir -p data
head -c 60000000 /dev/urandom >data/blob
END
version 1
push
is "a build that makes ~/data" $rc 0
sum() { sha256sum <"$(box data www.0)/home/mnt/data/blob"; }
before=$(sum)

# Room for what a deployment needs, and for a part of the copy.
fallocate -l "$(($(stat -f -c '%a * %S' "$root") - 45000000))" "$root/filled"
said=$(dcloud deploy latest 2>&1)
is "no room to move it: the deployment fails" $? 2
like "says why" "$said" \
    "www.0: ~/data: copy ~/data: the platform's disk has no room for it"
like "and puts it back" "$said" '\[www.0\] Moving ~/data back'
ok "the version before answers" get data /
is "it was stopped for a moment" "$(words)" "start 1 stop 1 start 1 "
is "its ~/data is whole" "$(sum)" "$before"
is "half a copy is nowhere" "$(find "$root"/boxes -name .dcloud-data) $(parked)" \
    " "

rm "$root/filled"
said=$(dcloud deploy latest 2>&1)
is "with room it moves" $? 0
is "whole" "$(sum)" "$before"
unlike "the platform had no trouble of its own" "$(cat "$root"/log/*.log)" \
    'database or disk is full|No space left'
