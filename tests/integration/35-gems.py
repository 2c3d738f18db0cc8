#!/usr/bin/env python3
"""tests/integration/35-gems.py -- a small index of gems, made here: DIR/versions,
DIR/info/NAME and DIR/gems/NAME-VERSION.gem, as Bundler asks for them.

    35-gems.py DIR
"""
import gzip
import hashlib
import io
import os
import sys
import tarfile

TOP = sys.argv[1]

# name, version, dependencies, files, extensions
GEMS = [
    ("greet", "1.0.0", [], {
        "lib/greet.rb": 'module Greet\n  VERSION = "1.0.0"\nend\n'}, []),
    ("greet", "1.1.0", [], {
        "lib/greet.rb": 'module Greet\n  VERSION = "1.1.0"\nend\n'}, []),
    ("shout", "2.0.0", [("greet", ">= 1.0")], {
        "lib/shout.rb": 'require "greet"\n'
                        'SHOUT = "GREET #{Greet::VERSION}!"\n',
        "bin/shout": '#!/usr/bin/env ruby\nrequire "shout"\nputs SHOUT\n'}, []),
    ("swift", "0.1.0", [], {
        "ext/swift/extconf.rb": 'require "mkmf"\ncreate_makefile("swift")\n',
        "ext/swift/swift.c":
            "#include <ruby.h>\n"
            "static VALUE answer(VALUE self) { return INT2FIX(6 * 7); }\n"
            "void Init_swift(void) { rb_define_global_function("
            '"swift_answer", answer, 0); }\n'}, ["ext/swift/extconf.rb"]),
    ("probe", "1.0.0", [], {"lib/probe.rb": "PROBE = true\n"}, []),
]


def spec(name, version, depends, files, extensions):
    """The gemspec as YAML, as `gem build` has it."""
    lines = ["--- !ruby/object:Gem::Specification", f"name: {name}",
             "version: !ruby/object:Gem::Version", f"  version: {version}",
             "platform: ruby", "specification_version: 4",
             "authors: [nobody]",
             "date: 2012-01-01 00:00:00.000000000 Z", "summary: made by a test",
             "bindir: bin", "require_paths: [lib]"]
    lines.append("executables: [%s]" % ", ".join(
        f[4:] for f in files if f.startswith("bin/")))
    lines.append("extensions: [%s]" % ", ".join(extensions))
    lines.append("files: [%s]" % ", ".join(files))
    lines.append("dependencies:" if depends else "dependencies: []")
    for other, wanted in depends:
        sign, number = wanted.split()
        lines += ["- !ruby/object:Gem::Dependency", f"  name: {other}",
                  "  requirement: !ruby/object:Gem::Requirement",
                  "    requirements:", f'    - - "{sign}"',
                  "      - !ruby/object:Gem::Version",
                  f"        version: '{number}'", "  type: :runtime",
                  "  prerelease: false"]
    return "\n".join(lines) + "\n"


def tar(files):
    """Names and bytes as a tar file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755 if name.startswith("bin/") else 0o644
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def save(path, data):
    """DATA under DIR/PATH."""
    path = os.path.join(TOP, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def main():
    """All gems, then what lists them."""
    info = {}
    for name, version, depends, files, extensions in GEMS:
        data = tar({k: v.encode() for k, v in files.items()})
        meta = spec(name, version, depends, files, extensions)
        gem = tar({"metadata.gz": gzip.compress(meta.encode()),
                   "data.tar.gz": gzip.compress(data)})
        save(f"gems/{name}-{version}.gem", gem)
        needs = ",".join(f"{a}:{b}" for a, b in depends)
        sha = hashlib.sha256(gem).hexdigest()
        info.setdefault(name, []).append(
            (version, f"{version} {needs}|checksum:{sha}\n"))
    versions = "created_at: 2012-01-01T00:00:00Z\n---\n"
    for name, rows in info.items():
        text = "---\n" + "".join(line for _, line in rows)
        save(f"info/{name}", text.encode())
        versions += "%s %s %s\n" % (name, ",".join(v for v, _ in rows),
                                    hashlib.md5(text.encode()).hexdigest())
    save("versions", versions.encode())
    save("names", ("---\n" + "\n".join(info) + "\n").encode())


main()
