# builder/types/lib.sh -- what the build scripts of several types share; each
# folder has a link to it. Sourced in the root of the pushed code.
# shellcheck shell=bash

approot=${SERVICE_APPROOT:-.}
own=$HOME/.dcloud
here=/etc/dcloud/type

say() {
	echo "$*"
}

fail() {
	echo "$*" >&2
	exit 1
}

load_profile() {
	if [ -r /etc/profile.d/dcloud.sh ]; then
		set +eu
		# shellcheck source=/dev/null
		. /etc/profile.d/dcloud.sh
		set -eu
	fi
}

check_approot() {
	[[ $approot != /* && "/$approot/" != */../* ]] ||
	    fail "approot '$approot' must be a directory of the pushed code"
	[ -d "$approot" ] ||
	    fail "approot '$approot' does not exist in the pushed code"
}

# ~/code is the pushed tree, ~/current its approot.
# shellcheck disable=SC2120 # arguments are more for rsync
copy_code() {
	rsync -a --delete --checksum --exclude=/.git --exclude=/.hg "$@" ./ \
	    ~/code/
	[ -L ~/current ] || rm -rf ~/current
	ln -sfn "$(realpath -m --relative-to=. "code/$approot")" ~/current
	mkdir -p "$own"
}

has_process() {
	[ -n "${SERVICE_PROCESS:-}" ] || [ -n "${!SERVICE_PROCESSES_*}" ]
}

# A hook may still write files: then only the launch can tell.
has_late_hook() {
	[ -n "${SERVICE_POSTBUILD:-}${SERVICE_POSTINSTALL:-}" ] ||
	    [ -f "$approot/postinstall" ]
}

# What a worker runs is for its author to say.
check_worker() {
	if has_process || has_late_hook || [ -f ~/current/supervisord.conf ]
	then
		return 0
	fi
	fail "Nothing says what to run: put a supervisord.conf into" \
	    "'$approot', or 'process: COMMAND' into dotcloud.yml."
}

# true or false of SERVICE_CONFIG_$1.
is_on() {
	local name=SERVICE_CONFIG_$1

	case ${!name:-} in
	true | True | yes | on | 1) return 0 ;;
	esac
	return 1
}

# The elements of a list as SERVICE_REQUIREMENTS has it, one per line.
list_items() {
	python3 -c 'import ast, sys
for item in ast.literal_eval(sys.argv[1] or "[]"):
    print(item)' "$1"
}

# Stdin is what a program of ~/.dcloud/supervisord.conf says.
add_program() {
	{
		printf '[program:%s]\n' "$1"
		cat
		echo
	} >>"$own/supervisord.conf"
}

# nginx_conf INDEX: stdin goes into the server block, behind the user's snippets.
# Whatever those may want to set for themselves is set further out.
nginx_conf() {
	local file code dir=$own/nginx

	mkdir -p "$dir/tmp"
	for file in /etc/nginx/{mime.types,*_params,fastcgi.conf}; do
		ln -sfn "$file" "$dir/"
	done
	{
		sed "s/@SERVICE@/$SERVICE_NAME/g; s/@INDEX@/$1/" \
		    "$here/nginx.conf"
		for code in 404 500 502 503 504; do
			printf '\t\terror_page %s @%s;\n' $code $code
			printf '\t\tlocation @%s {\n' $code
			printf '\t\t\ttry_files /static/%s.html =%s;\n' \
			    $code $code
			printf '\t\t}\n'
		done
		cat
		printf '\t}\n}\n'
	} >"$dir/nginx.conf"
	install -m 755 "$here/rotate" "$dir/rotate"
	add_program nginx <<-END
		command=/usr/sbin/nginx -p $dir -c nginx.conf
		directory=$HOME/current
		stopsignal=QUIT
	END
	add_program nginx-logs <<-END
		command=/bin/bash $dir/rotate $dir/tmp/nginx.pid
	END
}

# A snippet that nginx does not take fails the build, in nginx's words; unless
# a hook may yet make it good.
nginx_check() {
	local said

	if said=$(/usr/sbin/nginx -q -t -p "$own/nginx" -c nginx.conf 2>&1)
	then
		return 0
	fi
	grep -v 'alert.*could not open error log' <<<"$said" || true
	if has_late_hook; then
		say "nginx does not accept this yet; a hook has to change it."
		return 0
	fi
	fail "nginx does not accept the configuration."
}
