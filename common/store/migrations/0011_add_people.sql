-- 0011_add_people.sql -- who did what, who else may, from which machine; a
-- deployment that is to end; what a snapshot was built on.

CREATE TABLE activity (                     -- outlives what it is about
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL           -- whose application or account
                 REFERENCES accounts (id) ON DELETE CASCADE,
  application_id INTEGER NOT NULL,          -- 0: the account itself
  application    TEXT NOT NULL,
  service        TEXT NOT NULL,             -- '': none
  category       TEXT NOT NULL,             -- app, service, domain, ...
  action         TEXT NOT NULL,             -- create, deploy, ...
  details        TEXT NOT NULL,             -- key=value, a space between
  actor          TEXT NOT NULL,             -- name of who did it
  created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX activity_account ON activity (account_id, id);
CREATE INDEX activity_application ON activity (application_id, id);

CREATE TABLE collaborators (
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  account_id     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (application_id, account_id)
) STRICT;
CREATE INDEX collaborators_account ON collaborators (account_id);

-- The refresh token, hashed like the other one; NULL: an API key, or one from
-- before, which do not expire.
ALTER TABLE tokens ADD COLUMN refresh_hash TEXT;
ALTER TABLE tokens ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0; -- 0: never
CREATE UNIQUE INDEX tokens_refresh ON tokens (refresh_hash);

-- Who wants it to end before it switches; the deployer then ends it.
ALTER TABLE deployments ADD COLUMN cancelled_by TEXT;

-- The name of the base image it was built on; '': from before this column.
ALTER TABLE snapshots ADD COLUMN image TEXT NOT NULL DEFAULT '';
