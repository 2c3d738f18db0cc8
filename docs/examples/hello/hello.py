#!/usr/bin/python3
"""Answers every request with a line about who answers."""
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = ("Hello from %s, instance %s!\n" % (
            os.environ.get("DOTCLOUD_PROJECT", "my laptop"),
            os.environ.get("DOTCLOUD_SERVICE_ID", "?"))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, fmt, *args):
        print(self.address_string(), fmt % args, flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    port = int(os.environ.get("PORT_WWW", 8080))
    print("listening on port", port, flush=True)
    Server(("", port), Hello).serve_forever()
