#!/usr/bin/python3
# tests/integration/machine.py -- compares the store with the machine.
#
#   machine.py ROOT BRIDGE   prints a line for everything that no live row owns
#                            and for every row that the machine does not show;
#                            nothing when the platform is at rest and whole.
import os
import re
import socket
import sqlite3
import subprocess
import sys

root, bridge = os.path.realpath(sys.argv[1]), sys.argv[2]
db = sqlite3.connect("file:%s/state.db?mode=ro" % root, uri=True, timeout=10)


def rows(sql):
    return [r[0] if len(r) == 1 else r for r in db.execute(sql)]


def ls(path):
    try:
        return sorted(os.listdir(path))
    except FileNotFoundError:
        return []


def compare(what, found, wanted):
    found, wanted = sorted(found), sorted(wanted)
    for x in sorted(set(found) | set(wanted)):
        n, m = found.count(x), wanted.count(x)
        if n != m:
            print("%s %s: %d on the machine, %d in the store" % (what, x, n, m))


def haproxy(command):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(root + "/run/haproxy-master.sock")
        s.sendall((command + "; quit\n").encode())
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
    return answer.decode().splitlines()


def processes():
    for pid in filter(str.isdigit, ls("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                yield int(pid), f.read().replace(b"\0", b" ").decode(
                    errors="replace").strip()
        except OSError:
            pass


for table, busy in (
        ("deployments", "state NOT IN ('done', 'failed', 'cancelled')"),
        ("builds", "state NOT IN ('done', 'failed', 'cancelled')"),
        ("instances", "state NOT IN ('up', 'reserved', 'gone')"),
        ("applications", "state <> 'active'"),
        ("services", "state <> 'active'")):
    for i, state in rows("SELECT id, state FROM %s WHERE %s" % (table, busy)):
        print("%s %d is %s" % (table, i, state))

reserved = rows(
    "SELECT '%s-i' || id FROM instances WHERE state = 'reserved'" % bridge)
live = reserved + rows(
    "SELECT '%s-i' || id FROM instances WHERE state = 'up'" % bridge)
numbers = rows("SELECT a.number FROM addresses a JOIN instances i"
               " ON i.id = a.instance_id WHERE i.state IN ('up', 'reserved')")
compare("address", rows("SELECT number FROM addresses"), numbers)
compare("generation of service", rows(
    "SELECT DISTINCT service_id || ' deployment ' || deployment_id"
    " FROM instances WHERE state = 'up'"), rows(
    "SELECT service_id || ' deployment ' || max(deployment_id)"
    " FROM instances WHERE state = 'up' GROUP BY service_id"))

compare("directory", ls(root + "/boxes"), live)

points = []
with open("/proc/self/mountinfo") as f:
    for line in f:
        point = line.split()[4]
        if point.startswith(root + "/"):
            points.append(point[len(root) + 1:])
compare("mount", points, ["boxes/%s/%s" % (b, m) for b in live
                          for m in ("rootfs", "home/mnt")])

monitors, jobs = [], []
for pid, line in processes():
    if line.startswith("[lxc monitor] %s/boxes " % root):
        monitors.append(line.split()[-1])
    found = re.search(re.escape(root) + r"/dcloud\.conf -j (\w+) ", line)
    if found and found[1] not in ("watch", "sweep", "check", "rollback",
                                       "metrics"):
        jobs.append(line)
compare("monitor", monitors, live)
compare("job", jobs, [])

groups = set()
for where, names, _ in os.walk("/sys/fs/cgroup"):
    if where.count("/") >= 6:
        names.clear()
    for n in names:
        found = re.search(r"(%s-[bi]\d+)(-\d+)?$" % bridge, n)
        if found:
            groups.add(found[1] + (found[2] or ""))
compare("cgroup", groups, live)

frozen = set()
for where, names, files in os.walk("/sys/fs/cgroup"):
    if where.count("/") >= 6:
        names.clear()
    found = re.search(r"lxc\.payload\.(%s-i\d+)$" % bridge, where)
    for state in ("freezer.state", "cgroup.events"):
        if not found or state not in files:
            continue
        with open(where + "/" + state) as f:
            if re.search("^FROZEN|^frozen 1", f.read(), re.M):
                frozen.add(found[1])
compare("frozen container", frozen, reserved)

links = re.findall(r"^\d+: (%s-[0-9a-f]+)@" % bridge, subprocess.run(
    ["ip", "-o", "link"], capture_output=True, text=True).stdout, re.M)
compare("link", links, ["%s-%x" % (bridge, n) for n in [0, 1] + numbers])

routed = rows(
    "SELECT 'be_' || r.slot || '/i' || i.id FROM instances i"
    " JOIN routes r ON r.service_id = i.service_id WHERE i.state = 'up'") + rows(
    "SELECT 'tcp_' || x.port || '/i' || i.id FROM public_ports x"
    " JOIN instances i ON i.service_id = x.service_id"
    "  AND x.number IN (-1, i.number)"
    " JOIN ports p ON p.instance_id = i.id AND p.name = x.name"
    "  AND p.kind = x.kind WHERE i.state = 'up' AND x.kind = 'tcp'")
servers = []
for line in haproxy("@1 show servers state"):
    w = line.split()
    if len(w) > 18 and re.fullmatch(r"(be|tcp)_\d+", w[1]):
        servers.append("%s/%s" % (w[1], w[3]))
        if w[6] != "0":
            print("server %s/%s: admin state %s" % (w[1], w[3], w[6]))
compare("server", servers, routed)
with open(root + "/etc/haproxy.cfg") as f:
    text = f.read()
in_file, backend = [], ""
for line in text.splitlines():
    w = line.split()
    if w[:1] == ["backend"]:
        backend = w[1]
    if w[:1] == ["server"] and re.fullmatch(r"i\d+", w[1]):
        in_file.append("%s/%s" % (backend, w[1]))
compare("server in haproxy.cfg", in_file, routed)

known = set(map(str, rows("SELECT id FROM snapshots")))
for name in ls(root + "/layers"):
    if name.split(".")[0] not in known or name.endswith(".tmp"):
        print("layer %s is of no snapshot" % name)
hashes = rows("SELECT DISTINCT blob_hash FROM snapshots")
blobs = [b for ab in ls(root + "/blobs") if ab != "tmp"
         for b in ls(root + "/blobs/" + ab)]
compare("blob", blobs, hashes)
for name in ls(root + "/blobs/tmp"):
    print("blobs/tmp/%s is left" % name)

applications = rows("SELECT id FROM applications")
for name in ls(root + "/code"):
    if int(name) not in applications:
        print("code/%s is of no application" % name)
for i in applications:
    compare("revision of %d" % i, ls("%s/code/%d/revisions" % (root, i)),
            rows("SELECT name FROM revisions WHERE application_id = %d" % i))
