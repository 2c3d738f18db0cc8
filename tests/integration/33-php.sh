#!/bin/bash
# tests/integration/33-php.sh -- php: nginx and php-fpm, php.ini, snippets, PEAR
# packages, versions; php-worker.
. "$(dirname "$0")/lib.sh"
plan 12
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

sed -i 's/phpfpm_processes: 2/php_version: v5.3/' dotcloud.yml
like "another php fails and says what there is" "$(dcloud push 2>&1)" \
    "there is no php 'v5.3' here; there is 8\."
printf 'work:\n  type: php-worker\n  process: php -r "echo 6*7, PHP_EOL; sleep(1000000);"\n' >dotcloud.yml
dcloud push >/dev/null 2>&1
ok "a worker runs" wait_until 5 grep -qx 42 "$root"/boxes/"$bridge"-i*/log/work.log
