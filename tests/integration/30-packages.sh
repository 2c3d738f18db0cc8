#!/bin/bash
# tests/integration/30-packages.sh -- systempackages: a layer made once, in the
# build and in every instance, found again and made again; apt's errors.
. "$(dirname "$0")/lib.sh"
plan 22
platform_up

layers() { find "$root/packages" -mindepth 1 -maxdepth 1 -type d ! -name apt |
	wc -l; }

# package_app APP PACKAGES: a service that answers which of `figlet` and `sl` it
# has, at build and at run.
package_app() {
	hello_app "$1" unused
	cat >builder <<-'END'
		#!/bin/bash
		figlet built >/dev/null
		cp -a hello.py ~ && ln -sf hello.py ~/run
	END
	sed -i 's|body = .*|import subprocess; body = subprocess.run(["bash",\
"-c", "figlet -v \| grep -c Copyright; stat -c %U $(command -v figlet)"],\
capture_output=True).stdout|' hello.py
	sed -i "/type:/a\\  systempackages: $2" dotcloud.yml
}

package_app one '[figlet]'
log=$(dcloud push 2>&1)
is "a push with a systempackage succeeds" $? 0
like "the log has a heading" "$log" '\[www\] Installing system packages: figlet$'
like "and what apt does" "$log" '1 newly installed'
is "build and process have it, owned by root" "$(get one | tr '\n' ' ')" "1 root "
is "there is one layer" "$(layers)" 1
is "nothing of it is in the image" \
    "$(find "$(sed -n 's/^image = //p' "$conf")/usr/bin" -name figlet)" ""

log=$(dcloud push 2>&1)
unlike "the next push does not install again" "$log" 'Installing system'
package_app two '[figlet, figlet]'
log=$(dcloud push 2>&1)
unlike "nor does another application" "$log" 'Installing system'
is "which has it too" "$(get two | tr '\n' ' ')" "1 root "

sed -i 's/\[figlet, figlet\]/[figlet, no-such-package]/' dotcloud.yml
log=$(dcloud push 2>&1)
is "an unknown package is a failed push" $? 2
like "in apt's words" "$log" 'Unable to locate package no-such-package'
is "the old version goes on" "$(get two | tr '\n' ' ')" "1 root "
sed -i 's/no-such-package/"-oDir=x"/' dotcloud.yml
like "a bad name never reaches apt" "$(dcloud push 2>&1)" \
    "'-oDir=x' is not the name of a Debian package"

sed -i 's/"-oDir=x"/"figlet; id"/' dotcloud.yml
like "nor does a shell line" "$(dcloud push 2>&1)" \
    "'figlet; id' is not the name of a Debian package"

# Somebody has removed the layer: an instance makes it again.
cd "$root/work/one" || exit 1
dcloud -y destroy >/dev/null 2>&1
cd "$root/work/two" || exit 1
sed -i 's/figlet, "figlet; id"/figlet/' dotcloud.yml
dcloud push >/dev/null 2>&1
rm -rf "$root"/packages/????????????????????????????????
log=$(dcloud deploy previous 2>&1)
like "a rollback makes a lost layer again" "$log" \
    '\[www.0\] Installing system packages: figlet$'
is "and runs" "$(get two | tr '\n' ' ')" "1 root "

# Names of 2010, of a version that is gone, in capitals.
sed -i 's/\[figlet\]/[figlet, git-core, libicu42, "sl=3.03-15", TCL8.5]/' dotcloud.yml
log=$(dcloud push 2>&1)
is "names of Ubuntu 10.04 are known" $? 0
like "one from the list" "$log" '\] git-core: taking git in its place$'
like "one with a number in it" "$log" '\] libicu42: taking libicu[0-9]+ in its place$'
like "in capitals" "$log" '\] tcl8.5: taking tcl in its place$'
like "a version that is gone" "$log" 'sl=3.03-15: taking the version that there is'
sed -i 's/git-core.*TCL8.5/imagemagik/' dotcloud.yml
like "of an unknown one, the nearest are named" "$(dcloud push 2>&1)" \
    'There is no Debian package imagemagik; there are: imagemagick'
