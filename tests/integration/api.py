#!/usr/bin/python3
# tests/integration/api.py -- asks the API, as TAP: api.py BASE DOC TOKEN STRANGER APP.
# Every route of DOC (docs/api.md) has to succeed in the table below; each is asked
# without a token, by a stranger, and with a wrong method. Then what is no request.
import http.client, json, re, socket, sys, threading, time

base, doc, token, stranger, app = sys.argv[1:6]
host, port = base.split(":")
A = "/me/applications/" + app
count = 0
done = set()


def ok(what, good, shown=""):
    global count
    count += 1
    print("%s %d - api: %s" % ("ok" if good else "not ok", count, what))
    if not good:
        print("#   %s" % (shown,))


def ask(method, path, body=None, who=token, headers=None):
    c = http.client.HTTPConnection(host, int(port), timeout=100)
    h = {"Authorization": "Bearer " + who} if who else {}
    h.update(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    c.request(method, "/v1" + path, body, h)
    r = c.getresponse()
    text = r.read().decode()
    return r.status, r, text


def norm(method, path):
    """The route of DOC that PATH is, "" when none."""
    for m, pattern in routes:
        if m == method and re.fullmatch(pattern, path):
            return m + " " + pattern
    return ""


def check(want, method, path, body=None, **kw):
    status, r, text = ask(method, path, body, **kw)
    shown = "%s %s -> %d %s" % (method, path, status, text[:300])
    good = status == want
    if status >= 400:
        error = json.loads(text)["error"]
        good = good and error["code"] == status and error["description"]
    good = good and r.headers["X-DotCloud-TraceID"]
    ok("%d %s %s" % (want, method, path.replace(app, "A")[:60]), good, shown)
    if status < 300:
        done.add(norm(method, path.split("?")[0]))
    return json.loads(text) if text.startswith("{") and "\n" not in text else text


def load(doc):
    prefix, table, out = "", False, []
    for line in open(doc):
        if line.startswith("## "):
            below = re.search("Below (/me.*)", line)
            prefix, table = below.group(1) if below else "", False
        if line.startswith("| method, path"):
            table = True
        elif table and line.startswith("| "):
            cell = line[2:line.index(" |", 2)]
            at = cell.find("/") if "/" in cell else len(cell)
            path = prefix + cell[at:]
            path = re.sub("/[A-Z]+(?=/|$)", "/[^/]+", path)
            out += [(m, path) for m in re.findall("[A-Z]+", cell[:at])]
    return out


routes = load(doc)


def raw(text, read=True):
    s = socket.create_connection((host, int(port)), timeout=100)
    s.sendall(text)
    return s.recv(65536) if read else s


def status_of(answer):
    m = re.match(rb"HTTP/1\.[01] (\d+)", answer)
    return int(m.group(1)) if m else 0


def error_of(answer):
    """The status when an error's envelope has it, too; else 0."""
    try:
        code = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["code"]
    except (ValueError, IndexError, KeyError):
        return 0
    return code if code == status_of(answer) else 0


class Drip(threading.Thread):
    """A body that begins with BEGUN bytes and never ends, a byte a second."""

    def __init__(self, begun):
        super().__init__(daemon=True)
        self.begun, self.answer, self.seconds = begun, b"", 0
        self.start()

    def run(self):
        began = time.monotonic()
        s = raw(b"POST /v1/me/applications HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 500000\r\n\r\n" + b" " * self.begun, False)
        s.settimeout(1)
        while not self.answer and time.monotonic() - began < 90:
            try:
                self.answer = s.recv(65536)
                break
            except socket.timeout:
                s.sendall(b" ")
        self.seconds = time.monotonic() - began


drips = [Drip(10), Drip(100000)]
key = open(sys.argv[6]).read().strip()
pem = [open(x).read() for x in sys.argv[7:9]]

# --- each route, its success and its own errors ------------------------------

check(200, "GET", "/auth/discovery", who=None)
LOGIN = "grant_type=password&username=tester&password=correct-horse"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
for want, form in ((400, ""), (400, "grant_type=password"), (400, "%"),
                   (400, "grant_type=magic"), (400, "grant_type=refresh_token"),
                   (401, "grant_type=refresh_token&refresh_token=" + "0" * 48),
                   (401, "grant_type=password&username=nobody&password=x"),
                   (400, "grant_type=password&username=tester&password=" + "x" * 2000),
                   (200, "grant_type=password&username=tester&password=correct-horse&machine=a%0Ab")):
    login = check(want, "POST", "/auth/token", form, who=None, headers=FORM)
check(200, "POST", "/auth/token", "grant_type=refresh_token&refresh_token=" +
      login["refresh_token"], who=None, headers=FORM)
kept = check(200, "POST", "/auth/token", LOGIN, who=None, headers=FORM)
image = check(200, "GET", "/images/custom", who=None)["object"]["latest_revision"]
ok("the newest image is one", image == check(200, "GET", "/images/custom/revisions/" +
   image["revision"], who=None)["object"], image)
check(404, "GET", "/images/custom/revisions/nosuch", who=None)
check(404, "GET", "/images/lisp/revisions/" + image["revision"], who=None)
check(404, "GET", "/images/lisp", who=None)
check(404, "GET", "/images/..", who=None)

check(200, "GET", "/me")
check(200, "GET", "/users/tester")
lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
ok("where the client is, it does not say", check(200, "GET", "/me", headers=lies)
   ["request"]["remote_addr"] == "127.0.0.1")
ok("nor whether it has TLS", check(200, "GET", "/auth/discovery", who=None,
   headers=lies)["object"]["token"].startswith("http:"))
check(404, "GET", "/users/stranger")
check(201, "POST", "/me/authorized_keys", {"key": key})
check(200, "POST", "/me/authorized_keys", {"key": key})
check(409, "POST", "/me/authorized_keys", {"key": key}, who=stranger)
for bad in ({}, {"key": 1}, {"key": "ssh-rsa x"}, {"key": "command=\"id\" " + key}):
    check(422, "POST", "/me/authorized_keys", bad)
keys = check(200, "GET", "/me/authorized_keys")["objects"]
id = [str(k["id"]) for k in keys if k["key"].startswith(key[:60])][0]
check(404, "DELETE", "/me/authorized_keys/" + id, who=stranger)
check(204, "DELETE", "/me/authorized_keys/" + id)
check(404, "DELETE", "/me/authorized_keys/" + id)
check(404, "DELETE", "/me/authorized_keys/x")
tokens = check(200, "GET", "/me/tokens")["objects"]
other = [str(t["id"]) for t in tokens if t["machine"] == "a?b"]
ok("a machine's name is made harmless", len(other) == 1, tokens)
check(404, "DELETE", "/me/tokens/" + other[0], who=stranger)
check(204, "DELETE", "/me/tokens/" + other[0])
check(404, "DELETE", "/me/tokens/-1")
check(401, "POST", "/auth/token", "grant_type=refresh_token&refresh_token=" +
      login["refresh_token"], who=None, headers=FORM)
check(200, "GET", "/me/private_keys")
done_by = [a["user"] for a in check(200, "GET", "/me/activity")["objects"]]
ok("all was done by oneself", done_by[-1] == {"username": "tester", "self": True},
   done_by)
check(400, "GET", "/me/activity?lines=x")

check(201, "POST", "/me/applications", {"name": "api"})
check(409, "POST", "/me/applications", {"name": "api"})
for bad in ({}, {"name": "a-b"}, {"name": ""}, {"name": "a" * 26}, {"name": None},
            {"name": "api2", "flavor": "vanilla"}):
    check(422, "POST", "/me/applications", bad)
check(200, "GET", "/me/applications")
check(200, "GET", "/me/applications/api")
check(404, "GET", "/me/applications/api/revision")
check(404, "GET", "/me/applications/api/revisions/latest")
check(404, "POST", "/me/applications/api/deployments", {})
check(404, "GET", "/me/applications/api/deployments/latest/logs")
check(204, "DELETE", "/me/applications/api")
check(404, "DELETE", "/me/applications/api")

check(200, "GET", A + "/activity")
check(200, "GET", A + "/collaborators")
check(201, "POST", A + "/collaborators", {"username": "stranger"})
check(200, "POST", A + "/collaborators", {"username": "stranger"})
check(409, "POST", A + "/collaborators", {"username": "tester"})
for bad in ({}, {"username": "nobody"}, {"username": "a@b"}, {"username": 3}):
    check(422, "POST", A + "/collaborators", bad)
shared = A + "-tester"
check(200, "GET", shared, who=stranger)
check(200, "GET", "/users/tester/applications/" + app, who=stranger)
check(403, "DELETE", shared, who=stranger)
check(403, "DELETE", shared + "/services/www", who=stranger)
check(403, "POST", shared + "/collaborators", {"username": "x"}, who=stranger)
check(403, "DELETE", shared + "/collaborators/tester", who=stranger)
check(204, "DELETE", shared + "/collaborators/stranger", who=stranger)
check(404, "GET", shared, who=stranger)
check(404, "DELETE", A + "/collaborators/stranger")

check(200, "PATCH", A + "/environment", {"a": "1", "b": None})
for bad in ({"a b": "1"}, {"a": 1}, {"DOTCLOUD_X": "1"}, {"a": "x" * 200000}):
    check(422, "PATCH", A + "/environment", bad)
check(422, "PATCH", A + "/environment", {"a%d" % i: None for i in range(257)})
check(200, "PATCH", A + "/environment", {"a%d%s" % (i, "x" * 60): None for i in range(256)})
unset = check(200, "GET", A + "/activity?lines=1")["objects"][0]["unset"].split(",")
ok("what was done is said in 4 KB", len(unset) > 50 and unset[-1] == "a%d%s" %
   (len(unset) - 1, "x" * 60) and len(",".join(unset)) <= 4096, len(unset))
check(200, "GET", A + "/environment")
check(200, "GET", A + "/environment?all")
check(200, "GET", A + "/push-endpoints?branch=a b".replace(" ", "%20"))
check(400, "GET", A + "/push-endpoints?commit=xyz")
check(200, "GET", A + "/revision")
name = check(200, "GET", A + "/revisions")["objects"][0]["revision"]
check(200, "GET", A + "/revisions/" + name)
check(404, "GET", A + "/revisions/git-0000000")
check(400, "POST", A + "/deployments", {"revision": 1})
check(404, "POST", A + "/deployments", {"revision": "git-0000000"})
check(404, "POST", A + "/deployments", {"service": "nosuch"})
deploy = check(201, "POST", A + "/deployments", {"revision": name, "service": "www"})["object"]["deploy_id"]
log = check(200, "GET", A + "/deployments/%s/logs?stream&follow&progress" % deploy)
ok("the log ends", '"deploy_end"' in log.splitlines()[-1],
   log + ask("GET", A + "/logs?lines=20")[2])
check(200, "GET", A + "/deployments")
check(409, "POST", A + "/deployments/latest/cancel")
check(404, "POST", A + "/deployments/0/cancel")
check(400, "GET", A + "/deployments/latest/logs?since=-1")
check(400, "GET", A + "/deployments/latest/logs?lines=many")
log = check(200, "GET", A + "/logs?lines=5&places")
place = [json.loads(x)["object"]["place"] for x in log.splitlines() if '"place"' in x]
check(200, "POST", A + "/logs", {"since": place})
check(400, "POST", A + "/logs", {"since": ["1/../../x/2/3"]})
check(400, "POST", A + "/logs", {"since": [1]})
check(400, "GET", A + "/logs?lines=99999")

check(200, "GET", A + "/services")
check(200, "GET", A + "/services/www")
check(404, "GET", A + "/services/db")
memory = A + "/services/www/instances/%s/metrics/memory"
check(200, "GET", memory % 0)
check(200, "GET", (memory % 0) + "?range=1M")
check(400, "GET", (memory % 0) + "?range=2y")
check(404, "GET", memory % "x")
check(200, "GET", A + "/metrics/http?range=1d&service=www")
check(400, "GET", A + "/metrics/http?range=")
check(404, "GET", A + "/metrics/http?service=db")
for bad in ({}, {"instance_count": 0}, {"instance_count": 65}, {"instance_count": "2"},
            {"reserved_memory": 0}, {"reserved_memory": 1 << 50}):
    check(400, "PATCH", A + "/services/www", bad)
check(404, "PATCH", A + "/services/db", {"instance_count": 1})
check(200, "PATCH", A + "/services/www", {"instance_count": 1, "reserved_memory": 1 << 28})
check(200, "GET", A + "/services/www/instances/0/status")
check(404, "GET", A + "/services/www/instances/7/status")
check(404, "GET", A + "/services/www/instances/x/status")
check(404, "GET", A + "/services/db/instances/0/status")
I = A + "/services/www/instances/0/status"
for bad in ({}, {"status": "explode"}):
    check(400, "PUT", I, bad)
check(404, "PUT", I.replace("/0/", "/7/"), {"status": "restart"})
check(400, "PUT", I.replace("/0/", "/x/"), {"status": "restart"})
for path in (A, A + "/services/www"):
    check(422, "PUT", path + "/hold", {"seconds": 0})
    check(200, "PUT", path + "/hold", {"seconds": 60})
    check(204, "DELETE", path + "/hold")
check(404, "PUT", A + "/services/db/hold", {"seconds": 60})
check(404, "DELETE", A + "/services/db/hold")
check(204, "PUT", I, {"status": "restart"})
D = A + "/services/www/domains"
check(201, "POST", D, {"domain": "www.example.org"})
check(409, "POST", D, {"domain": "WWW.example.org"})
check(400, "POST", D, {})
for bad in ("localhost", "1.2.3.4", "a b", "*", "x.localhost", ""):
    check(422, "POST", D, {"domain": bad})
check(200, "GET", D)
check(404, "GET", A + "/services/db/domains")
C = D + "/www.example.org/certificate"
check(400, "PUT", C, {})
check(422, "PUT", C, {"certificate": "nonsense"})
check(404, "PUT", D + "/no.example.org/certificate", {"certificate": pem[0], "key": pem[1]})
check(200, "PUT", C, {"certificate": pem[0], "key": pem[1]})
check(204, "DELETE", C)
check(404, "DELETE", C)
check(204, "DELETE", D + "/www.example.org")
check(404, "DELETE", D + "/www.example.org")
check(422, "DELETE", D + "/%s-tester.localhost" % app)
check(422, "PUT", A + "/maintenance", {"page": ""})
check(422, "PUT", A + "/maintenance", {"page": "x" * 70000})
check(204, "PUT", A + "/maintenance", {"page": "<p>closed"})
check(204, "DELETE", A + "/maintenance")
check(404, "DELETE", A + "/services/db")
check(204, "DELETE", A + "/services/www")

# --- one that lasts, to be cancelled -----------------------------------------

# Waits behind nothing but its own build, which is of the whole service again.
check(201, "POST", A + "/deployments", {"revision": name, "clean": True})
check(200, "POST", A + "/deployments/latest/cancel")

# --- what holds for all of them ----------------------------------------------

for method, path in routes:
    ok("%s %s has succeeded" % (method, path), method + " " + path in done)
for path in sorted({p for m, p in routes}):
    real = path.replace("applications/[^/]+", "applications/" + app)
    real = real.replace("[^/]+", "1")
    known = {m for m, p in routes if p == path}
    method = sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - known)[0]
    check(405, method, real)
    if path.startswith("/me"):
        method = sorted(known)[0]
        check(401, method, real, who=None)
        check(401, method, real, who="0" * 48)
    if A in real:
        check(404, method, real, {}, who=stranger)
        check(404, method, real.replace("/" + app, "/nothing"), {})
    if known & {"POST", "PUT", "PATCH"} and "/me" in path and "cancel" not in path:
        method = sorted(known & {"POST", "PUT", "PATCH"})[0]
        want = 404 if "/services/" in path else 400
        real = real.replace("services/1", "services/www")
        for bad in ("{", "[]", "\xff", '{"a": 1, "a": 2}', "{} x", "[" * 10000):
            status, r, text = ask(method, real, bad.encode("latin-1"))
            ok("%s %s is no JSON" % (method, real.replace(app, "A")),
               status in (400, want), "%r -> %d %s" % (bad[:20], status, text[:200]))

