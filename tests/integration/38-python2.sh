#!/bin/bash
# tests/integration/38-python2.sh -- python of 2012: which Python is meant,
# packages as they were, uWSGI for it; a custom service with its own virtualenv.
. "$(dirname "$0")/lib.sh"
plan 26
platform_up

# The first example of dotCloud's documentation.
mkdir -p "$root/work/old" && cd "$root/work/old" || exit 1
dcloud -y create old >/dev/null 2>&1
printf 'www:\n  type: python\n' >dotcloud.yml
cat >wsgi.py <<'END'
def application(environ, start_response):
    status = '200 OK'
    response_headers = [('Content-type', 'text/plain')]
    start_response(status, response_headers)
    return ['Hello World!\n']
END
log=$(dcloud push 2>&1)
is "an application that says nothing is pushed" $? 0
like "what it was written for is told" "$log" \
    'wsgi.py line 5 answers with text, not with bytes: using Python 2.7; say python_version: to choose'
is "it answers" "$(get old)" 'Hello World!'

# Versions, and a package that has no version.
cat >wsgi.py <<'END'
import sys
from flask import Flask
from werkzeug import secure_filename
import bottle

app = application = Flask(__name__)


@app.route('/')
def index():
    print "asked"
    return "%s %s %s" % (sys.version[:3], sys.prefix, secure_filename('a b'))


@app.route('/maximum')
def maximum():
    return bottle.__version__
END
cat >requirements.txt <<'END'
-i http://e.pypi.example/simple
Flask==0.9
wsgiref==0.1.2
twill==0.9
bottle
END
printf 'location /static/ { alias /home/dotcloud/current/static/; }\n' >nginx.conf
mkdir static && echo navy >static/site.css
log=$(dcloud push 2>&1)
is "Flask 0.9" $? 0
like "Python 2 by its syntax" "$log" 'wsgi.py line 11 is Python 2: using Python 2.7'
like "packages are of its time" "$log" 'are taken as they were on 201[23]-'
like "Werkzeug is, which it needs" "$log" 'Successfully installed .*Werkzeug-0\.[89]'
like "what comes with Python is left out" "$log" 'wsgiref==0.1.2: left out'
like "so is an index that is no more" "$log" 'e.pypi.example/simple: left out'
like "a version that was taken away has a successor" "$log" \
    'twill 0.9 is not there any more: taking 0\.9\.[0-9]'
is "it answers in the virtualenv" "$(get old)" "2.7 /home/dotcloud/env a_b"
like "what has no version is old" "$(get old /maximum)" '^0\.1'
is "snippets are as for Python 3" "$(get old /static/site.css)" navy
like "print is in the log" "$(wait_until 20 grep -q asked \
    "$root"/boxes/"$bridge"-i*/log/uwsgi*.log && echo found)" found

log=$(dcloud push 2>&1)
like "the second push keeps what is installed" "$log" 'requirements are unchanged'
unlike "and the plugin" "$log" 'Compiling'
printf '  config:\n    python_version: v2.6\n    uwsgi_processes: 1\n' >>dotcloud.yml
log=$(dcloud push 2>&1)
is "v2.6 is pushed" $? 0
like "and is 2.7" "$log" 'There is no python v2.6 any more: taking v2.7$'
printf 'psycopg2==2.4.5\nMySQL-python==1.2.3\n./beside\n' >requirements.txt
# As Django has its templates: "data" of a package, beside its modules.
mkdir -p beside/beside && touch beside/beside/__init__.py
echo data >beside/beside/data.txt
cat >beside/setup.py <<'END'
from distutils.command.install import INSTALL_SCHEMES
from distutils.core import setup

for scheme in INSTALL_SCHEMES.values():
    scheme['data'] = scheme['purelib']
setup(name='beside', version='1.0', packages=['beside'],
      data_files=[['beside', ['beside/data.txt']]])
END
cat >wsgi.py <<'END'
import os
import sys

sys.path.remove('/home/dotcloud/current/')
import MySQLdb
import psycopg2
import beside


def application(environ, start_response):
    start_response('200 OK', [])
    return [psycopg2.__version__[:5], ' ', MySQLdb.__name__, ' ',
            open(os.path.dirname(beside.__file__) + '/data.txt').read()]
END
log=$(dcloud push 2>&1)
is "database drivers are compiled" $? 0
is "and are there, as is data of packages" "$(get old)" "2.4.5 MySQLdb data"

# What a build script of a custom service takes for granted.
mkdir -p "$root/work/own" && cd "$root/work/own" || exit 1
dcloud -y create own >/dev/null 2>&1
cat >dotcloud.yml <<'END'
www:
  type: custom
  buildscript: builder
  ports:
    www: http
END
cat >builder <<'END'
#!/bin/bash
[ -d ~/virtualenv ] || virtualenv --no-site-packages --python=python2.6 ~/virtualenv
. ~/virtualenv/bin/activate
pip install --download-cache=~/.pip-cache -r requirements.txt || exit 1
cp -a run ~
echo '. ~/virtualenv/bin/activate' >~/profile
END
cat >run <<'END'
#!/usr/bin/env python
import bottle, os, sys
@bottle.route('/')
def index():
    print >>sys.stderr, "asked"
    return '%s %s %s' % (sys.version[:3], sys.prefix, open('hooked').read())
bottle.run(host='0.0.0.0', port=int(os.environ['PORT_WWW']))
END
echo bottle >requirements.txt
printf '#!/usr/bin/python2.7\nprint >>open("hooked", "w"), "by the hook"\n' \
    >postinstall
chmod 755 builder run postinstall
log=$(dcloud push 2>&1)
is "a custom service with a virtualenv" $? 0
like "python is Python 2 in its build" "$log" \
    'postinstall line 2 prints to a file as Python 2 does: python is Python 2.7'
like "its packages are old" "$log" 'Successfully installed bottle-0\.1'
like "it answers; postinstall has run" "$(get own)" \
    '^2.7 /home/dotcloud/virtualenv by the hook$'
rm postinstall
sed -i "s/open('hooked').read()/os.path.exists('hooked')/" run
log=$(dcloud push 2>&1)
is "without the hook" $? 0
is "none runs" "$(get own)" "2.7 /home/dotcloud/virtualenv False"
