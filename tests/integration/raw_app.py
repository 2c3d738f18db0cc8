#!/usr/bin/python3
"""tests/integration/raw_app.py -- an application of 67-http.sh that has no HTTP
library: it answers with the very head that reached it, and remembers the line
of each request. One request per connection, as the router makes them; what
comes behind it on the same connection is remembered as well, so that nothing
can be smuggled past us.

  /never       no answer          /close       the connection ends
  /half        ends amid a body   /large N     N bytes
  /seen        all lines so far   POST         how much has come"""
import os
import socket
import threading
import time

seen = []


def read_head(s):
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            return None, b""
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode("latin-1"), rest


def field(head, name):
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return None


def read_chunked(s, rest):
    f = s.makefile("rb")
    data = rest

    def more(n):
        nonlocal data
        while len(data) < n:
            got = s.recv(65536)
            if not got:
                raise OSError("chunks end early")
            data += got

    total = 0
    while True:
        while b"\r\n" not in data:
            more(len(data) + 1)
        size, data = data.split(b"\r\n", 1)
        n = int(size, 16)
        more(n + 2)
        total += n
        data = data[n + 2:]
        if n == 0:
            f.close()
            return total, data


def read_body(s, head, rest):
    if (field(head, "transfer-encoding") or "").lower() == "chunked":
        return read_chunked(s, rest)
    length = int(field(head, "content-length") or 0)
    total = len(rest)
    while total < length:
        got = s.recv(65536)
        if not got:
            raise OSError("the body ends early")
        total += len(got)
    return length, b"" if total <= length else rest[length:]


def answer(s, text, length=None):
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" %
              (len(text) if length is None else length) + text)


def serve(s):
    head, rest = read_head(s)
    if head is None:
        return
    line = head.split("\r\n")[0]
    path = line.split(" ")[1]
    total, behind = read_body(s, head, rest)
    if path != "/CloudHealthCheck":
        seen.append(line)
    if behind:
        seen.append("behind it: %r" % behind)
    if path == "/never":
        time.sleep(300)
    elif path == "/close":
        return
    elif path == "/half":
        answer(s, b"half", 8)
    elif path.startswith("/large"):
        answer(s, b"x" * int(path[6:]))
    elif path == "/seen":
        answer(s, "\n".join(seen).encode("latin-1"))
    elif line.startswith("POST"):
        answer(s, b"%d" % total)
    else:
        answer(s, head.encode("latin-1"))


def run(s):
    with s:
        try:
            serve(s)
        except OSError as e:
            seen.append("error: %s" % e)


listener = socket.create_server(("", int(os.environ["PORT_WWW"])), backlog=128)
while True:
    threading.Thread(target=run, args=(listener.accept()[0],),
                     daemon=True).start()
