# builder/types/python/packageindex.py -- what the package index has, and since
# when; used by `language` and `index`, with the image's Python 3.

import html.parser
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request

ANSWER_BYTES = 64 << 20
FILE_BYTES = 200000
PINS = 40


def url():
    """The index that pip asks."""
    from pip._internal.models.index import PyPI
    said = subprocess.run([sys.executable, '-m', 'pip', 'config', 'get',
                           'global.index-url'], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout
    return (os.environ.get('PIP_INDEX_URL') or said.decode().strip() or
            PyPI.simple_url).rstrip('/')


class Links(html.parser.HTMLParser):
    """A page of links, as lists of dictionaries like those of the JSON form."""

    def __init__(self):
        super().__init__()
        self.files, self.open = [], None

    def handle_starttag(self, tag, attrs):
        if tag == 'a':
            attrs = dict(attrs)
            self.open = {'filename': '', 'url': attrs.get('href') or '',
                         'upload-time': attrs.get('data-upload-time'),
                         'requires-python': attrs.get('data-requires-python'),
                         'yanked': 'data-yanked' in attrs}

    def handle_data(self, data):
        if self.open:
            self.open['filename'] += data.strip()

    def handle_endtag(self, tag):
        if tag == 'a' and self.open:
            self.files.append(self.open)
            self.open = None


def files(index, name, timeout):
    """All files of a package: filename, url, upload-time or None, ..."""
    page = '%s/%s/' % (index, re.sub('[-_.]+', '-', name).lower())
    request = urllib.request.Request(page, headers={
        'Accept': 'application/vnd.pypi.simple.v1+json, text/html;q=0.5'})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        text = answer.read(ANSWER_BYTES).decode('utf-8', 'replace')
        is_json = 'json' in answer.headers.get('Content-Type', '')
        base = answer.geturl()
    if is_json:
        found = []
        for f in json.loads(text)['files']:
            link = urllib.parse.urljoin(base, f['url'])
            digest = (f.get('hashes') or {}).get('sha256')
            if digest:
                link += '#sha256=' + digest
            found.append(dict(f, url=link))
        return found
    parser = Links()
    parser.feed(text)
    for f in parser.files:
        f['url'] = urllib.parse.urljoin(base, f['url'])
    return parser.files


def pins(path):
    """(name, version) of every line "name==version" of requirements."""
    try:
        with open(path, errors='replace') as f:
            text = f.read(FILE_BYTES)
    except OSError:
        return []
    return re.findall(r'(?m)^[ \t]*([A-Za-z][\w.-]*)[ \t]*==[ \t]*'
                      r'([\w.]+)[ \t]*(?:#.*)?\r?$', text)[:PINS]


def released(index, name, version, timeout=3):
    """When the index got the first file of a version: "2012-03-09", or None."""
    mark = re.compile(r'[-_.]%s([-.](?!\d)|$)' % re.escape(version), re.I)
    times = [f['upload-time'][:10] for f in files(index, name, timeout)
             if f.get('upload-time') and mark.search(f['filename'])]
    return min(times, default=None)
