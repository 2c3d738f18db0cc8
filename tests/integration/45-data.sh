#!/bin/bash
# tests/integration/45-data.sh -- ~/data goes with its instance from version to
# version, and nobody who asks meanwhile is refused.
. "$(dirname "$0")/lib.sh"
plan 62
platform_up
here=$(dirname "$(readlink -f "$0")")
. "$here/data.sh"

# --- under load --------------------------------------------------------------

example hello data
cp "$here/data_app.py" hello.py
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  postinstall: postinstall
END
cat >postinstall <<'END'
#!/bin/bash
echo "postinstall sees: $(ls -A ~/data 2>&1)"
mkdir ~/data
touch ~/data/of-postinstall
END
chmod +x postinstall
version 1
push
is "version 1 is pushed" $rc 0
is "it has ~/data" "$(history)" "start 1"
mine=$(box data www.0)/home/mnt/data
ok "and what its postinstall made there" test -e "$mine/of-postinstall"

# All that a rename keeps.
rm "$mine/of-postinstall"
first_id=$(stat -c %g "$(box data www.0)/home")
mkdir -p "$mine/sub/deep" "$mine/closed"
echo one >"$mine/a"
ln "$mine/a" "$mine/sub/deep/b"
ln -s /nowhere "$mine/link"
mkfifo "$mine/pipe"
truncate -s 5000000 "$mine/big"
chown -hR $((first_id + 1000)):$((first_id + 1000)) "$mine"
chown $((first_id + 33)):$((first_id + 4)) "$mine/sub"
chmod 2750 "$mine/sub"
chmod 000 "$mine/closed"
python3 -c "import os; os.setxattr('$mine/a', 'user.colour', b'blue')"
before=$(tree "$(box data www.0)/home/upper/data")

allow 1
python3 "$here/load.py" "$http" "data-$user.localhost" "$allowed" \
    >"$root/work/load.log" 2>&1 &
load=$!
version 2
allow 1 2
push
allow 2
is "version 2 is pushed under load" $rc 0
like "it says what it does" "$said" \
    '\[www.0\] Moving ~/data to the new instance \(requests wait\)'
like "and for how long requests waited" "$said" \
    '\[www\] Requests have waited for [0-9]+\.[0-9] s while ~/data moved'
like "its postinstall does not see ~/data" "$said" \
    "postinstall sees: ls: cannot access '/home/dotcloud/data'"
is "the versions ran one after the other" "$(words)" "start 1 stop 1 start 2 "
last=$(get data /data/last)
ok "what was written last is there" test "$(get data /data/number)" -ge "$last"
is "the very same files: owners, modes, links, attributes" \
    "$(tree "$(box data www.0)/home/upper/data")" "$before"
ok "and nothing of the postinstall's" not test -e \
    "$(box data www.0)/home/mnt/data/of-postinstall"

cp postinstall "$root/work/postinstall"
cat >postinstall <<'END'
#!/bin/bash
mkdir ~/data
echo broken >~/data/history
exit 3
END
version 3
push
is "a version whose postinstall fails is not deployed" $rc 2
unlike "requests did not wait for it" "$said" 'requests wait'
is "the one before was never stopped" "$(words)" "start 1 stop 1 start 2 "

cp "$root/work/postinstall" postinstall
echo yes >fail
version 4
push
echo no >fail
is "a version that never answers is not deployed" $rc 2
like "it says why" "$said" 'keeps crashing'
like "and that ~/data goes back" "$said" '\[www.0\] Moving ~/data back'
ok "the one before answers" get data /
is "it is back, with its ~/data" "$(words)" \
    "start 1 stop 1 start 2 stop 2 start 2 "
is "the very same" "$(tree "$(box data www.0)/home/upper/data")" "$before"

version 5
allow 2 5
push
allow 5
is "the next one is deployed" $rc 0
allow 5 2
ok "deploy previous" dcloud deploy previous
allow 2
is "takes ~/data along" "$(history | tail -n 2 | tr '\n' ' ')" \
    "stop 5 start 2 "
kill $load
wait $load
log=$(cat "$root/work/load.log")
note "${log//$'\n'/; }"
like "no answer was lost or wrong" "$log" '^requests [0-9]{3,}, bad 0,'
is "every kind of client was there" \
    "$(grep -cE '^(keep|fresh|slow|post|old) [1-9]' <<<"$log")" 5

# --- its container ends ------------------------------------------------------

monitor() { pgrep -f "^.lxc monitor. $root/boxes $(basename \
    "$(box data www.0)")\$"; }
kill -9 "$(pgrep -P "$(monitor)")"
came_back() { [ "$(history | tail -n 2 | tr '\n' ' ')" = "start 2 start 2 " ]; }
ok "an instance that is killed comes back with its ~/data" \
    wait_until 30 came_back

# --- scaling -----------------------------------------------------------------

