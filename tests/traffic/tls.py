#!/usr/bin/python3
"""tests/traffic/tls.py -- the load of client.c over TLS, with its record.

  tls.py ADDRESS:PORT HOST FILE KIND=CLIENTS...

KIND is "tls", HTTP/1.1 on one connection for as long as it is kept, or "h2",
HTTP/2 by curl, a fresh connection each, as curl would repeat what a kept one
lost. No client repeats a request."""
import fcntl
import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

PAUSE = 0.05
stopping = False


def on_term(*_):
    global stopping
    stopping = True


def now_us():
    return time.time_ns() // 1000


def outcome(status, body, version, again):
    if status == 503 and again:
        return "closed"
    if status != 200:
        return "status"
    return "ok" if body == b"version %s\n" % version.encode() * 200 else "wrong"


class Kept:
    """One connection; opened again only when the answer before said so."""

    def __init__(self, address, host):
        self.address, self.host = address, host
        self.context = ssl._create_unverified_context()
        self.c = None

    def open(self):
        self.c = http.client.HTTPConnection(self.host)
        plain = socket.create_connection(self.address, timeout=90)
        self.c.sock = self.context.wrap_socket(plain,
                                               server_hostname=self.host)

    def once(self):
        try:
            if self.c is None:
                self.open()
        except OSError:
            self.c = None
            return now_us(), "connect", 0, "-", "-"
        try:
            self.c.request("GET", "/")
            r = self.c.getresponse()
            first = now_us()
            body = r.read()
        except (OSError, http.client.HTTPException):
            self.c = None
            return now_us(), "reset", 0, "-", "-"
        if r.will_close:
            self.c = None
        version = r.headers.get("X-Version", "-")
        return (first, outcome(r.status, body, version,
                               r.headers.get("Retry-After")),
                r.status, version, r.headers.get("X-Instance", "-"))


class Fresh:
    FORMAT = ("\n%{http_code} %{http_version} %{time_starttransfer}"
              " -%header{retry-after} %header{x-version}"
              " %header{x-instance}")

    def __init__(self, address, host):
        self.command = [
            "curl", "-sk", "--http2", "--max-time", "90", "-w", self.FORMAT,
            "--connect-to", "::%s:%d" % address,
            "https://%s:%d/" % (host, address[1])]

    def once(self):
        begin = now_us()
        done = subprocess.run(self.command, stdout=subprocess.PIPE,
                              check=False)
        body, _, last = done.stdout.rpartition(b"\n")
        words = last.decode().split() + ["-"] * 6
        if done.returncode != 0:
            how = "connect" if done.returncode in (7, 35) else "reset"
            return now_us(), how, int(words[0]), "-", "-"
        how = outcome(int(words[0]), body, words[4], words[3] != "-")
        if words[1] != "2":
            how = "wrong"
        return (begin + int(float(words[2]) * 1e6), how, int(words[0]),
                words[4], words[5])


KINDS = {"tls": Kept, "h2": Fresh}


def run(kind, address, host, path):
    client, lines = KINDS[kind](address, host), []
    while not stopping:
        begin = now_us()
        first, how, status, version, instance = client.once()
        lines.append("%d %d %d %s %s %d %s %s\n" % (
            begin, first, now_us(), kind, how, status, version, instance))
        time.sleep(PAUSE)
    with open(path, "a") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.writelines(lines)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    pids = []
    for word in sys.argv[4:]:
        kind, n = word.split("=")
        for _ in range(int(n)):
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGTERM, on_term)
                signal.siginterrupt(signal.SIGTERM, False)
                run(kind, (host, int(port)), sys.argv[2], sys.argv[3])
                os._exit(0)
            pids.append(pid)
    signal.signal(signal.SIGTERM,
                  lambda *_: [os.kill(pid, signal.SIGTERM) for pid in pids])
    sys.exit(any([os.waitpid(pid, 0)[1] for pid in pids]))


main()
