#!/usr/bin/python3
"""tests/integration/load_app.py -- the application that load.py asks."""
import hashlib
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "0"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("X-Version", VERSION)
        self.send_header("X-Instance", os.environ["DOTCLOUD_SERVICE_ID"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.3)
        self.answer((("version %s " % VERSION) * 500).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(("%s %s" % (
            VERSION, hashlib.sha256(body).hexdigest())).encode())

    def log_message(self, fmt, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("", int(os.environ["PORT_WWW"])), Handler).serve_forever()
