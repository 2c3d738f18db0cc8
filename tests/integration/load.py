#!/usr/bin/python3
# tests/integration/load.py -- a steady load that judges every answer.
#
#   load.py HOST:PORT HOST-HEADER ALLOWED
#
# Clients of several kinds ask one after the other without a pause until SIGTERM;
# then one line "requests N, bad N, backwards N", one per kind, and the first bad
# ones. Each answer must be a 200 of HTTP with the body that the version which it
# names has, and that version must be one of those in the file ALLOWED (numbers)
# at the beginning or the end of the request. "Backwards" counts answers with an
# older version than the same client had before, where ALLOWED did not change.
import hashlib
import os
import signal
import socket
import sys
import threading

address = sys.argv[1].rsplit(":", 1)
host, allowed_path = sys.argv[2], sys.argv[3]
stop = threading.Event()
lock = threading.Lock()
counts, bad = {}, []
backwards = 0


def allowed():
    with open(allowed_path) as f:
        text = f.read()
    return text, set(text.split())


class Client:
    def __init__(self, kind):
        self.kind = kind
        self.sock = self.file = None

    def open(self):
        self.sock = socket.create_connection((address[0], int(address[1])), 60)
        self.sock.settimeout(60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")

    def close(self):
        if self.sock is not None:
            self.file.close()
            self.sock.close()
            self.sock = self.file = None

    def request(self):
        kind, sent = self.kind, b""
        method, path, version = "GET", "/", "1.1"
        if kind == "slow":
            path = "/slow"
        if kind == "old":
            version = "1.0"
        if kind == "post":
            method, sent = "POST", os.urandom(40000)
        head = "%s %s HTTP/%s\r\nHost: %s\r\n" % (method, path, version, host)
        if sent:
            head += "Content-Length: %d\r\n" % len(sent)
        if kind == "fresh":
            head += "Connection: close\r\n"
        self.sock.sendall(head.encode() + b"\r\n" + sent)
        return sent

    def answer(self):
        status = self.file.readline()
        words = status.split()
        if len(words) < 2 or words[1] != b"200":
            raise ValueError("status line %r" % status)
        fields = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            key, value = line.decode().split(":", 1)
            fields[key.strip().lower()] = value.strip()
        body = self.file.read(int(fields["content-length"]))
        return fields, body

    def once(self):
        if self.sock is None:
            self.open()
        sent = self.request()
        fields, body = self.answer()
        version = fields["x-version"]
        wanted = ("version %s " % version) * 500
        if sent:
            wanted = "%s %s" % (version, hashlib.sha256(sent).hexdigest())
        if body != wanted.encode():
            raise ValueError("a body of %d bytes, not %d" %
                             (len(body), len(wanted)))
        if self.kind in ("fresh", "old") or \
                fields.get("connection", "").lower() == "close":
            self.close()
        return version

    def run(self):
        global backwards
        last_text, last = None, None
        while not stop.is_set():
            text, before = allowed()
            try:
                version = self.once()
                now = allowed()[1]
                if version not in before | now:
                    raise ValueError("version %s, allowed %s, then %s" %
                                     (version, sorted(before), sorted(now)))
            except (OSError, ValueError, KeyError) as e:
                with lock:
                    bad.append("%s: %s: %s" % (self.kind, type(e).__name__, e))
                self.close()
                version = None
            with lock:
                counts[self.kind] = counts.get(self.kind, 0) + 1
                if version and last and text == last_text and \
                        int(version) < int(last):
                    backwards += 1
            last_text, last = text, version
        self.close()


signal.signal(signal.SIGTERM, lambda *_: stop.set())
threads = [threading.Thread(target=Client(kind).run) for kind in
           ("keep", "keep", "fresh", "fresh", "slow", "slow", "slow", "post",
            "post", "old")]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("requests %d, bad %d, backwards %d" %
      (sum(counts.values()), len(bad), backwards))
for kind in sorted(counts):
    print("%s %d" % (kind, counts[kind]))
for line in bad[:20]:
    print("bad:", line)
