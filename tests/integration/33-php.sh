#!/bin/bash
# tests/integration/33-php.sh -- php: nginx and php-fpm, php.ini, snippets, what
# applications of 2012 rely on; packages of PEAR and PECL, versions; php-worker.
. "$(dirname "$0")/lib.sh"
plan 29
platform_up

example php pages
log=$(dcloud push 2>&1)
is "a push succeeds" $? 0
is "the index answers" "$(get pages)" "Hello from pages on PHP, /"
is "so does any path, by the snippet" "$(get pages /a/b)" "Hello from pages on PHP, /a/b"
is "PATH_INFO is set" "$(get pages /index.php/x/y)" "Hello from pages on PHP, /x/y"
conf_file=$(cat "$root"/boxes/"$bridge"-i*/home/mnt/.dcloud/fpm.conf)
like "phpfpm_processes is taken" "$conf_file" '^pm.max_children = 2$'

echo '<?php echo ini_get("memory_limit"), " ", extension_loaded("mysqli"), "\n";' >limit.php
echo '<?php echo nonsense(;' >broken.php
dcloud push >/dev/null 2>&1
is "php.ini counts" "$(get pages /limit.php)" "99M 1"
is "a broken page is 500" "$(status pages /broken.php)" 500
like "and its error in the log" \
    "$(cat "$root"/boxes/"$bridge"-i*/log/php-fpm*.log "$root"/boxes/"$bridge"-i*/log/nginx*.log)" \
    'PHP Parse error: .*broken.php'

# A package of PEAR's kind, made here: the registry is somebody else's.
mkdir -p "$root/work/pear/Greet-1.0.0"
echo '<?php function greet() { return "greetings\n"; }' >"$root/work/pear/Greet-1.0.0/Greet.php"
cat >"$root/work/pear/package.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<package version="2.0" xmlns="http://pear.php.net/dtd/package-2.0">
 <name>Greet</name><uri>http://localhost/Greet-1.0.0</uri>
 <summary>greets</summary><description>greets</description>
 <lead><name>A</name><user>a</user><email>a@example.com</email><active>yes</active></lead>
 <date>2012-01-01</date>
 <version><release>1.0.0</release><api>1.0.0</api></version>
 <stability><release>stable</release><api>stable</api></stability>
 <license>MIT</license><notes>none</notes>
 <contents><dir name="/"><file name="Greet.php" role="php" /></dir></contents>
 <dependencies><required><php><min>5.2.0</min></php><pearinstaller><min>1.4.0</min></pearinstaller></required></dependencies>
 <phprelease />
</package>
END
tar -C "$root/work/pear" -czf Greet-1.0.0.tgz package.xml Greet-1.0.0
sed -i 's|config:|requirements: [Greet-1.0.0.tgz]\n  config:|' dotcloud.yml
echo '<?php require "Greet.php"; echo greet();' >greet.php
log=$(dcloud push 2>&1)
like "pear is seen working" "$log" 'install ok: .*Greet-1.0.0'
is "and its package is found" "$(get pages /greet.php)" greetings

# Channels of PEAR and of PECL, which ask a proxy: the real ones are not ours.
python3 "$top/tests/integration/pear.py" channels
cat >proxy <<'END'
#!/bin/bash
python3 -m http.server -d channels 8001 >/dev/null 2>&1 &
echo 'export http_proxy=http://127.0.0.1:8001/' >~/dotcloud_profile
until curl -sf --noproxy '*' http://127.0.0.1:8001/ >/dev/null; do :; done
END
chmod +x proxy
service() { printf '%s\n' 'www:' '  type: php' "$@" >dotcloud.yml; }
service '  prebuild: ./proxy' \
    '  requirements: [channel://pear.example.org/Greet, hello-1.2.2]'