mark() { echo "$1" >"$(box data "www.$1")/home/mnt/data/mark"; }
marks() { cat "$(box data www.0)/home/mnt/data/mark" \
    "$(box data www.1)/home/mnt/data/mark" | tr '\n' ' '; }
ok "a second instance" dcloud scale www=2
mark 0
mark 1
version 6
push
is "both are replaced" $rc 0
is "each has its own" "$(marks)" "0 1 "
ok "one instance again" dcloud scale www=1
service=$(db "SELECT id FROM services WHERE name = 'www'")
ok "the ~/data of the other is kept" wait_until 60 test -d \
    "$root/data/$service.1"
ok "and the machine is at rest" wait_until 60 at_rest
version 7
push
is "it stays there through a push" "$rc $(parked)" "0 $service.1"
ok "a second instance again" dcloud scale www=2
is "has it" "$(marks)" "0 1 "
ok "down" dcloud scale www=1
ok "and up at once, while the old one still ends" dcloud scale www=2
is "has it as well" "$(marks)" "0 1 "

# --- what is no ~/data -------------------------------------------------------

example hello other
version 1
sed 's|^os.makedirs.*|os.path.lexists(data) or os.symlink("/tmp", data)|' \
    "$here/data_app.py" >hello.py
push
is "an application with a link for ~/data" $rc 0
version 2
push
is "is pushed again" $rc 0
unlike "there is nothing to move" "$said" 'Moving'
sed '/^os.makedirs/,$d' "$here/data_app.py" >hello.py
cat >>hello.py <<'END'
if not os.path.exists(data):
    open(data, "w").close()
load_app.Server(("", int(os.environ["PORT_WWW"])), Handler).serve_forever()
END
version 3
push
is "with a file for ~/data" $rc 0
version 4
push
is "it is pushed again" $rc 0
unlike "and there is nothing to move" "$said" 'Moving'

# --- what the build made -----------------------------------------------------

example hello built
sed 's|^note("start")|if os.path.exists("tree"):\
    os.remove("data/gone")\
    os.rename("tree", "data/t")\
&|' "$here/data_app.py" >hello.py
cat >>builder <<'END'
mkdir -p data/sub
echo seed >data/seed
echo old >data/gone
rm -rf tree
[ "$(cat with-tree)" = no ] || { mkdir -p tree/in; echo leaf >tree/in/leaf; }
END
echo yes >with-tree
version 1
push
is "a build that makes ~/data itself" $rc 0
mine=$(box built www.0)/home/mnt/data
ln "$mine/seed" "$mine/sub/seed2"
chmod 640 "$mine/seed"
before=$(tree "$mine" "")
is "is written to when it runs" \
    "$(cd "$mine" && find . -type f ! -name 'n*' | sort | tr '\n' ' ')" \
    "./history ./seed ./sub/seed2 ./t/in/leaf "
echo no >with-tree
sed -i 's/echo seed/echo newer/' builder
version 2
push
is "it is pushed again" $rc 0
is "all of it has moved" "$(tree "$(box built www.0)/home/mnt/data" "")" \
    "$before"
is "and nothing of the new build shows" "$(get built /data/seed)" seed
before=$(tree "$(box built www.0)/home/upper/data")
version 3
push
is "from then on by rename" "$(tree "$(box built www.0)/home/upper/data")" \
    "$before"

cp dotcloud.yml "$root/work/dotcloud.yml"
cat >>dotcloud.yml <<'END'
side:
  type: custom
  process: exit 1
  ports:
    http: http
END
version 4
push
cp "$root/work/dotcloud.yml" dotcloud.yml
is "with another service that fails it is not deployed" $rc 2
unlike "nor does anything move" "$said" 'Moving'
is "nor was it stopped" "$(get built /data/history | tail -n 1)" "start 3"

# --- no http -----------------------------------------------------------------

example hello worker
cp "$here/data_app.py" hello.py
sed -i 's/^load_app.Server.*/import socket\
s = socket.create_server(("", int(os.environ["PORT_ECHO"])))\
while True:\
    s.accept()[0].close()/' hello.py
cat >dotcloud.yml <<'END'
jobs:
  type: custom
  buildscript: builder
  ports:
    echo: tcp
END
version 1
push
is "a service without http" $rc 0
version 2
push
is "is pushed again" $rc 0
like "its ~/data moves, no request waits" "$said" \
    '\[jobs.0\] Moving ~/data to the new instance\.\.\.'
is "and is there" \
    "$(tr '\n' ' ' <"$(box worker jobs.0)/home/mnt/data/history")" \
    "start 1 stop 1 start 2 "

# --- the end of it -----------------------------------------------------------

cd "$root/work/data" || exit 1
ok "scaled down" dcloud scale www=1
ok "with ~/data beside" wait_until 60 test -d "$root/data/$service.1"
ok "an application is destroyed" dcloud -y destroy
is "its ~/data is gone" "$(parked)" ""
ok "nothing but what serves is left" wait_until 60 at_rest
