#!/usr/bin/python3
# tests/integration/when.py -- kills at a point of a platform's work.
#
#   when.py ROOT SQL PATTERN...   watches the store without a pause until SQL
#       gives a row, then kills (-9) every process of the platform at ROOT whose
#       command line matches one of the regular expressions PATTERN. Exit 0:
#       that point was reached and something was killed; 1: after 60 seconds
#       not. A PATTERN that is a number is a process id. Instead of SQL: a path
#       that begins with '/', until something is there.
import os
import re
import signal
import sqlite3
import sys
import time

root, sql, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
db = sqlite3.connect("file:%s/state.db?mode=ro" % root, uri=True, timeout=10)
end = time.monotonic() + 60


def victims():
    for pattern in patterns:
        if pattern.isdigit():
            yield int(pattern)
            continue
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    line = f.read().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if root in line and re.search(pattern, line) and \
                    int(pid) != os.getpid() and "when.py" not in line:
                yield int(pid)


print("watching", flush=True)
killed = 0
while time.monotonic() < end and not killed:
    if not os.path.lexists(sql) if sql.startswith("/") else \
            db.execute(sql).fetchone() is None:
        continue
    for pid in list(victims()):
        try:
            os.kill(pid, signal.SIGKILL)
            killed += 1
        except ProcessLookupError:
            pass
print("killed", killed, flush=True)
sys.exit(0 if killed else 1)
