#!/bin/sh
# tests/support/deps.sh -- installs those of the named Debian packages that are
# missing, and makes the system user that the daemons drop to.
set -eu

missing=""
for package in "$@"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
	    grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
	echo "installing Debian packages:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of names
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
if ! getent passwd dcloud >/dev/null; then
	echo "making the system user 'dcloud'"
	# '*': no password, but not locked, or sshd would refuse its keys.
	useradd --system --user-group --shell /bin/sh --password '*' \
	    --home-dir / --no-create-home dcloud
fi
