# tests/traffic/06-health.sh -- an instance hangs, another answers its checks with
# 500, while those beside them answer.
# shellcheck shell=bash

# row WHAT SERVICE: of instance 1 of the service.
row() {
	db "SELECT i.$1 FROM instances i JOIN services s ON s.id = i.service_id
	    WHERE s.name = '$2' AND i.number = 1 AND i.state IN ('up', 'down')"
}
is_row() { [ "$(row "$1" "$2")" = "$3" ]; }
node_of() {
	cat /sys/fs/cgroup/{,*/}"lxc.payload.$bridge-i$(row id "$1")"/cgroup.procs \
	    2>/dev/null | sort -u | while read -r pid; do
		! grep -qa server.js "/proc/$pid/cmdline" 2>/dev/null ||
			echo "$pid"
	done
}

# What it has begun it ends when it goes on.
hangs() {
	node_of www | xargs kill -STOP
	wait_until 20 is_row health www silent
	local rc=$?
	node_of www | xargs kill -CONT
	wait_until 20 is_row health www good && [ $rc -eq 0 ]
}

is_ill() {
	local ill
	ill=/proc/$(node_of api | head -n 1)/root/tmp/ill
	touch "$ill"
	wait_until 20 is_row health api failing
	local rc=$?
	rm "$ill"
	wait_until 20 is_row health api good && [ $rc -eq 0 ]
}

during "an instance hangs and goes on" hangs
during "an instance fails its checks and gets well" is_ill
