#!/usr/bin/python3
"""tests/integration/asked.py -- an application that runs what it is sent: POST a
line of shell to see what a process of it sees. GET is "ready"."""
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Asked(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(b"ready\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(subprocess.run(
            ["/bin/bash", "-c", body], timeout=25, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False).stdout)

    def reply(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


print("to stdout", flush=True)
print("to stderr", file=sys.stderr, flush=True)
ThreadingHTTPServer(("", int(os.environ["PORT_WWW"])), Asked).serve_forever()
