-- 0007_add_reserve.sql -- the version before stays frozen for a while, and a
-- version that fails early is rolled back. A CHECK cannot be altered, so the
-- state column is made anew with the new word.

ALTER TABLE instances ADD COLUMN new_state TEXT NOT NULL DEFAULT 'creating'
  CHECK (new_state IN ('creating', 'installing', 'launching', 'ready', 'up',
    'down', 'restarting', 'parking', 'parked', 'draining', 'reserved', 'failed',
    'gone'));
UPDATE instances SET new_state = state;
DROP INDEX instances_state;
ALTER TABLE instances DROP COLUMN state;
ALTER TABLE instances RENAME COLUMN new_state TO state;
CREATE INDEX instances_state ON instances (state);

-- In milliseconds of the epoch: in reserve until then, or on its way into it;
-- over, if that has passed. 0: never was. A new instance that has one was taken
-- from the reserve and is not awake yet.
ALTER TABLE instances ADD COLUMN reserved_until INTEGER NOT NULL DEFAULT 0;
-- Hash of all that its processes were started with; '': never started.
ALTER TABLE instances ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';

-- The deployment that the platform itself took back by this one; 0: none. That
-- one is done and has an error, which says why.
ALTER TABLE deployments ADD COLUMN rolls_back INTEGER NOT NULL DEFAULT 0;
