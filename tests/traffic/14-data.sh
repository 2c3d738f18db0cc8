# tests/traffic/14-data.sh -- pushes of services with ~/data: requests wait while
# it moves.
# shellcheck shell=bash

printf '  postinstall: mkdir -p ~/data\n' >>"$app/dotcloud.yml"
sed -i 's/^api:/  postinstall: mkdir -p ~\/data\napi:/' "$app/dotcloud.yml"
during "push of a version that makes ~/data" push_version data-1
during "push that moves ~/data" push_version data-2