# --- what is hardly a request ------------------------------------------------

check(404, "GET", "/")
check(404, "GET", "/me/nothing")
check(404, "GET", "//me")
check(404, "GET", "/me/applications/" + "a" * 500)
check(404, "GET", "/me/applications/%2e%2e")
check(405, "POST", "/me", headers={"X-Method-Override": "BREW"})
check(200, "POST", "/me?_method=GET")
check(413, "POST", "/me/applications", iter([b"x" * (1 << 20)] * 2))
for length in (1048577, 104857601):
    said = raw(b"POST /v1/me/applications HTTP/1.1\r\nHost: localhost\r\n"
               b"Content-Length: %d\r\n\r\n" % length)
    ok("%d bytes are too many" % length, error_of(said) == 413 and
       b"x-dotcloud-traceid: " in said.lower(), said)
check(400, "POST", "/me/applications", " " * 1048576, headers={"Expect": "100-continue"})
check(400, "POST", "/me/applications", " " * 100000, headers={"X-Big": "y" * 12000})

ok("no HTTP is refused", status_of(raw(b"hello\r\n\r\n")) == 400)
ok("headers without end are refused", status_of(raw(
    b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40000 + b"\r\n\r\n")) in (400, 414, 431))
ok("many headers are refused", status_of(raw(
    b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 2000 + b"\r\n")) in (400, 431))
slow = [raw(b"POST /v1/me/applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
            False) for i in range(600)]
began = time.monotonic()
check(200, "GET", "/me")
ok("six hundred slow clients keep nobody waiting", time.monotonic() - began < 10)
for s in slow:
    s.close()
for drip, least, most in ((drips[0], 25, 35), (drips[1], 55, 70)):
    drip.join()
    ok("a body that does not end, after %d bytes" % drip.begun,
       error_of(drip.answer) == 408 and least < drip.seconds < most,
       "%d s: %s" % (drip.seconds, drip.answer))

# --- log-ins -----------------------------------------------------------------

for i in range(10):
    if i == 9:
        check(200, "POST", "/auth/token", "grant_type=refresh_token&username=tester"
              "&refresh_token=" + kept["refresh_token"], who=None, headers=FORM)
    ask("POST", "/auth/token", "grant_type=password&username=tester&password=%d" % i, None,
        dict(FORM, **{"X-Forwarded-For": "192.0.2.%d" % i}))
check(429, "POST", "/auth/token", LOGIN, who=None, headers=FORM)
print("# asked %d" % count)
