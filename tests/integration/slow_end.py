#!/usr/bin/python3
"""tests/integration/slow_end.py -- what 68-graceful.sh pushes: /stream ticks for
as long as the process lives, says "term" when it is told to end, and "goodbye"
when it does so by itself."""
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LASTS = 0
told = threading.Event()
over = threading.Event()
streams = []


class Slow(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path != "/stream":
            self.wfile.write(b"ready\n")
            return
        has_said = False
        streams.append(threading.current_thread())
        while not over.is_set():
            self.wfile.write(b"tick\n")
            if told.is_set() and not has_said:
                has_said = True
                self.wfile.write(b"term\n")
            over.wait(0.1)
        self.wfile.write(b"goodbye\n")

    def log_message(self, fmt, *args):
        pass


def end():
    told.wait()
    if LASTS < 0:
        return
    time.sleep(LASTS)
    over.set()
    for stream in streams:
        stream.join()
    os._exit(0)


signal.signal(signal.SIGTERM, lambda *_: told.set())
server = ThreadingHTTPServer(("", int(os.environ["PORT_WWW"])), Slow)
threading.Thread(target=end).start()
server.serve_forever()
