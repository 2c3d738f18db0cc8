#!/bin/bash
# tests/integration/17-isolation.sh -- what a stranger's build and a stranger's
# program cannot reach: root, the host, its services, other containers, and more
# than their share.
. "$(dirname "$0")/lib.sh"
plan 31
platform_up

# ask APP COMMAND: what a shell in the instance prints; see asked.py.
ask() {
	curl -sf --max-time 30 -H "Host: $1-$user.localhost" \
	    --data-binary "$2" "http://$http/"
}

# The questions, one per line: NAME, a tab, a command that must fail.
gateway=$(address 1)
cat >"$root/denied" <<END
the API of the platform	curl -sf -m 5 -H 'Host: localhost' http://$gateway:$http_port/v1/auth/discovery
the same by another name	curl -sf -m 5 -H 'Host: API.localhost:1' http://$gateway:$http_port/v1/auth/discovery
its sshd	exec 3<>/dev/tcp/$gateway/$ssh_port
the host's sshd	exec 3<>/dev/tcp/$gateway/22
a server of the host	exec 3<>/dev/tcp/$gateway/$((http_port + 5000))
su	su root -c true </dev/null
sudo	sudo -n true
a user namespace's root over the host's files	unshare -Ur cat /etc/shadow
the shadow file	cat /etc/shadow
writing to the system	touch /usr/bin/x
a device	mknod ~/sda b 8 0
reading a disk	cat /dev/sda /dev/vda
mounting	mount -t tmpfs none /mnt
kernel settings	echo 1 >/proc/sys/kernel/panic
the kernel's memory	head -c 1 /proc/kcore
sysrq	echo h >/proc/sysrq-trigger
loading a module	insmod /dev/null
the clock	date -s @0
the host name	hostname other
the platform's state	ls $root
the container's files of pid 1	ls /proc/1/root/
another network address	ip addr add 10.9.9.9/32 dev eth0
raw packets	python3 -c 'import socket; socket.socket(17, 3)'
END

cp "$top/tests/integration/asked.py" "$root/asked.py"

# A server on every address of the host, for what must not be reached.
python3 -m http.server $((http_port + 5000)) --directory "$root/work" \
    >/dev/null 2>&1 &
server=$!
ok "a server of the host is there" wait_until 10 \
    curl -sf "http://$gateway:$((http_port + 5000))/"

# --- the build and the program ask the same ----------------------------------

mkdir -p "$root/work/jail"
cd "$root/work/jail" || exit 1
dcloud -y create jail >/dev/null 2>&1
cp "$root/asked.py" "$root/denied" .
cat >try <<'END'
#!/bin/bash
# Which of the commands that must fail do not.
while IFS=$'\t' read -r name command; do
	if timeout 5 bash -c "$command" >/dev/null 2>&1 </dev/null; then
		echo "possible: $name"
	fi
done <"$(dirname "$0")/denied"
echo "asked everything"
END
cat >builder <<'END'
#!/bin/bash
bash ./try
cp -a . ~
END
printf 'www:\n  type: custom\n  buildscript: builder\n  process: %s\n' \
    'python3 ~/asked.py' >dotcloud.yml
said=$(dcloud push 2>&1)
is "a push that asks a lot" $? 0
like "the build has asked" "$said" '\[www\] asked everything$'
unlike "the build cannot reach anything" "$said" 'possible: '
[ $bad -eq 0 ] || grep 'possible: ' <<<"$said" | sed 's/^/# /'
is "nor can the program" "$(ask jail 'bash ~/try')" "asked everything"
is "it has no capabilities" \
    "$(ask jail 'grep -E "Cap(Prm|Eff|Inh|Amb)" /proc/self/status |
        grep -vc 0000000000000000')" 0
is "and gets none: no_new_privs" \
    "$(ask jail 'grep NoNewPrivs /proc/self/status | tr -dc 01')" 1
like "system calls are filtered" \
    "$(ask jail 'grep ^Seccomp: /proc/self/status')" '2$'
is "its pid 1 is not the host's root" "$(ask jail \
    'awk "{ exit \$2 == 0 }" /proc/1/uid_map && echo mapped')" mapped
is "it sees its own processes only" "$(ask jail \
    'cat /proc/[0-9]*/comm | grep -c haproxy')" 0
is "and a few devices" "$(ask jail 'ls /dev | grep -cE "^(sd|vd|nvme|loop|kmsg|mem|kvm)"')" 0
is "names are resolved" "$(ask jail 'getent hosts localhost >/dev/null && echo yes')" yes
like "the router can be reached from inside" "$(ask jail \
    "curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://1.1.1.1.invalid/ || echo none")" none

# --- its neighbour -----------------------------------------------------------

mkdir -p "$root/work/other"
cd "$root/work/other" || exit 1
dcloud -y create other >/dev/null 2>&1
cp "$root/asked.py" .
printf '#!/bin/sh\ncp -a . ~\n' >builder
printf 'www:\n  type: custom\n  buildscript: builder\n  process: %s\n' \
    'python3 ~/asked.py' >dotcloud.yml
ok "a second application" dcloud push
address=$(ask other "hostname -I | tr -d ' \n'")
like "it has an address" "$address" '^10\.'
is "and hears itself there" \
    "$(ask other "curl -sf --max-time 5 http://$address:42800/")" ready
is "its neighbour does not hear it" \
    "$(ask jail "curl -sf --max-time 3 http://$address:42800/ || echo no")" no
is "nor does a ping reach it" \
    "$(ask jail "ping -c 1 -W 1 $address >/dev/null 2>&1 || echo no")" no
is "its sshd answers it" \
    "$(ask other "head -c 4 </dev/tcp/127.0.0.1/22")" SSH-
is "and not its neighbour" \
    "$(ask jail "timeout 3 bash -c 'head -c 4 </dev/tcp/$address/22' \
    2>/dev/null || echo no")" no
is "they have different users on the host" "$(for app in jail other; do
    ask $app "awk '{ print \$2 }' /proc/self/uid_map"; done | sort -u |
    wc -l)" 2

# --- more than its share -----------------------------------------------------

said=$(dcloud -A jail scale www:memory=64M 2>&1)
is "a limit of memory" $? 0
ask jail "python3 -c 'x = bytearray(400 << 20)'; echo status \$?" \
    >"$root/eaten"
like "what needs more is killed" "$(cat "$root/eaten")" 'status (137|1)|Killed|^$'
ok "the application is back or never went" wait_until 30 get jail
is "its neighbour answers" "$(get other)" ready
is "the platform's programs are the same" "$(for one in uploader builder \
    deployer haproxy sshd; do pid_of $one; done | grep -c '^[0-9]')" 5
(ask jail 'f() { f | f & }; f; sleep 2; echo over' >/dev/null 2>&1)
is "a fork bomb: its neighbour answers" "$(get other)" ready
pids=$(pgrep -c . || true)
ok "and the host has room for more" test "$pids" -lt 6000
cd "$root/work/other" || exit 1
ok "and can be deployed to" dcloud push
cd "$root/work/jail" || exit 1
printf '#!/bin/sh\ncp -a . ~\n' >builder
said=$(dcloud push 2>&1)
is "and be healed by a push" $? 0
is "answers again" "$(get jail)" ready

kill $server
wait $server 2>/dev/null
