#!/bin/bash
# tests/integration/22-reboot.sh -- what was up is up again by itself: after
# down and up, and after the power was cut.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/crash.sh"
plan 23
platform_up

# Two applications, one of them in two instances; each counts its postinstalls
# and keeps a file that only a running instance has written.
for app in one two; do
	hello_app $app "$app"
	cat >postinstall <<'END'
#!/bin/bash
echo ran >>~/postinstall.count
END
	ok "$app is pushed" dcloud push
done
cd "$root/work/two" || exit 1
ok "two is scaled" dcloud scale www=2
rest "before: the machine is what the store says"

homes() { echo "$root"/boxes/*/home/upper; }
state() {
	db "SELECT id, deployment_id, snapshot_id, number, installed, state
	    FROM instances WHERE state <> 'gone' ORDER BY id"
}
each() { for home in $(homes); do cat "$home/$1"; done; }

for home in $(homes); do
	echo kept >"${home%/upper}/mnt/kept"
done
before=$(state)
deployments=$(db "SELECT count(*) FROM deployments")

# came_back WHAT: everything as before, by itself.
came_back() {
	rest "$1: everything is up again"
	is "$1: the same instances" "$(state)" "$before"
	is "$1: one answers" "$(get one)" one
	is "$1: two answers" "$(get two)" two
	is "$1: no deployment was made" \
	    "$(db "SELECT count(*) FROM deployments")" "$deployments"
	is "$1: postinstall did not run again" \
	    "$(each postinstall.count | tr '\n' ' ')" "ran ran ran "
	is "$1: their files are there" "$(each kept | tr '\n' ' ')" \
	    "kept kept kept "
}

ok "down" platform down
is "down: nothing runs and nothing is mounted" "$(leftovers)" ""
ok "up" platform up
came_back "reboot"

# Every process of this platform and in its containers, at once, and nothing
# unmounted: those of this state root, the monitors of its containers, and what
# is in their cgroups.
processes() {
	pgrep -f "$root" | grep -vxE "$$|$BASHPID"
	cat /sys/fs/cgroup/*/lxc.payload."$bridge"-*/cgroup.procs \
	    /sys/fs/cgroup/lxc.payload."$bridge"-*/cgroup.procs 2>/dev/null |
	    sort -u
}
for pid in $(processes); do
	kill -9 "$pid" 2>/dev/null
done
dead() { [ -z "$(processes)" ]; }
ok "power cut: nothing runs" wait_until 10 dead
ok "power cut: up" platform up
came_back "power cut"
