#!/usr/bin/python3
"""tests/traffic/report.py -- what the traffic saw, scenario by scenario.

  report.py MARKS RECORD...

MARKS has a line "BEGIN END NAME" (microseconds) per scenario, which took s seconds;
RECORD is what tests/traffic/client.c wrote. A request belongs to the scenarios that were under
way at some moment of its life; "before" is the quiet time in front of one, or of
the first. Held: answered well, but the answer began half a second later than
that of its kind usually does. The times are those of the kinds that the
application answers at once. Each lost request is a line: when (seconds since the
first), what kind, how it ended and who answered. The last line counts every
request once, those between two scenarios and after the last too.

A scenario whose name ends in "(closed)" may have maintenance pages: they are a
column, and lost anywhere else. One that ends in "(losses)" is about who loses
how many: what is lost then makes nothing fail, nor what was under way. In one whose
name ends in "(its own 5xx)" an answer with 5xx that names its version is the
application's: a line below the table counts those, and nothing else does. Exits 1
when another request was lost."""
import sys

AT_ONCE = ("keep", "fresh", "post", "tls", "h2")
HELD_MS = 500
OWN = "(its own 5xx)"
QUIET_US = 2000000
ROW = "%-48s %6s %7s %6s %6s %5s  %15s  %15s"


class Request:
    def __init__(self, line):
        words = line.split()
        self.begin, self.first, self.end = map(int, words[:3])
        self.kind, self.outcome, self.status = words[3:6]
        self.version, self.instance = words[6:8]
        self.wait = (self.first - self.begin) / 1000

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
        waits = sorted(r.wait for r in requests
                       if r.kind == kind and r.outcome == "ok")
        medians[kind] = percentile(waits, .5) if waits else 0
    return medians


def overlapping(requests, begin, end):
    return [r for r in requests if r.begin < end and r.end > begin]


def say_lost(requests, marks, start):
    for r in sorted(requests, key=lambda r: r.begin):
        during = [name for begin, end, name in marks
                  if r.begin < end and r.end > begin]
        print("lost: at %.3f s, after %.3f s: %s, %s, status %s, version %s, "
              "instance %s; %s" % (
                  (r.begin - start) / 1e6, (r.end - r.begin) / 1e6, r.kind,
                  r.outcome, r.status, r.version, r.instance,
                  " and ".join(during) or "between scenarios"))


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
    allowed = set()
    start = min(r.begin for r in requests)
    print(ROW % ("", "", "", "", "", "", "before, ms", "during, ms"))
    print(ROW % ("scenario", "s", "sent", "failed", "closed", "held", "p50 / p99",
                 "p50 / p99"))
    quiet = marks[0][0] if marks else start
    before, last = times(overlapping(requests, 0, quiet)), 0
    for begin, end, name in marks:
        seen = overlapping(requests, begin, end)
        bad = [r for r in seen if r in lost]
        closed = [r for r in bad if r.outcome == "closed"]
        if begin - last > QUIET_US and last > 0:
            before = times(overlapping(requests, last, begin))
        last = end
        if name.endswith("(closed)"):
            lost -= set(closed)
        if name.endswith("(losses)"):
            allowed |= set(bad)
        print(ROW % (name, "%.1f" % ((end - begin) / 1e6), len(seen), len(bad) - len(closed), len(closed),
                     len([r for r in seen if r in late]), before,
                     times(seen)))
    if own:
        print("%d answers with 5xx were the application's own" % len(own))
    say_lost(lost, marks, start)
    print("requests sent %d, failed %d, held %d" %
          (len(requests), len(lost), len(late)))
    return 1 if lost - allowed else 0


sys.exit(main())
