-- 0006_add_migrate.sql -- migrations run while requests wait; instances are
-- restarted; holds have owners. A CHECK cannot be altered, so each state column
-- is made anew with the new words.

ALTER TABLE deployments ADD COLUMN new_state TEXT NOT NULL DEFAULT 'queued'
  CHECK (new_state IN ('queued', 'building', 'initializing', 'installing',
    'launching', 'moving', 'migrating', 'probing', 'switching', 'done',
    'failed', 'cancelled'));
UPDATE deployments SET new_state = state;
DROP INDEX deployments_state;
ALTER TABLE deployments DROP COLUMN state;
ALTER TABLE deployments RENAME COLUMN new_state TO state;
CREATE INDEX deployments_state ON deployments (state);

ALTER TABLE instances ADD COLUMN new_state TEXT NOT NULL DEFAULT 'creating'
  CHECK (new_state IN ('creating', 'installing', 'launching', 'ready', 'up',
    'down', 'restarting', 'parking', 'parked', 'draining', 'failed', 'gone'));
UPDATE instances SET new_state = state;
DROP INDEX instances_state;
ALTER TABLE instances DROP COLUMN state;
ALTER TABLE instances RENAME COLUMN new_state TO state;
CREATE INDEX instances_state ON instances (state);

-- `migrate:` of its services is run before the processes of its instances start.
ALTER TABLE deployments ADD COLUMN migrates INTEGER NOT NULL DEFAULT 0;
-- Its service's `migrate:` has ended well, in this one.
ALTER TABLE instances ADD COLUMN migrated INTEGER NOT NULL DEFAULT 0;

-- What its user wants of one that is up: that it is started again, and perhaps
-- with its workers told to wait.
ALTER TABLE instances ADD COLUMN restart TEXT NOT NULL DEFAULT 'none'
  CHECK (restart IN ('none', 'wanted', 'suspended'));
-- Its workers wait for our "resume".
ALTER TABLE instances ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;

-- Requests of a service wait in the router until the last of its holds ends:
-- the time in held_until, or before that the word of its owner.
CREATE TABLE holds (
  service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  owner      TEXT NOT NULL                  -- a deployment under way, an
             CHECK (owner IN ('deployment', 'instance', 'user')), -- instance
                                            -- that comes back, dcloud suspend
  held_at    INTEGER NOT NULL,              -- since when
  held_until INTEGER NOT NULL,              -- 0: its user has ended it
  settled    INTEGER NOT NULL,              -- a user's: the router obeys, and
                                            -- what was under way has ended
  PRIMARY KEY (service_id, owner)
) STRICT;
INSERT INTO holds (service_id, owner, held_at, held_until, settled)
  SELECT service_id, 'deployment', held_at, held_until, 1 FROM routes
  WHERE held_until > 0;
ALTER TABLE routes DROP COLUMN held_at;
ALTER TABLE routes DROP COLUMN held_until;
