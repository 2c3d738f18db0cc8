-- 0005_add_health.sql -- an instance that is up is checked for as long as it
-- lives.

-- What the last checks have said: nothing yet (unknown), that it is well, that
-- it does not answer (silent), or that its answer is bad (failing). Those that
-- are silent or failing get no requests.
ALTER TABLE instances ADD COLUMN health TEXT NOT NULL DEFAULT 'unknown'
  CHECK (health IN ('unknown', 'good', 'silent', 'failing'));
-- Since when, in milliseconds of the epoch.
ALTER TABLE instances ADD COLUMN health_at INTEGER NOT NULL DEFAULT 0;
-- How often its container was made anew for it since it was last well for long.
ALTER TABLE instances ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
