#!/usr/bin/python3
"""A WSGI application, served on the port that the platform names."""
import os
from wsgiref.simple_server import make_server


def hello(environ, start_response):
    body = (os.environ.get("SERVICE_GREETING", "Hello!") + "\n").encode()
    start_response("200 OK", [("Content-Type", "text/plain"),
                              ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    port = int(os.environ.get("PORT_WWW", 8080))
    print("listening on port", port, flush=True)
    make_server("", port, hello).serve_forever()
