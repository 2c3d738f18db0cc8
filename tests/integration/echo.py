#!/usr/bin/python3
# tests/integration/echo.py -- the application of 40-ports.sh: answers what it
# is sent with its version and instance in front, over tcp and udp, and over
# udp runs commands that a test asks it to run.
import os
import socket
import subprocess
import threading

me = ("%s.%s " % (open("version").read().strip(),
                  os.environ["DOTCLOUD_SERVICE_ID"])).encode()


def talk(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(me + data)


def shell(s, command, peer):
    p = subprocess.run(["/bin/bash", "-c", command], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=20)
    s.sendto(p.stdout[:8000], peer)


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", int(os.environ["PORT_DATAGRAM"])))
    while True:
        data, peer = s.recvfrom(65536)
        if data.startswith(b"sh "):
            threading.Thread(target=shell, daemon=True,
                             args=(s, data[3:].decode(), peer)).start()
        else:
            s.sendto(me + data, peer)


threading.Thread(target=udp, daemon=True).start()
if "PORT_ECHO" in os.environ:
    server = socket.create_server(("", int(os.environ["PORT_ECHO"])))
    while True:
        threading.Thread(target=talk, args=(server.accept()[0],),
                         daemon=True).start()
threading.Event().wait()
