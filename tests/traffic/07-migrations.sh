# tests/traffic/07-migrations.sh -- versions whose `migrate:` runs while requests
# wait: one that ends well, one that fails, one that takes too long.
# shellcheck shell=bash

# migrates COMMAND: the build file's from now on.
migrates() { sed -i "/^  migrate:/d; s/^www:/&\n  migrate: $1/" dotcloud.yml; }

migrates "sleep 1"
during "push of a version that migrates" push_version migrated-1
migrates "exit 3"
during "push whose migration fails" fails push_version migrated-2
if [ "$form" = long ]; then
	migrates "{command: sleep 1000, deadline: 2}"
	during "push whose migration takes too long" fails push_version migrated-3
fi
sed -i "/^  migrate:/d" dotcloud.yml