echo '<?php require "Greet.php"; echo greet(), ", ", hello_there(), "\n";' >greet.php
log=$(dcloud push --clean 2>&1)
is "a channel of PEAR, an extension of PECL" $? 0
like "the channel is discovered" "$log" 'Auto-discovered channel "pear.example.org"'
like "what PEAR does not have is PECL's" "$log" 'install ok: .*pecl.php.net/hello-1.2.2'
is "both are found" "$(get pages /greet.php)" "greetings, hello from C"
log=$(dcloud push 2>&1)
like "the next push keeps them" "$log" 'requirements are unchanged'
is "and they are there" "$(get pages /greet.php)" "greetings, hello from C"
service '  prebuild: ./proxy' '  requirements: [no-such-package]'
log=$(dcloud push 2>&1)
is "a package that nobody has fails" $? 2
like "and is named" "$log" 'neither PEAR nor PECL could install no-such-package'

# --- an application as of 2012 -------------------------------------------------

service '  approot: web'
mkdir web
cat >web/nginx.conf <<'END'
set $front_controller app.php;
client_max_body_size 20m;
index $front_controller;
try_files $uri $uri/ /$front_controller$uri;
location ~ ".+\.php($|/.*)" {
	fastcgi_pass unix:/var/dotcloud/php5-fpm.sock;
	include fastcgi_params;
	include /home/dotcloud/current/*fastcgi.conf;
	fastcgi_split_path_info ^(.+\.php)(/.+)$;
	fastcgi_param PATH_INFO $fastcgi_path_info;
	fastcgi_param PATH_TRANSLATED $document_root$fastcgi_path_info;
}
END
echo 'fastcgi_param ENVIRONMENT production;' >web/fastcgi.conf
printf '[PHP]\nupload_max_filesize = 20M\npost_max_size = 21M\ndisplay_errors = Off\n[apc]\napc.enabled = 0\n' >web/php.ini
cat >web/app.php <<'END'
<?php
session_start();
$_SESSION['n'] = 1 + ($_SESSION['n'] ?? 0);
error_log('somebody asked for ' . $_SERVER['PATH_INFO']);
echo $_SERVER['PATH_INFO'], ' ', $_SERVER['ENVIRONMENT'], ' ', $_SESSION['n'],
    ' ', isset($_FILES['f']) ? filesize($_FILES['f']['tmp_name']) : 'none', "\n";
END
log=$(dcloud push 2>&1)
is "a front controller with a location of its own" $? 0
is "PATH_INFO, fastcgi.conf" "$(get pages /blog/12)" "/blog/12 production 1 none"
jar=$root/cookies
visit() { curl -sf --max-time 20 -b "$jar" -c "$jar" -H "Host: pages-$user.localhost" "$@" "http://$http/s"; }
visit >/dev/null
is "a session goes on" "$(visit)" "/s production 2 none"
head -c 8000000 /dev/zero >"$root/eight"
is "an upload of 8 MB" "$(visit -F "f=@$root/eight")" "/s production 3 8000000"
like "error_log() is in the log" "$(dcloud logs -N www)" 'somebody asked for /blog/12'

service
touch maintenance
dcloud push >/dev/null 2>&1
is "a file 'maintenance' is 503" "$(status pages)" 503
rm maintenance
echo 'register_globals = On' >php.ini
log=$(dcloud push 2>&1)
is "a php.ini that php refuses fails" $? 2
like "in php's words" "$log" "php does not start with the php.ini of '.': .*register_globals"
echo 'memory_limit = 98M' >php.ini
service '  config:' '    phpfpm_processes: 2'
dcloud push >/dev/null 2>&1
is "and is mended" "$(get pages /limit.php)" "98M 1"

sed -i 's/phpfpm_processes: 2/php_version: v5.3/' dotcloud.yml
like "another php fails and says what there is" "$(dcloud push 2>&1)" \
    "there is no php 'v5.3' here; there is 8\."
printf 'work:\n  type: php-worker\n  process: php -r "echo 6*7, PHP_EOL; sleep(1000000);"\n' >dotcloud.yml
dcloud push >/dev/null 2>&1
ok "a worker runs" wait_until 5 grep -qx 42 "$root"/boxes/"$bridge"-i*/log/work.log
