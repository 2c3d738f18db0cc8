#!/bin/sh
# tests/support/old_store.sh -- prints the store of the version of today, with an
# account in it, for tests/data/store/<version>.sql: run it once when a migration
# is released, and never change what it printed.
set -eu

cd "$(dirname "$0")/../../common/store/migrations"
version=0
for file in *.sql; do
	version=$((version + 1))
	sed 's/^-- \([0-9]*_[a-z_]*\.sql\)/-- From \1/' "$file"
done
cat <<END
PRAGMA application_id = 1684237412;
PRAGMA user_version = $version;
INSERT INTO accounts (name, password_hash, created_at) VALUES ('old', 'h', 1);
END
