#!/usr/bin/env python3
"""tests/integration/36-cpan.py -- a small mirror of CPAN, made here: what there
is in DIR/modules/02packages.details.txt.gz, the files under DIR/authors/id.

    36-cpan.py DIR
"""
import gzip
import io
import os
import sys
import tarfile

TOP = sys.argv[1]
AUTHOR = "N/NO/NOBODY"

SWIFT_XS = """#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"

MODULE = Swift  PACKAGE = Swift

int
answer()
    CODE:
        RETVAL = 6 * 7;
    OUTPUT:
        RETVAL
"""
SWIFT_PM = """package Swift;
our $VERSION = '0.10';
require XSLoader;
XSLoader::load('Swift', $VERSION);
1;
"""

# module, version, requirements, files
DISTRIBUTIONS = [
    ("Greet", "1.10", {}, {
        "lib/Greet.pm": "package Greet;\nour $VERSION = '1.10';\n1;\n"}),
    ("Shout", "2.00", {"Greet": "1.00"}, {
        "lib/Shout.pm": "package Shout;\nour $VERSION = '2.00';\nuse Greet;\n"
                        'sub text { "GREET $Greet::VERSION!" }\n1;\n',
        "bin/shout": '#!perl\nuse Shout;\nprint Shout::text(), "\\n";\n'}),
    ("Swift", "0.10", {}, {"lib/Swift.pm": SWIFT_PM, "Swift.xs": SWIFT_XS}),
    ("Rotten", "0.01", {}, {
        "lib/Rotten.pm": "package Rotten;\nour $VERSION = '0.01';\n1;\n",
        "Rotten.xs": "#error this has never compiled\n"}),
]


def makefile(name, version, needs, files):
    """The Makefile.PL of a distribution."""
    scripts = ", ".join(f"'{f}'" for f in files if f.startswith("bin/"))
    needs = ", ".join(f"'{k}' => '{v}'" for k, v in needs.items())
    return ("use ExtUtils::MakeMaker;\n"
            f"WriteMakefile(NAME => '{name}', VERSION => '{version}',\n"
            f"    PREREQ_PM => {{ {needs} }}, EXE_FILES => [ {scripts} ]);\n")


def save(path, data):
    """DATA under DIR/PATH."""
    path = os.path.join(TOP, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def main():
    """All distributions, then what lists them."""
    rows = ""
    for name, version, needs, files in DISTRIBUTIONS:
        top = f"{name}-{version}"
        files = dict(files, **{
            "Makefile.PL": makefile(name, version, needs, files)})
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as t:
            for path, text in files.items():
                info = tarfile.TarInfo(f"{top}/{path}")
                info.size = len(text)
                t.addfile(info, io.BytesIO(text.encode()))
        save(f"authors/id/{AUTHOR}/{top}.tar.gz", out.getvalue())
        rows += f"{name} {version} {AUTHOR}/{top}.tar.gz\n"
    head = ("File: 02packages.details.txt\nColumns: package name, version, path\n"
            f"Line-Count: {len(DISTRIBUTIONS)}\n\n")
    save("modules/02packages.details.txt.gz",
         gzip.compress((head + rows).encode()))


main()
