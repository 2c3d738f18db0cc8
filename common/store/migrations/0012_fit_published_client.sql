-- 0012_fit_published_client.sql -- what dotCloud's own client expects.

-- The hash before the last renewal, and until when it holds: the client renews a
-- token that has expired, and then sends the same request once more.
ALTER TABLE tokens ADD COLUMN old_hash TEXT;
ALTER TABLE tokens ADD COLUMN old_until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tokens_old ON tokens (old_hash);

-- Details are called as the API shows them, at the top of a row: an app's deploy
-- has revision and build, a domain has domain, a service's scale has scale and
-- value, and each row of a service names one.
UPDATE activity SET details = 'domain=' || substr(details, 7)
  WHERE details LIKE 'cname=%';
UPDATE activity SET details = 'collaborator=' || substr(details, 6)
  WHERE details LIKE 'user=%';
UPDATE activity SET details = replace(details, ' deployment=', ' build=')
  WHERE category = 'app';
UPDATE activity SET details = 'scale=instances value=' || substr(details, 11)
  WHERE action = 'scale' AND details LIKE 'instances=%';
UPDATE activity SET details = 'scale=memory value=' ||
  (CAST(substr(details, 8) AS INTEGER) * 1048576)
  WHERE action = 'scale' AND details LIKE 'memory=%M';
UPDATE activity SET category = 'app'
  WHERE category = 'service' AND service = '';
