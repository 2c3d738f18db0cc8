# tests/traffic/16-others.sh -- the long form only: what others lose. The same
# program under the same load, two processes of it, ten new versions each: by pm2,
# by a script that reloads nginx, and by docker where there is an engine.
# shellcheck shell=bash

other_port=$((16000 + number))
others=$root/work/others
other_record=$root/work/record.others
other_marks=$root/work/marks.others

# beside NAME COMMAND...: a row of the second table; the load is on it alone.
beside() {
	local row=$1 begin
	shift
	PAUSE_MS=10 "$DCLOUD_OUT/test/traffic" "127.0.0.1:$other_port" localhost \
	    "$other_record" keep=3 fresh=3 slow=2 post=1 chunked=2 sse=2 ws=2 &
	local load=$!
	calm
	begin=$(now_us)
	ok "$row" "$@"
	echo "$begin $(now_us) $row (losses)" >>"$other_marks"
	kill $load
	wait $load
}
is_version() {
	curl -s --max-time 5 "http://127.0.0.1:${2:-$other_port}/" |
		grep -qx "version $1"
}

pm2() { PM2_HOME=$others/pm2home "$others/node_modules/.bin/pm2" "$@"; }
pm2_reloads() {
	local n
	for n in {2..11}; do
		echo "$n" >"$others/app/version"
		pm2 reload traffic && wait_until 30 is_version "$n" || return
	done
}
try_pm2() {
	npm install --prefix "$others" --silent --no-fund --no-audit pm2 \
	    >/dev/null 2>&1 || { note "pm2 cannot be installed"; return; }
	PORT=$other_port pm2 start "$others/app/server.js" -i 2 --name traffic \
	    >/dev/null
	wait_until 30 is_version 1
	beside "pm2 reload, ten times" pm2_reloads
	pm2 kill >/dev/null
}

nginx_conf() { # PORT...
	local port
	echo "pid $others/nginx.pid; error_log $others/nginx.log;
	    user root; events { worker_connections 4096; }
	    http { access_log off; client_max_body_size 100m;
	    client_body_temp_path $others/t1; proxy_temp_path $others/t2;
	    fastcgi_temp_path $others/t3; uwsgi_temp_path $others/t4;
	    scgi_temp_path $others/t5;
	    map \$http_upgrade \$how { default upgrade; '' close; }
	    upstream app {"
	for port; do echo "server 127.0.0.1:$port;"; done
	echo "} server { listen 127.0.0.1:$other_port; location / {
	    proxy_pass http://app; proxy_http_version 1.1;
	    proxy_set_header Host \$host; proxy_set_header Upgrade \$http_upgrade;
	    proxy_set_header Connection \$how; } } }"
}
nginx() { "$others/nginx" -c "$others/nginx.conf" -p "$others" "$@" 2>/dev/null; }
begin_process() {
	PORT=$1 node "$others/app/server.js" >/dev/null 2>&1 &
	echo $!
}
end_process() { kill "$@"; }
begin_container() {
	docker run -d --rm -v "$others/app:/app:ro" -p "127.0.0.1:$1:8080" \
	    node:20 node /app/server.js
}
end_container() { docker stop "$@"; }

# start N: both of version N, at ports of their own. Who runs is kept in a file,
# as a row of the table is a subshell.
start() {
	local i ports=()
	: >"$others/running"
	echo "$1" >"$others/app/version"
	for i in 1 2; do
		ports+=($((other_port + 1000 + $1 * 2 + i)))
		begin_"$engine" "${ports[-1]}" >>"$others/running"
	done
	for i in "${ports[@]}"; do
		wait_until 30 is_version "$1" "$i" || return
	done
	nginx_conf "${ports[@]}" >"$others/nginx.conf"
}
# The script that is found everywhere: start, reload, stop the old ones.
nginx_reloads() {
	local n old
	for n in {2..11}; do
		mapfile -t old <"$others/running"
		start "$n" && nginx -s reload && wait_until 30 is_version "$n" ||
			return
		end_"$engine" "${old[@]}" >/dev/null
	done
}
beside_nginx() { # NAME process|container
	local engine=$2 last
	start 1 && nginx && wait_until 30 is_version 1
	beside "$1" nginx_reloads
	nginx -s stop
	mapfile -t last <"$others/running"
	end_"$engine" "${last[@]}" >/dev/null
}
try_nginx() {
	if type -P nginx >/dev/null; then
		ln -s "$(type -P nginx)" "$others/nginx"
	else
		(cd "$others" && apt-get -qq download nginx >/dev/null 2>&1 &&
		    dpkg -x nginx_*.deb deb && ln -s deb/usr/sbin/nginx nginx)
	fi
	nginx -v || { note "nginx cannot be installed"; return; }
	beside_nginx "nginx reload script, ten times" process
	if docker info >/dev/null 2>&1; then
		beside_nginx "docker run and nginx reload, ten times" container
	else
		note "docker run: no engine answers here"
	fi
}

if [ "$form" = long ]; then
	load_stop
	mkdir "$others"
	cp -r "$here/app" "$others/app"
	try_pm2
	try_nginx
	others_table=$("$here/report.py" "$other_marks" "$other_record")
fi
