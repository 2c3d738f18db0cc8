#!/usr/bin/python3
"""tests/integration/data_app.py -- load_app.py with a ~/data: a line for each
start and each stop, and a number that grows until the last moment."""
import os
import signal
import sys
import threading
import time

import load_app

data = os.path.expanduser("~/data")
number = 0
ends = threading.Event()


def note(what):
    with open(data + "/history", "a") as f:
        f.write("%s %s\n" % (what, load_app.VERSION))


def count():
    global number
    while not ends.is_set():
        number += 1
        with open(data + "/number.new", "w") as f:
            f.write("%d\n" % number)
        os.rename(data + "/number.new", data + "/number")
        time.sleep(0.01)


def stop(*_):
    ends.set()
    counter.join()
    with open(data + "/last", "w") as f:
        f.write("%d\n" % number)
    note("stop")
    os._exit(0)


class Handler(load_app.Handler):
    def do_GET(self):
        if self.path.startswith("/data/"):
            try:
                with open(os.path.expanduser("~" + self.path), "rb") as f:
                    self.answer(f.read())
            except OSError as e:
                self.answer(("%s\n" % e.strerror).encode())
            return
        super().do_GET()


with open("fail") as f:
    if f.read() == "yes\n":
        sys.exit("this version never answers")
os.makedirs(data, exist_ok=True)
if os.path.exists(data + "/number"):
    with open(data + "/number") as f:
        number = int(f.read())
note("start")
counter = threading.Thread(target=count, daemon=True)
counter.start()
signal.signal(signal.SIGTERM, stop)
load_app.Server(("", int(os.environ["PORT_WWW"])), Handler).serve_forever()
