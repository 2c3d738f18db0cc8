# tests/traffic/01-pushes.sh -- pushes in a row, of two services with two
# instances each.
# shellcheck shell=bash

pushes=2
[ "$form" = quick ] || pushes=50

push_all() {
	local n
	for ((n = 2; n <= pushes + 1; n++)); do
		push_version "$n" || return
	done
}
during "$pushes pushes in a row" push_all
