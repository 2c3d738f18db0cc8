# runtime/image/profile.sh -- /etc/profile.d/dcloud.sh: the environment of every
# login shell in a container, `sh -lc`, `bash -lc`, dcloud run. Keep it POSIX
# and quick.

export LANG="${LANG:-C.UTF-8}"
export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
export npm_config_cafile=/etc/ssl/certs/ca-certificates.crt
export PIP_CERT=/etc/ssl/certs/ca-certificates.crt

# `npm install -g` into the home, as nobody can write to /usr.
export npm_config_prefix="$HOME/.local"

# What the service type put there, then the user's own.
case ":$PATH:" in
*":$HOME/.dcloud/bin:"*) ;;
*) PATH="$HOME/.dcloud/bin:$HOME/bin:$HOME/.local/bin:$PATH" ;;
esac

# nginx, varnishd: Debian keeps them from users, services call them by name.
case ":$PATH:" in
*:/usr/sbin:*) ;;
*) PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" ;;
esac
export PATH

if [ -r "$HOME/dotcloud_profile" ]; then
	# shellcheck source=/dev/null
	. "$HOME/dotcloud_profile"
fi

# A shell of `dcloud run` knows what processes are told.
if [ -n "$SSH_CONNECTION" ] && [ -f "$HOME/profile" ]; then
	# shellcheck source=/dev/null
	. "$HOME/profile"
fi
