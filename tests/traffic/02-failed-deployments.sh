# tests/traffic/02-failed-deployments.sh -- a deployment that fails switches
# nothing, of no service.
# shellcheck shell=bash

# broken NAME LINE: version "broken", with LINE in the build file for service api.
broken() {
	local what=$1
	shift
	cp "$app/version" "$root/work/version"
	cp "$app/dotcloud.yml" "$root/work/dotcloud.yml"
	version broken
	printf '  %s\n' "$@" >>"$app/dotcloud.yml"
	during "$what" fails dcloud push
	mv "$root/work/version" "$app/version"
	mv "$root/work/dotcloud.yml" "$app/dotcloud.yml"
}

broken "a build that fails" 'prebuild: exit 3'
broken "a postinstall that fails" 'postinstall: exit 3'
sed -i '/^api:/,$s/process: .*/process: exec sleep 1000/' "$app/dotcloud.yml"
broken "a service that never answers" 'healthcheck: {deadline: 3}'
sed -i '/^api:/,$s/process: .*/process: node server.js/' "$app/dotcloud.yml"
