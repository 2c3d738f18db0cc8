-- 0003_add_data.sql -- ~/data moves from an instance to the next one of its
-- number while requests for its service are held. A CHECK cannot be altered,
-- so each state column is made anew with the new words.

ALTER TABLE deployments ADD COLUMN new_state TEXT NOT NULL DEFAULT 'queued'
  CHECK (new_state IN ('queued', 'building', 'initializing', 'installing',
    'launching', 'moving', 'probing', 'switching', 'done', 'failed',
    'cancelled'));
UPDATE deployments SET new_state = state;
DROP INDEX deployments_state;
ALTER TABLE deployments DROP COLUMN state;
ALTER TABLE deployments RENAME COLUMN new_state TO state;
CREATE INDEX deployments_state ON deployments (state);

ALTER TABLE instances ADD COLUMN new_state TEXT NOT NULL DEFAULT 'creating'
  CHECK (new_state IN ('creating', 'installing', 'launching', 'ready', 'up',
    'down', 'parking', 'parked', 'draining', 'failed', 'gone'));
UPDATE instances SET new_state = state;
DROP INDEX instances_state;
ALTER TABLE instances DROP COLUMN state;
ALTER TABLE instances RENAME COLUMN new_state TO state;
CREATE INDEX instances_state ON instances (state);

-- Whose ~/data it has: its own (nobody has asked yet), none until it gets that
-- of its number, or that one: to give it back is its duty, and it is the only
-- one.
ALTER TABLE instances ADD COLUMN data TEXT NOT NULL DEFAULT 'own'
  CHECK (data IN ('own', 'wanted', 'held'));
CREATE UNIQUE INDEX instances_data ON instances (service_id, number)
  WHERE data = 'held';

-- Requests wait in the router from held_at to held_until (0: they do not).
ALTER TABLE routes ADD COLUMN held_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routes ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
