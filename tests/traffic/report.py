#!/usr/bin/python3
"""tests/traffic/report.py -- what the traffic saw, scenario by scenario.

  report.py MARKS RECORD...

MARKS has a line "BEGIN END NAME" (microseconds) per scenario, RECORD is what
tests/traffic/client.c wrote. A request belongs to the scenarios that were under
way at some moment of its life; "before" is the time before the first of them.
Held: answered well, but the answer began half a second later than that of its
kind usually does. The times are those of the kinds that the application answers
at once. The last line counts every request once, those between two scenarios
and after the last too. Exits 1 when one failed, unless it was in a scenario
whose name ends in "(losses)". In one whose name ends in "(its own 5xx)" an answer
with 5xx that names its version is the application's: a line below the table
counts those, and nothing else does."""
import sys

AT_ONCE = ("keep", "fresh", "post")
HELD_MS = 500
OWN = "(its own 5xx)"
ROW = "%-44s %7s %6s %5s  %15s  %15s"


class Request:
    def __init__(self, line):
        words = line.split()
        self.begin, self.first, self.end = map(int, words[:3])
        self.kind, self.outcome, self.status = words[3:6]
        self.version, self.instance = words[6:8]
        self.wait = (self.first - self.begin) / 1000
        self.line = line.strip()

    def is_own_5xx(self):
        """The router's own pages know no version."""
        return self.outcome == "status" and self.status.startswith("5") and \
            self.version != "-"


def read_marks(path):
    with open(path) as f:
        rows = [line.rstrip("\n").split(" ", 2) for line in f]
    return [(int(begin), int(end), name) for begin, end, name in rows]


def percentile(waits, part):
    return waits[min(len(waits) - 1, int(len(waits) * part))]


def times(requests):
    waits = sorted(r.wait for r in requests
                   if r.kind in AT_ONCE and r.outcome == "ok")
    if not waits:
        return "-"
    return "%.1f / %.1f" % (percentile(waits, .5), percentile(waits, .99))


def usual(requests):
    medians = {}
    for kind in {r.kind for r in requests}:
        waits = sorted(r.wait for r in requests if r.kind == kind)
        medians[kind] = percentile(waits, .5)
    return medians


def overlapping(requests, begin, end):
    return [r for r in requests if r.begin < end and r.end > begin]


def main():
    marks = read_marks(sys.argv[1])
    requests = []
    for path in sys.argv[2:]:
        with open(path) as f:
            requests += [Request(line) for line in f]
    medians = usual(requests)
    own = {r for begin, end, name in marks if name.endswith(OWN)
           for r in overlapping(requests, begin, end) if r.is_own_5xx()}
    lost = {r for r in requests if r.outcome != "ok"} - own
    late = {r for r in requests if r.outcome == "ok" and
            r.wait > medians[r.kind] + HELD_MS}
    total = (len(requests), len(lost), len(late))
    before = times(overlapping(requests, 0, marks[0][0]))
    print(ROW % ("", "", "", "", "before, ms", "during, ms"))
    print(ROW % ("scenario", "sent", "failed", "held", "p50 / p99",
                 "p50 / p99"))
    for begin, end, name in marks:
        seen = overlapping(requests, begin, end)
        failed = [r for r in seen if r.outcome != "ok" and r not in own]
        held = [r for r in seen if r in late]
        print(ROW % (name, len(seen), len(failed), len(held),
                     before, times(seen)))
        if name.endswith("(losses)"):
            lost -= set(failed)
    if own:
        print("%d answers with 5xx were the application's own" % len(own))
    for r in sorted(lost, key=lambda r: r.begin)[:20]:
        print("lost: " + r.line)
    print("requests sent %d, failed %d, held %d" % total)
    return 1 if lost else 0


sys.exit(main())
