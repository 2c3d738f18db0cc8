#!/bin/sh
# tests/support/stage.sh -- OUT DEST: copies what was compiled to where the
# daemons can use it. sshd and the unprivileged user need every directory above
# to belong to root and to be open; that of a clone may be neither.
set -eu

out=$1
dest=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
install -d -o root -g root -m 755 "$dest"
# Only what differs is replaced: a daemon whose file is the same runs on.
rsync -rLpc --delete --chmod=D755,Fu=rwX,Fgo=rX --chown=root:root \
    "$out/bin" "$out/libexec" "$top/builder/types" "$dest/"
