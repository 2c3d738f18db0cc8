# tests/integration/data.sh -- for tests of ~/data: versions of data_app.py, and
# what is where.
# shellcheck shell=bash

allowed=$root/work/allowed

# version N: what the application in this directory is from now on.
version() {
	sed "s/^VERSION = .*/VERSION = \"$1\"/" "$here/load_app.py" >load_app.py
	printf '#%*s\n' "$1" '' >>load_app.py # no two of the same size
	[ -e fail ] || echo no >fail
}

# allow N...: the versions that may answer; replaced at once, never half.
allow() {
	echo "$@" >"$allowed.new"
	mv "$allowed.new" "$allowed"
}

# push: its output is in $said, its status in $rc.
push() {
	said=$(dcloud push 2>&1 </dev/null)
	rc=$?
}

# box APP SERVICE.NUMBER: the directory of the instance that serves.
box() {
	echo "$root/boxes/$bridge-i$(db "SELECT max(i.id) FROM instances i
	    JOIN services s ON s.id = i.service_id
	    JOIN applications a ON a.id = s.application_id
	    WHERE i.state = 'up' AND a.name = '$1'
	    AND s.name || '.' || i.number = '$2'")"
}

# tree DIRECTORY [""]: all of it that a rename keeps; with "", that a copy
# keeps. An overlay does not count the links of directories.
tree() {
	(cd "$1" && find . ! -name number ! -name 'number.new' ! -name last \
	    ! -name history ! -name . ! -name mark \
	    \( -type d -printf "${2-%i} %y %m %U:%G %P\n" -o \
	    -printf "${2-%i} %y %m %U:%G %n %s %P %l\n" \) | sort)
	(cd "$1" && python3 -c 'import os
for n in sorted(os.listdir(".")):
    try:
        for x in os.listxattr(n, follow_symlinks=False):
            print(n, x, os.getxattr(n, x, follow_symlinks=False))
    except FileNotFoundError:
        pass' | grep -v trusted.overlay)
}

history() { get data /data/history; }
words() { history | tr '\n' ' '; }
parked() { ls "$root/data" 2>/dev/null; }
at_rest() { [ -z "$(python3 "$here/machine.py" "$root" "$bridge" 2>&1)" ]; }
