#!/bin/bash
# tests/integration/16-failures.sh -- whatever goes wrong with a push: a clear
# word, the right exit status, the old version serving, and nothing left over.
. "$(dirname "$0")/lib.sh"
plan 111
platform_up

push() {
	said=$(dcloud -y push "$@" 2>&1 </dev/null)
	rc=$?
}

# The containers and layers that the store does not know of.
strays() {
	diff <(find "$root/boxes" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort) \
	    <(db "SELECT '$bridge-i' || id FROM instances
	        WHERE state NOT IN ('failed', 'gone') ORDER BY 1")
	diff <(find "$root/layers" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort) \
	    <(db "SELECT id FROM snapshots" | sort)
	find "$root/blobs/tmp" -mindepth 1
}
no_strays() { [ -z "$(strays)" ]; }
settled() { wait_until 60 no_strays || { strays; who_has_them; return 1; }; }

# What the store and the machine say of instances that should have gone.
who_has_them() {
	db "SELECT * FROM instances WHERE state <> 'gone'"
	db "SELECT * FROM events WHERE thing = 'instance'" | tail -n 20
	pgrep -af -- "$root.* -j "
}

# fails STATUS NAME REGEX: a push ends so, says so, and the version of before
# serves on; then the directory is as it was.
fails() {
	push
	is "$2: exit status" $rc "$1"
	like "$2: message" "$said" "$3"
	unlike "$2: nothing is called live" "$said" 'Application is live'
	is "$2: the old version serves" "$(get app)" good
	ok "$2: nothing is left of it" settled
	cd "$root/work" || exit 1
	rm -rf app
	cp -a good app
	cd app || exit 1
}

key() { printf '  %s\n' "$1" >>dotcloud.yml; }

hello_app app good
ok "a version that works" dcloud push
cp -a . ../good

# One that never answers has a minute for it, in the meantime the others.
mkdir "$root/work/mute"
printf 'www:\n  type: custom\n  process: tail -f /dev/null\n  ports: {www: http}\n' \
    >"$root/work/mute/dotcloud.yml"
dcloud -o create mute >/dev/null 2>&1
dcloud -A mute push "$root/work/mute" >"$root/work/mute.log" 2>&1 </dev/null &
mute=$!

# --- the build ---------------------------------------------------------------

printf '#!/bin/sh\necho "cannot go on" >&2\nexit 3\n' >builder
fails 2 "a failing build script" \
    "Can't build service www \(custom\): .*builder.* returned 3"
printf '#!/bin/sh\nkill -9 $$\n' >builder
fails 2 "a killed build script" "Can't build service www .*(signal 9|killed)"
printf '#!/no/such/interpreter\n' >builder
fails 2 "a build script that cannot run" "Can't build service www"
sed -i s/builder/nothing/ dotcloud.yml
fails 2 "a build script that is not there" \
    "buildscript 'nothing' does not exist in the pushed code"
key 'prebuild: echo first; exit 4'
fails 2 "a failing prebuild" "Can't build service www .*returned 4"
key 'postbuild: ./not-there --at-all'
fails 2 "a failing postbuild" \
    "Can't build service www .*not-there.* was not found"
printf 'www:\n  type: custom\n  approot: nowhere\n' >dotcloud.yml
fails 2 "an approot that is not there" "approot.*nowhere"

# --- the build file: nothing is started, so 1 --------------------------------

rm dotcloud.yml
fails 1 "no dotcloud.yml" 'dotcloud.yml'
printf 'www:\n\ttype: custom\n' >dotcloud.yml
fails 1 "a tab" 'in "dotcloud.yml", line 2, column 1:'
printf 'gear1:\n  type: nodejs\n    approot: Gear1\n' >dotcloud.yml
push
like "the guide's indentation: the line" "$said" '^ *approot: Gear1|type: nodejs'
like "the guide's indentation: a caret" "$said" '^ *\^$'
fails 1 "the guide's indentation" 'in "dotcloud.yml", line 3, column [0-9]+:'
printf 'www:\n  type: lolita\n' >dotcloud.yml
fails 1 "an unknown type" 'Unrecognized service "lolita" in "dotcloud.yml", line 2, column 9:'
printf 'www:\n  approot: .\n' >dotcloud.yml
fails 1 "no type" 'Missing mandatory entry: "type" in "dotcloud.yml", line'
printf 'www:\n  type: custom\n  approot: ../../etc\n' >dotcloud.yml
fails 1 "an approot outside" 'approot.*line 3'
ln -sf /etc/passwd dotcloud.yml
fails 1 "a build file that is a link to elsewhere" 'dotcloud.yml'
: >dotcloud.yml
fails 1 "an empty build file" '"dotcloud.yml" is empty!'

# --- the start ---------------------------------------------------------------

key 'postinstall: echo "in vain"; exit 5'
fails 2 "a failing postinstall" '\[www\.0\] .*returned 5'
key 'process: sh -c "echo last words; exit 6"'
push
like "a process that crashes: its last words" "$said" '\[www\.0\] last words$'
fails 2 "a process that crashes" "process 'www' .*keeps crashing"
key 'process: no-such-program'
fails 2 "a program that is not there" 'no-such-program.*not found'

# --- what a build can leave behind -------------------------------------------

victim=$(sha256sum /etc/passwd)
cat >>builder <<'END'
cd
echo odd
mkdir -p locked/inner
touch locked/inner/file unreadable
chmod 000 unreadable locked/inner/file locked/inner locked
ln -sfn /etc/passwd passwd
ln -sfn ../../../../../etc passing
ln -sfn loop loop
mkfifo fifo
cp /bin/true setuid
chmod 6777 setuid
ln -f hello.py hardlink
ln -sfn /etc/passwd environment.json
ln -sfn /etc environment.yaml
ln -sfn /etc/passwd dotcloud_profile
truncate -s 1G sparse
touch "$(printf 'new\nline')" "$(printf 'latin\351')" -- '-rf' ' '
END
sed -i 's/^cd$/cd; chmod -R u+rwX . 2>\/dev\/null; rm -f fifo/' builder
say_hello odd
push
is "odd files in HOME" "$rc $(get app)" "0 odd"
is "the host's files are as they were" "$(sha256sum /etc/passwd)" "$victim"
push
is "a build on top of them" "$rc $(get app)" "0 odd"
is "and still" "$(sha256sum /etc/passwd)" "$victim"
push --clean
is "and afresh" "$rc $(get app)" "0 odd"
rm -rf ../app
cp -a ../good ../app
cd ../app || exit 1
push --clean
is "the good version again" "$rc $(get app)" "0 good"

echo 'mkdir -p ~/environment.json/inside' >>builder
push
is "environment.json as a directory makes way" "$rc $(get app)" "0 good"
echo 'chmod 000 ~' >>builder
push --clean
is "a HOME that nobody may enter is opened again" "$rc $(get app)" "0 good"
rm -rf ../app
cp -a ../good ../app
cd ../app || exit 1
echo 'yes "all work and no play" | head -c 60000000' >>builder
push --clean
is "60 MB of output" "$rc $(get app)" "0 good"
[ $rc -eq 0 ] || tail -n 5 <<<"$said" | cut -c 1-300 | sed 's/^/# /'
ok "are not all kept" test "$(grep -c 'all work' <<<"$said")" -lt 1000000
like "and that is said" "$said" '(dropped|left out|omitted|skipped)'

# So many would wait for each other.
rm -rf ../app
cp -a ../good ../app
cd ../app || exit 1
for name in two three four; do
	sed "1,2s/^www:/$name:/" ../good/dotcloud.yml >>dotcloud.yml
done
push
is "four services" $rc 0
db "UPDATE services SET instance_count = 51 WHERE application_id =
    (SELECT id FROM applications WHERE name = 'app')"
push
is "with too many instances together" "$rc $(grep -c \
    'have 204 instances together; 200 are possible: dcloud scale' <<<"$said")" "2 1"

wait $mute
is "one that never answers: exit status" $? 2
like "one that never answers: message" "$(cat "$root/work/mute.log")" \
    'did not become responsive on port 42800 \(www, http\)'
is "nothing answers for it" "$(status mute)" 503
ok "nothing is left of any" settled
