#!/usr/bin/python3
"""tests/integration/terminal.py -- a program at a terminal, and somebody there.

    terminal.py ROWSxCOLUMNS [say TEXT | wait TEXT | size ROWSxCOLUMNS |
        kill]... -- PROGRAM ARGUMENT...

Does what the words say, one after the other; waits until the program ends, and
exits with its status. All that was on the screen goes to stdout.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

LIMIT = 60  # seconds without what is waited for


def resize(fd, text):
    rows, columns = map(int, text.split("x"))
    size = struct.pack("HHHH", rows, columns, 0, 0)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, size)


class Screen:
    def __init__(self, fd):
        self.fd = fd
        self.unread = b""

    def read(self):
        """False at the end of the program."""
        if not select.select([self.fd], [], [], LIMIT)[0]:
            sys.exit("terminal.py: nothing happens")
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:
            return False
        os.write(1, chunk)
        self.unread += chunk
        return chunk != b""

    def wait(self, text):
        while text not in self.unread:
            if not self.read():
                sys.exit("terminal.py: it ended before %r came" % text)
        self.unread = self.unread[self.unread.index(text) + len(text):]


def main(size, words):
    at = words.index("--")
    program = words[at + 1:]
    pid, fd = pty.fork()
    if pid == 0:
        resize(0, size)
        os.execvp(program[0], program)
    screen = Screen(fd)
    steps = iter(words[:at])
    for step in steps:
        if step == "kill":
            os.kill(pid, signal.SIGKILL)
        elif step == "say":
            text = next(steps).encode().decode("unicode_escape")
            os.write(fd, text.encode("latin-1"))
        elif step == "wait":
            screen.wait(next(steps).encode())
        elif step == "size":
            resize(fd, next(steps))
    while screen.read():
        pass
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status) % 256


sys.exit(main(sys.argv[1], sys.argv[2:]))
