# tests/traffic/03-rollback.sh -- back to the version before, and forward: out of
# the reserve, without it, and by the platform itself.
# shellcheck shell=bash

# All that served before the last deployment.
kept() {
	[ "$(db "SELECT group_concat(n || state) FROM (SELECT count(*) AS n, state
	    FROM instances WHERE state IN ('draining', 'reserved')
	    GROUP BY state)")" = 4reserved ]
}
# previous warm|cold: all four instances come from the reserve, or none.
previous() {
	local n
	dcloud deploy previous >"$root/work/said" 2>&1 || return 1
	n=$(grep -c 'Taken from the reserve' "$root/work/said")
	[ "$n" -eq "$([ "$1" = warm ] && echo 4 || echo 0)" ]
}
# Until the platform has brought back the one before.
taken_back() {
	push_version "$1" && wait_until 120 is_back
}
is_back() {
	[ -n "$(db "SELECT 1 FROM deployments WHERE rolls_back <> 0
	    AND state = 'done'")" ]
}
asks_for_rollback() { sed 's/^  type: .*/&\n  rollback: {errors: 30}/' "$1"; }

during "push of a version to leave" push_version good
during "push of a version to come back from" push_version bad
ok "the version before is in reserve" wait_until 60 kept
during "deploy previous, warm" previous warm
ok "so is the other one" wait_until 60 kept
during "deploy previous forth again, warm" previous warm
during "a variable that ends the reserve's use" dcloud env set USE=none
during "deploy previous, cold" previous cold
during "deploy latest" dcloud deploy latest

if [ "$form" = long ]; then
	cp "$app/dotcloud.yml" "$root/work/dotcloud.yml"
	asks_for_rollback "$root/work/dotcloud.yml" >"$app/dotcloud.yml"
	during "a version that fails (its own 5xx)" taken_back failing
	is "it is said" "$(dcloud info | grep -c '^rollback: .*with 5xx')" 1
	cp "$root/work/dotcloud.yml" "$app/dotcloud.yml"
	version good
fi
