# tests/traffic/01-pushes.sh -- pushes in a row, of two services with two
# instances each.
# shellcheck shell=bash

pushes=3
[ "$form" = quick ] || pushes=50

for ((n = 2; n <= pushes + 1; n++)); do
	during "push of version $n" push_version "$n"
done
