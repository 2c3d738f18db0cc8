#!/bin/sh
# tests/support/deps.sh -- installs those of the named Debian packages that are
# missing, and makes the system user that the daemons drop to.
set -eu

here=$(dirname "$0")
policy=/usr/sbin/policy-rc.d

# The platform starts its own haproxy and sshd; the packages must not start
# theirs on this machine just because we install them.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	if [ ! -e "$policy" ]; then
		trap 'rm -f "$policy"' EXIT INT TERM
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	"$here/progress.sh" "package lists" apt-get update
	"$here/progress.sh" "installing" \
	    apt-get install -y --no-install-recommends "$@"
}

missing=""
for package in "$@"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
	    grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
	echo "installing Debian packages:$missing"
	# shellcheck disable=SC2086 # a list of names
	install_packages $missing
fi
if ! getent passwd dcloud >/dev/null; then
	echo "making the system user 'dcloud'"
	# '*': no password, but not locked, or sshd would refuse its keys.
	useradd --system --user-group --shell /bin/sh --password '*' \
	    --home-dir / --no-create-home dcloud
fi
