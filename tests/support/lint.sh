#!/bin/bash
# tests/support/lint.sh -- what no compiler says: format, clang-tidy, cppcheck,
# and the rules of ours that a grep can hold.
# shellcheck disable=SC2046 # names of our files are words
set -u

cd "$(dirname "$0")/../.." || exit 1
failed=0
passed=0

# A step: what it is for, then its command; silent when all is well.
step() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok - lint: $name"
	else
		failed=$((failed + 1))
		echo "not ok - lint: $name"
		echo "$said" | head -n 60
	fi
}

sources() { git ls-files -co --exclude-standard -- "$@" | sort; }

none_match() { # PATTERN, then files: fails with what matches
	local pattern=$1
	shift
	! grep -nE "$pattern" "$@"
}

format() {
	sources '*.c' '*.h' | xargs -r clang-format --dry-run --Werror
}

# One file a run: version 14 reports false va_list errors over several. A file
# whose text, and whose headers', has been looked at before is not again.
tidy() {
	export cache=${TIDY_CACHE:-/var/cache/dcloud/tidy}
	mkdir -p "$cache"
	# shellcheck disable=SC2016 # for the inner shell
	sources 'common/*.c' 'builder/*.c' 'deployer/*.c' 'uploader/*.c' \
	    'runtime/*.c' 'cli/*.c' | xargs -P "$(nproc)" -I{} sh -c '
		needs=$(cc -MM -MG -nostdinc -I. "$1" | tr -d "\\\\" |
		    sed "s/^[^:]*://")
		key=$(cat .clang-tidy $needs 2>/dev/null | sha256sum | cut -c1-40)
		[ -e "$cache/$key" ] && exit 0
		clang-tidy --quiet "$1" -- -std=gnu17 -D_GNU_SOURCE -I. \
		    2>/dev/null && touch "$cache/$key"' sh {}
}

check_cpp() {
	sources 'common/*.c' 'builder/*.c' 'deployer/*.c' 'uploader/*.c' \
	    'runtime/*.c' 'cli/*.c' |
	    cppcheck --file-list=- --quiet --std=c11 -I. -D_GNU_SOURCE \
	    -j "$(nproc)" --error-exitcode=1 --inline-suppr \
	    --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem --suppress=checkersReport
}

first_lines() {
	local f bad=0
	for f in $(sources '*.c' '*.h'); do
		head -n 1 "$f" | grep -qF "/* $f -- " ||
			{ echo "$f: first line does not name it"; bad=1; }
	done
	return $bad
}

lengths() {
	local f n bad=0
	for f in $(sources '*.c' '*.h'); do
		n=$(wc -l <"$f")
		case $f in
		*.h) [ "$n" -le 100 ] || { echo "$f: $n lines"; bad=1; } ;;
		*) [ "$n" -le 500 ] || { echo "$f: $n lines"; bad=1; } ;;
		esac
	done
	return $bad
}

only_in() { # HEADER FILE...: included nowhere else
	local header=$1
	shift
	local found
	found=$(grep -lE "#include <$header>" $(sources '*.c' '*.h') |
	    grep -vxF "$(printf '%s\n' "$@")")
	[ -z "$found" ] || { echo "<$header> is also in: $found"; return 1; }
}

doors() {
	local bad=0
	only_in 'sqlite3\.h' common/store/db.c || bad=1
	only_in 'yaml\.h' common/buildfile/yaml.c || bad=1
	only_in 'sodium\.h' common/crypto/crypto.c || bad=1
	only_in 'jansson\.h' common/json/json.c || bad=1
	only_in 'lxc/.*' common/box/lxc.c || bad=1
	only_in 'microhttpd\.h' uploader/http.c || bad=1
	only_in 'curl/.*' cli/http.c || bad=1
	return $bad
}

sql_in_store() {
	none_match '"(SELECT|INSERT|UPDATE|DELETE) ' \
	    $(sources 'builder/*.c' 'deployer/*.c' 'uploader/*.c' 'cli/*.c' \
	    'common/*.c' | grep -v '^common/store/')
}

rooms_apart() {
	local room bad=0
	for room in builder deployer uploader runtime cli; do
		none_match "#include \"($(echo builder deployer uploader \
		    runtime cli | tr ' ' '\n' | grep -vx $room |
		    paste -sd'|'))/" $(sources "$room/*.[ch]") || bad=1
	done
	none_match '#include "(builder|deployer|uploader|runtime|cli)/' \
	    $(sources 'common/*.[ch]') || bad=1
	return $bad
}

step "clang-format" format
step "first line of every file names it" first_lines
step "files under 500 lines, headers under 100" lengths
step "a library has one door" doors
step "SQL only in common/store" sql_in_store
step "no daemon includes another's header" rooms_apart
step "no forbidden function" none_match \
    '\b(atoi|strncpy|sprintf|strcpy|strcat|system|gets|alloca|vfork)\(' \
    $(sources '*.c' '*.h')
step "no promise in the code" none_match \
    '\b(TODO|FIXME|XXX|HACK)\b' $(sources '*.c' '*.h' '*.sh' '*.sql' ':!tests/support/lint.sh')
step "O_CLOEXEC on every open" none_match \
    '\bopen(at)?\([^;]*O_(RDONLY|WRONLY|RDWR)[^;]*\);' \
    <(grep -nE '\bopen(at)?\(' $(sources 'common/*.c' 'deployer/*.c' \
    'builder/*.c' 'uploader/*.c' 'cli/*.c') | grep -E 'O_(RD|WR)' |
    grep -v O_CLOEXEC)
# SC2154, SC2034: what integration/lib.sh sets and reads; set -u finds the rest.
# SC2088: a test's name may speak of ~/run.
step "shellcheck" shellcheck -S warning -e SC2154,SC2034,SC2088 $(grep -slE '^#!/bin/(ba)?sh' \
    $(sources '*.sh' runtime tests builder/types docs/examples .ci))
step "man pages" mandoc -Tlint -Wwarning $(sources 'docs/man/*')
step "cppcheck" check_cpp
step "clang-tidy" tidy
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
