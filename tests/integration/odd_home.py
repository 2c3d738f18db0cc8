# tests/integration/odd_home.py -- fills ~/odd with all that a build can make
# there and no archive, overlay or copy likes. Can be run again over itself.
import os
import shutil
import socket
import struct
import subprocess

os.chdir(os.environ["HOME"])
subprocess.run("chmod -R u+rwX odd 2>/dev/null; rm -rf odd", shell=True)
os.mkdir("odd")
os.chdir("odd")


def write(name, text="x"):
    with open(name, "w") as f:
        f.write(text)


os.mkfifo("fifo")
try:  # what overlays delete with; they do not let others make it
    os.mknod("deleted", 0o20644, os.makedev(0, 0))
except PermissionError:
    pass
socket.socket(socket.AF_UNIX).bind("socket")
shutil.copy("/bin/true", "setuid")
os.chmod("setuid", 0o6755)
write("unreadable")
os.chmod("unreadable", 0)
os.makedirs("closed/inner")
write("closed/inner/file")
os.chmod("closed/inner", 0)
os.chmod("closed", 0)
write("attributes")
os.setxattr("attributes", "user.colour", b"blue\0raw")
os.setxattr("attributes", "user.overlay.whiteout", b"y")
os.mkdir("attributes.d")
os.setxattr("attributes.d", "user.dir", b"yes")
none = 0xFFFFFFFF
entries = ((1, 6, none), (2, 4, 33), (4, 4, none), (16, 4, none), (32, 0, none))
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
write("access")
os.setxattr("access", "system.posix_acl_access", acl)
os.mkdir("inherited")
os.setxattr("inherited", "system.posix_acl_default", acl)
write("hard")
os.link("hard", "link1")
os.link("hard", "link2")
os.symlink("/etc/shadow", "outside")
os.symlink("itself", "itself")
os.symlink("a" * 4000, "long")
for name in (b"new\nline", b"latin\xe9", b"\x1b[31m", b"n" * 255, b"-rf", b" "):
    open(name, "w").close()
with open("sparse", "w") as f:
    f.truncate(1 << 30)
    f.seek(1 << 30)
    f.write("end")
for name, when in (("ancient", -10), ("future", 1 << 33)):
    write(name)
    os.utime(name, (when, when))
