#!/usr/bin/python3
# tests/integration/talk.py -- the clients of 40-ports.sh.
#
#   talk.py tcp HOST PORT TEXT      one connection, one answer
#   talk.py udp HOST PORT TEXT      one datagram, tried again for 10 s
#   talk.py loop HOST PORT FILE     a new connection for each answer until FILE
#                                   is gone; then "good N bad N"
#   talk.py hold HOST PORT FILE     one connection, until FILE is gone or it
#                                   ends; then "answers N" and why
#   talk.py flow HOST PORT FILE TEXT  datagrams from one source port until an
#                                   answer begins with TEXT
import os
import socket
import sys
import time

kind, host, port, text = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


def ask(s):
    s.sendall(b"x\n")
    answer = s.recv(100)
    if not answer.endswith(b"x\n"):
        raise OSError("answer %r" % answer)
    return answer.decode().strip()


def udp_socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.5)
    return s


def udp_ask(s, data):
    s.sendto(data, (host, port))
    return s.recvfrom(65536)[0].decode()


if kind == "tcp":
    with socket.create_connection((host, port), timeout=10) as s:
        s.sendall(text.encode())
        print(s.recv(65536).decode())
elif kind == "udp":
    end = time.monotonic() + 10
    while True:
        with udp_socket() as s:
            if text.startswith("sh "):
                s.settimeout(30)
            try:
                print(udp_ask(s, text.encode()))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
elif kind == "loop":
    good = bad = 0
    while os.path.exists(text):
        try:
            with socket.create_connection((host, port), timeout=10) as s:
                ask(s)
            good += 1
        except OSError as e:
            bad += 1
            print(e)
    print("good %d bad %d" % (good, bad))
elif kind == "hold":
    said, why = [], "held"
    with socket.create_connection((host, port), timeout=10) as s:
        try:
            while os.path.exists(text):
                said.append(ask(s))
                time.sleep(0.05)
        except OSError as e:
            why = "ended"
    print("answers", len(said) > 0, sorted(set(said)), why)
elif kind == "flow":
    s, end, seen = udp_socket(), time.monotonic() + 60, set()
    while time.monotonic() < end:
        try:
            answer = udp_ask(s, b"x")
        except OSError:
            answer = ""
        seen.add(answer)
        if answer.startswith(sys.argv[5]):
            print("reached", sys.argv[5])
            sys.exit(0)
        time.sleep(0.02)
    print("never, only", seen)
    sys.exit(1)
