# tests/traffic/02-failed-deployments.sh -- a deployment that fails switches
# nothing, of no service, and says which instance failed which check. The long
# form has all kinds.
# shellcheck shell=bash

# says REGEX: dcloud push fails with 2 and this in its words.
says() {
	local said status
	said=$(dcloud push 2>&1)
	status=$?
	echo "$said"
	[ $status -eq 2 ] && grep -qE -- "$1" <<<"$said"
}

# broken NAME REGEX [PROCESS [LINE]]: version "broken", of which service api has
# another process, and LINE in the build file. www has nothing wrong with it.
broken() {
	cp "$app/version" "$root/work/version"
	cp "$app/dotcloud.yml" "$root/work/dotcloud.yml"
	version broken
	sed -i "/^api:/,\$s|process: .*|process: ${3:-node server.js}|" \
	    "$app/dotcloud.yml"
	[ -z "${4:-}" ] || printf '  %s\n' "$4" >>"$app/dotcloud.yml"
	during "$1" says "$2"
	mv "$root/work/version" "$app/version"
	mv "$root/work/dotcloud.yml" "$app/dotcloud.yml"
}

soon='healthcheck: {deadline: 3}'
broken "a build that fails" 'service api .*returned 3' '' 'prebuild: exit 3'
broken "a service that never answers" \
    'api\.[01]: .*no good answer on port 8080 in 3 s to GET /CloudHealthCheck' \
    'exec sleep 1000' "$soon"
broken "one that crashes 100 ms after its first 200" \
    "api\\.[01]: it answered and crashed: process '.*' \\(exit status 7\\)" \
    'env FAULT=crash node server.js'
if [ "$form" = long ]; then
	broken "a postinstall that fails" 'api\.[01].*returned 3' '' \
	    'postinstall: exit 3'
	broken "one whose memory is used up at its start" \
	    "api\\.[01]: process .* memory is used up" \
	    'env FAULT=memory node server.js'
	broken "one that listens on the wrong port" \
	    'api\.[01]: .* in 3 s .*it listens on: port 9999' \
	    'env PORT=9999 node server.js' "$soon"
fi
failed=broken
