#!/bin/bash
# tests/support/check.sh -- `make check`: compile, lint, unit tests (also under
# the sanitizers), integration tests, traffic. Its last line counts them all.
set -u

cd "$(dirname "$0")/../.." || exit 1
out=$1
logs=$out/log
mkdir -p "$logs"
passed=0
failed=0

# Adds what the log of a stage counts; a stage that failed counts once more
# when its log does not say why.
count() {
	local log=$1 status=$2 p f
	p=$(awk '/^ok /{n++} /%: Checks: /{gsub(",","");
	    n+=$3-$5-$7} END{print n+0}' "$log")
	f=$(awk '/^not ok /{n++} /%: Checks: /{gsub(",","");
	    n+=$5+$7} END{print n+0}' "$log")
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ "$p" -gt 0 ] || [ "$f" -gt 0 ] || f=1
	passed=$((passed + p))
	failed=$((failed + f))
}

stage() {
	local name=$1 log status start=$SECONDS
	shift
	log=$logs/$name.log
	echo "=== $name"
	"$@" 2>&1 | tee "$log" | grep -vE '^(cc|gcc|musl-gcc|ar|rm|sh) '
	status=${PIPESTATUS[0]}
	count "$log" "$status"
	echo "=== $name: $((SECONDS - start)) s, status $status"
	return "$status"
}

compile() {
	make --no-print-directory -j"$(nproc)" OUT="$out" all \
	    "$out/test/unit" "$out/test/unit-asan" && echo "ok - compiles"
}

if stage compile compile; then
	stage lint make --no-print-directory OUT="$out" lint
	stage unit make --no-print-directory -j2 -Otarget OUT="$out" \
	    check-unit check-asan
	stage integration make --no-print-directory OUT="$out" check-integration
	stage traffic make --no-print-directory OUT="$out" traffic-quick
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
