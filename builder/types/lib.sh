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

# has_entry FILE WHY: is there the file that begins the application? Without it, a
# program of the application's own may listen on 8080.
has_entry() {
	[ -f ~/current/"$1" ] && return 0
	if has_process || [ -f ~/current/supervisord.conf ]; then
		say "There is no $1 in the approot: a process of the" \
		    "application has to answer on port 8080."
		return 1
	fi
	if has_late_hook; then
		say "There is no $1 in the approot yet; a hook has to write it."
		return 0
	fi
	fail "there is no $1 in '$approot': $2"
}

# link_programs DIR NAME...: supervisord.conf knows no shell; the NAMEs and what
# is in DIR get their variables from the type's `program`.
link_programs() {
	local name file dir=$1

	shift
	rm -rf "${own:?}/bin"
	mkdir -p "$own/bin"
	install -m 755 "$here/program" "$own/program"
	for name; do
		ln -s ../program "$own/bin/$name"
	done
	for file in "$dir"/*; do
		[ ! -f "$file" ] || ln -sf ../program "$own/bin/${file##*/}"
	done
}

# uwsgi_conf COMMAND: stdin is what the language needs of ~/.dcloud/uwsgi.ini,
# which COMMAND starts uWSGI with.
uwsgi_conf() {
	local option

	{
		echo '[uwsgi]'
		cat
		cat <<-END
			chdir = $HOME/current
			need-app = true
			master = true
			die-on-term = true
			vacuum = true
			processes = ${SERVICE_CONFIG_UWSGI_PROCESSES:-4}
			socket = $own/uwsgi.sock
		END
		[ -z "${SERVICE_CONFIG_UWSGI_BUFFER_SIZE:-}" ] ||
		    echo "buffer-size = $SERVICE_CONFIG_UWSGI_BUFFER_SIZE"
		[ -z "${SERVICE_CONFIG_UWSGI_HARAKIRI:-}" ] ||
		    echo "harakiri = $SERVICE_CONFIG_UWSGI_HARAKIRI"
		for option in MEMORY_REPORT ENABLE_THREADS SINGLE_INTERPRETER; do
			! is_on UWSGI_$option || echo "${option,,} = true"
		done | tr _ -
	} >"$own/uwsgi.ini"
	add_program uwsgi <<-END
		command=$1
		directory=$HOME/current
		stopsignal=INT
	END
}

# nginx_conf INDEX [ROOT]: stdin goes into the server block, behind the user's
# snippets. Whatever those may want to set for themselves is set further out.
# ROOT is below the approot.
nginx_conf() {
	local file code dir=$own/nginx

	mkdir -p "$dir/tmp"
	for file in /etc/nginx/{mime.types,*_params,fastcgi.conf}; do
		ln -sfn "$file" "$dir/"
	done
	{
		sed "s/@SERVICE@/$SERVICE_NAME/g; s/@INDEX@/$1/
		    s,@ROOT@,$HOME/current${2:+/$2}," "$here/nginx.conf"
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
	# Instances know those of their application's services, builds do not.
	if grep -q 'host not found in upstream' <<<"$said"; then
		say "nginx starts only where this host is known."
		return 0
	fi
	fail "nginx does not accept the configuration."
}
