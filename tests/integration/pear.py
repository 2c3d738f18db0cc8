# tests/integration/pear.py -- DIR: two channels as a web server has them, one of
# the kind of PEAR's with a package in PHP, and PECL's with an extension in C.
#
# PEAR asks them through a proxy, which is Python's http.server in DIR: it takes
# the whole address for a path.
import io
import os
import sys
import tarfile

CHANNEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel version="1.0" xmlns="http://pear.php.net/channel-1.0">
 <name>{channel}</name><suggestedalias>{alias}</suggestedalias>
 <summary>test</summary>
 <servers><primary><rest>
  <baseurl type="REST1.0">http://{channel}/rest/</baseurl>
 </rest></primary></servers>
</channel>
"""

PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package version="2.0" xmlns="http://pear.php.net/dtd/package-2.0">
 <name>{name}</name><channel>{channel}</channel>
 <summary>test</summary><description>test</description>
 <lead><name>A</name><user>a</user><email>a@example.org</email>
  <active>yes</active></lead>
 <date>2012-01-01</date>
 <version><release>{version}</release><api>{version}</api></version>
 <stability><release>stable</release><api>stable</api></stability>
 <license>MIT</license><notes>none</notes>
 <contents><dir name="/">{files}</dir></contents>
 <dependencies><required><php><min>5.2.0</min></php>
  <pearinstaller><min>1.4.0</min></pearinstaller></required></dependencies>
 {release}
</package>
"""

INFO = """<?xml version="1.0"?>
<p xmlns="http://pear.php.net/dtd/rest.package"
 xmlns:xlink="http://www.w3.org/1999/xlink">
 <n>{name}</n><c>{channel}</c><ca xlink:href="/rest/c/Test">Test</ca>
 <l>MIT</l><s>test</s><d>test</d><r xlink:href="/rest/r/{lower}"/></p>
"""

RELEASES = """<?xml version="1.0"?>
<a xmlns="http://pear.php.net/dtd/rest.allreleases">
 <p>{name}</p><c>{channel}</c><r><v>{version}</v><s>stable</s></r></a>
"""

RELEASE = """<?xml version="1.0"?>
<r xmlns="http://pear.php.net/dtd/rest.release"
 xmlns:xlink="http://www.w3.org/1999/xlink">
 <p xlink:href="/rest/p/{lower}">{name}</p><c>{channel}</c><v>{version}</v>
 <st>stable</st><l>MIT</l><m>a</m><s>test</s><d>test</d>
 <da>2012-01-01 00:00:00</da><n>none</n><f>1000</f>
 <g>http://{channel}/get/{name}-{version}</g>
 <x xlink:href="package.{version}.xml"/></r>
"""

DEPENDENCIES = ('a:1:{s:8:"required";a:2:{s:3:"php";a:1:{s:3:"min";'
                's:5:"5.2.0";}s:13:"pearinstaller";a:1:{s:3:"min";'
                's:5:"1.4.0";}}}')

EXTENSION = """#include <php.h>
PHP_FUNCTION(hello_there)
{
	ZEND_PARSE_PARAMETERS_NONE();
	RETURN_STRING("hello from C");
}
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arg, 0, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()
static const zend_function_entry functions[] = {
	PHP_FE(hello_there, arg) PHP_FE_END
};
zend_module_entry hello_module_entry = {STANDARD_MODULE_HEADER, "hello",
	functions, NULL, NULL, NULL, NULL, NULL, "1.2.2",
	STANDARD_MODULE_PROPERTIES};
ZEND_GET_MODULE(hello)
"""

CONFIG = """PHP_ARG_ENABLE([hello], [hello], [--enable-hello])
PHP_NEW_EXTENSION(hello, hello.c, $ext_shared)
"""


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def tarball(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def publish(top, channel, name, version, files, release):
    base = os.path.join(top, "http:", channel)
    words = {"channel": channel, "alias": channel.split(".")[1], "name": name,
             "lower": name.lower(), "version": version, "release": release,
             "files": "".join('<file name="%s" role="%s" />' % (path, role)
                              for path, (role, _) in files.items())}
    package = PACKAGE.format(**words)
    rest = "%s/rest/r/%s/" % (base, name.lower())
    write(base + "/channel.xml", CHANNEL.format(**words))
    write("%s/rest/p/%s/info.xml" % (base, name.lower()), INFO.format(**words))
    write(rest + "allreleases.xml", RELEASES.format(**words))
    write(rest + version + ".xml", RELEASE.format(**words))
    write(rest + "deps.%s.txt" % version, DEPENDENCIES)
    write(rest + "package.%s.xml" % version, package)
    members = {"%s-%s/%s" % (name, version, path): text
               for path, (_, text) in files.items()}
    members["package.xml"] = package
    write("%s/get/%s-%s.tgz" % (base, name, version), tarball(members))


publish(sys.argv[1], "pear.example.org", "Greet", "1.0.0", {
    "Greet.php": ("php", '<?php function greet() { return "greetings"; }\n'),
}, "<phprelease />")
publish(sys.argv[1], "pecl.php.net", "hello", "1.2.2", {
    "config.m4": ("src", CONFIG), "hello.c": ("src", EXTENSION),
}, "<providesextension>hello</providesextension><extsrcrelease />")
