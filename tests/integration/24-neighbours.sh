#!/bin/bash
# tests/integration/24-neighbours.sh -- a service reaches another one through the
# URL that its environment names.
. "$(dirname "$0")/lib.sh"
plan 4
platform_up

hello_app app hello
cp -a . ../both
rm -rf ./*
mkdir one two
cp ../both/hello.py ../both/builder one
cat >dotcloud.yml <<'END'
one:
  type: custom
  buildscript: one/builder
two:
  type: custom
  buildscript: two/builder
END
cat >two/builder <<'END'
#!/bin/bash
cp -a two/ask.py ~/run
END
cat >two/ask.py <<'END'
#!/usr/bin/python3
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

class Ask(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/ask":
            with urlopen(os.environ["DOTCLOUD_ONE_HTTP_URL"], timeout=5) as r:
                body = b"one says " + r.read()
        else:
            body = b"two\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("", int(os.environ["PORT_WWW"])), Ask).serve_forever()
END
chmod +x two/builder two/ask.py
log=$(dcloud push 2>&1)
is "two services are pushed" $? 0
is "the first has the application's host" "$(get app)" hello
is "the second its own" "$(get app / two)" two
is "the second asks the first" "$(get app /ask two)" "one says hello"
