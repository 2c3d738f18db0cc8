"""What uWSGI looks for: a WSGI callable with the name application."""
import os
import sys

from flask import Flask, request

application = Flask(__name__)


@application.route("/")
def hello():
    return "Hello from %s on Flask\n" % os.environ["DOTCLOUD_PROJECT"]


@application.route("/where")
def where():
    return "%s %s\n" % (sys.prefix, request.headers.get("X-Forwarded-Proto"))
