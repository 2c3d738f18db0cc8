-- From 0001_create.sql -- the whole store. Times are milliseconds since the epoch,
-- sizes bytes. States are words, so that `sqlite3 state.db 'select * from
-- builds'` tells an operator what is going on. AUTOINCREMENT where an id names
-- something outside the store (a container, a directory) or stands in events:
-- no id is ever given out twice.

CREATE TABLE nodes (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,        -- the machine's host name
  last_address INTEGER NOT NULL DEFAULT 1,  -- newest host number handed out
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,       -- [a-z0-9]
  email         TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL,              -- libsodium crypto_pwhash_str
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  type       TEXT NOT NULL,                 -- ssh-ed25519, ...
  blob       TEXT NOT NULL UNIQUE,          -- base64, as in authorized_keys
  comment    TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
  id           INTEGER PRIMARY KEY,
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  hash         TEXT NOT NULL UNIQUE,        -- SHA-256 of the token, in hex
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE applications (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  name       TEXT NOT NULL,                 -- [a-z0-9]
  flavor     TEXT NOT NULL DEFAULT 'live',
  uid_range  INTEGER NOT NULL UNIQUE,       -- uid_base + this * 65536
  state      TEXT NOT NULL DEFAULT 'active'
             CHECK (state IN ('active', 'destroying')),
  created_at INTEGER NOT NULL,
  UNIQUE (account_id, name)
) STRICT;

CREATE TABLE variables (                    -- dcloud env set
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  value          TEXT NOT NULL,
  PRIMARY KEY (application_id, name)
) STRICT;

CREATE TABLE revisions (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  name           TEXT NOT NULL,             -- rsync-<ms>, git-<hex>
  node_id        INTEGER NOT NULL REFERENCES nodes (id),
  parsed         INTEGER NOT NULL DEFAULT 0, -- revision_services is filled
  created_at     INTEGER NOT NULL,
  uploaded_at    INTEGER NOT NULL,          -- newest = "latest"
  UNIQUE (application_id, name)
) STRICT;

CREATE TABLE revision_services (            -- the build file, understood
  revision_id INTEGER NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  position    INTEGER NOT NULL,             -- in the file
  type        TEXT NOT NULL,
  definition  TEXT NOT NULL,                -- JSON of struct dc_service_def
  PRIMARY KEY (revision_id, name)
) STRICT;

CREATE TABLE services (                     -- what outlives revisions
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  type           TEXT NOT NULL,
  instance_count INTEGER,                   -- NULL: never scaled, 1
  memory         INTEGER,                   -- NULL: the default
  state          TEXT NOT NULL DEFAULT 'active'
                 CHECK (state IN ('active', 'destroying')),
  created_at     INTEGER NOT NULL,
  UNIQUE (application_id, name)
) STRICT;

CREATE TABLE routes (                       -- a service's place in HAProxy
  service_id INTEGER PRIMARY KEY REFERENCES services (id) ON DELETE CASCADE,
  slot       INTEGER NOT NULL UNIQUE        -- backend be_<slot>
) STRICT;

CREATE TABLE domains (
  id         INTEGER PRIMARY KEY,
  service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  host       TEXT NOT NULL UNIQUE,
  own        INTEGER NOT NULL DEFAULT 0,    -- the platform's own name for it
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
  hash       TEXT PRIMARY KEY,              -- SHA-256, in hex
  size       INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deployments (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  deploy_id      TEXT NOT NULL UNIQUE,      -- what users see
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  revision_id    INTEGER NOT NULL REFERENCES revisions (id),
  account_id     INTEGER NOT NULL REFERENCES accounts (id),
  clean          INTEGER NOT NULL DEFAULT 0,
  state          TEXT NOT NULL DEFAULT 'queued'
                 CHECK (state IN ('queued', 'building', 'initializing',
                   'installing', 'launching', 'probing', 'switching', 'done',
                   'failed', 'cancelled')),
  claimed_by     TEXT,                      -- NODE/deployer/PID of the job
  lease_until    INTEGER NOT NULL DEFAULT 0,
  error          TEXT,
  created_at     INTEGER NOT NULL,
  ended_at       INTEGER
) STRICT;
CREATE INDEX deployments_state ON deployments (state);
CREATE INDEX deployments_application ON deployments (application_id, id);

CREATE TABLE snapshots (
  id             INTEGER PRIMARY KEY,       -- also of layers/<id>
  application_id INTEGER NOT NULL
                 REFERENCES applications (id) ON DELETE CASCADE,
  service_id     INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  revision_id    INTEGER NOT NULL REFERENCES revisions (id),
  node_id        INTEGER NOT NULL REFERENCES nodes (id), -- has the layer
  blob_hash      TEXT NOT NULL REFERENCES blobs (hash),
  parent_id      INTEGER REFERENCES snapshots (id), -- the layer below it
  depth          INTEGER NOT NULL DEFAULT 0, -- layers below it
  size           INTEGER NOT NULL,          -- of the blob
  created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_service ON snapshots (service_id, id);

CREATE TABLE builds (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,        -- also of the box b<id>
  deployment_id INTEGER NOT NULL
                REFERENCES deployments (id) ON DELETE CASCADE,
  service_id    INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  definition    TEXT NOT NULL,              -- JSON of struct dc_service_def
  state         TEXT NOT NULL DEFAULT 'queued'
                CHECK (state IN ('queued', 'preparing', 'building',
                  'snapshotting', 'done', 'failed', 'cancelled')),
  attempts      INTEGER NOT NULL DEFAULT 0,
  node_id       INTEGER REFERENCES nodes (id),
  claimed_by    TEXT,
  lease_until   INTEGER NOT NULL DEFAULT 0,
  snapshot_id   INTEGER REFERENCES snapshots (id),
  error         TEXT,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  UNIQUE (deployment_id, service_id)
) STRICT;
CREATE INDEX builds_state ON builds (state);

CREATE TABLE instances (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,        -- also of the box i<id>
  deployment_id INTEGER NOT NULL
                REFERENCES deployments (id) ON DELETE CASCADE,
  service_id    INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  snapshot_id   INTEGER NOT NULL REFERENCES snapshots (id),
  definition    TEXT NOT NULL,              -- JSON of struct dc_service_def
  number        INTEGER NOT NULL,           -- www.0, www.1, ...
  memory        INTEGER NOT NULL,
  node_id       INTEGER NOT NULL REFERENCES nodes (id),
  installed     INTEGER NOT NULL DEFAULT 0, -- postinstall has succeeded
  attempts      INTEGER NOT NULL DEFAULT 0, -- jobs that tried to start it
  state         TEXT NOT NULL DEFAULT 'creating'
                CHECK (state IN ('creating', 'installing', 'launching',
                  'ready', 'up', 'down', 'draining', 'failed', 'gone')),
  claimed_by    TEXT,
  lease_until   INTEGER NOT NULL DEFAULT 0,
  error         TEXT,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER
) STRICT;
CREATE INDEX instances_state ON instances (state);
CREATE INDEX instances_service ON instances (service_id);

CREATE TABLE ports (
  instance_id INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,                -- PORT_<NAME>, upper-cased there
  kind        TEXT NOT NULL CHECK (kind IN ('http', 'tcp', 'udp')),
  port        INTEGER NOT NULL,             -- inside the container
  PRIMARY KEY (instance_id, name)
) STRICT;

CREATE TABLE addresses (                    -- of containers, on one node
  node_id     INTEGER NOT NULL REFERENCES nodes (id),
  number      INTEGER NOT NULL,             -- host number in the subnet
  build_id    INTEGER REFERENCES builds (id) ON DELETE CASCADE,
  instance_id INTEGER REFERENCES instances (id) ON DELETE CASCADE,
  PRIMARY KEY (node_id, number),
  CHECK ((build_id IS NULL) <> (instance_id IS NULL))
) STRICT;
CREATE INDEX addresses_build ON addresses (build_id);
CREATE INDEX addresses_instance ON addresses (instance_id);

CREATE TABLE log_entries (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,        -- the order in which readers follow
  deployment_id INTEGER NOT NULL
                REFERENCES deployments (id) ON DELETE CASCADE,
  created_at    INTEGER NOT NULL,           -- microseconds since the epoch
  service       TEXT,
  instance      INTEGER,
  level         TEXT NOT NULL DEFAULT 'INFO' CHECK (level IN ('INFO', 'ERROR')),
  status        TEXT CHECK (status IN ('deploy_end', 'deploy_fail')),
  message       TEXT NOT NULL               -- one or more lines
) STRICT;
CREATE INDEX log_entries_deployment ON log_entries (deployment_id, id);

CREATE TABLE events (                       -- every move of a state machine
  id         INTEGER PRIMARY KEY,
  thing      TEXT NOT NULL,                 -- build, deployment, instance
  thing_id   INTEGER NOT NULL,
  from_state TEXT NOT NULL,
  to_state   TEXT NOT NULL,
  moved_by   TEXT NOT NULL,                 -- claimed_by of the mover, or ''
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_thing ON events (thing, thing_id);

CREATE TABLE sequences (                    -- ids that are needed before rows
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO sequences (name, value) VALUES ('snapshot', 0);
-- From 0002_add_public_ports.sql -- where the world reaches the tcp and udp ports
-- that build files name. A row stays as long as an instance has the port.

CREATE TABLE public_ports (
  node_id    INTEGER NOT NULL REFERENCES nodes (id),
  port       INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,                 -- as in the build file
  kind       TEXT NOT NULL CHECK (kind IN ('tcp', 'udp')),
  number     INTEGER NOT NULL,              -- www.0, ...; -1: any of them
  created_at INTEGER NOT NULL,
  PRIMARY KEY (node_id, port),
  UNIQUE (service_id, name, kind, number, node_id)
) STRICT;
INSERT INTO sequences (name, value) VALUES ('public_port', 0);
-- From 0003_add_data.sql -- ~/data moves from an instance to the next one of its
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
-- From 0004_add_certificates.sql -- TLS certificates of domains, and applications
-- that are closed for maintenance. A domain takes its certificate along.

CREATE TABLE certificates (
  domain_id  INTEGER PRIMARY KEY REFERENCES domains (id) ON DELETE CASCADE,
  pem        TEXT NOT NULL,                 -- certificate, chain, private key
  hash       TEXT NOT NULL,                 -- SHA-256 of pem, in hex
  ends_at    INTEGER NOT NULL,              -- it is not valid after that
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE maintenance (                  -- a row: all requests get 503
  application_id INTEGER PRIMARY KEY
                 REFERENCES applications (id) ON DELETE CASCADE,
  page       TEXT NOT NULL,                 -- HTML; '': the platform's own
  hash       TEXT NOT NULL,                 -- SHA-256 of page, in hex, or ''
  created_at INTEGER NOT NULL
) STRICT;
-- From 0005_add_health.sql -- an instance that is up is checked for as long as it
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
-- From 0006_add_migrate.sql -- migrations run while requests wait; instances are
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
-- From 0007_add_reserve.sql -- the version before stays frozen for a while, and a
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
-- From 0008_add_host_keys.sql -- how the sshd of an application's instances is
-- known, the same for all of them and for as long as the application is there.

CREATE TABLE host_keys (
  application_id INTEGER PRIMARY KEY
                 REFERENCES applications (id) ON DELETE CASCADE,
  private_key TEXT NOT NULL,                -- a file of OpenSSH's
  public_key  TEXT NOT NULL,                -- "ssh-ed25519 AAAA..."
  created_at  INTEGER NOT NULL
) STRICT;
-- From 0009_add_private_keys.sql -- the pair that GET /private_keys made for an
-- account. It goes when its public half is removed from the account's keys.

CREATE TABLE private_keys (
  account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  key_id     INTEGER NOT NULL UNIQUE REFERENCES keys (id) ON DELETE CASCADE,
  pem        TEXT NOT NULL,                 -- as ssh-keygen writes it
  created_at INTEGER NOT NULL
) STRICT;
-- From 0010_add_metrics.sql -- how much memory instances use and what the router
-- counts, looked at once a minute. Each look is added to the row of its minute,
-- of its ten minutes and of its hour; old rows go, the fine ones first. Sums:
-- divide by samples, seconds or requests.

CREATE TABLE memory_metrics (               -- bytes
  service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,              -- www.0, www.1, ...
  span       INTEGER NOT NULL CHECK (span IN (60, 600, 3600)),  -- seconds
  at         INTEGER NOT NULL,              -- its beginning, seconds
  samples    INTEGER NOT NULL,
  used       INTEGER NOT NULL,              -- rss, active and inactive
  allocated  INTEGER NOT NULL,
  rss        INTEGER NOT NULL,
  active     INTEGER NOT NULL,              -- page cache
  inactive   INTEGER NOT NULL,
  PRIMARY KEY (service_id, number, span, at)
) STRICT;
CREATE INDEX memory_metrics_at ON memory_metrics (span, at);

CREATE TABLE traffic_metrics (              -- requests
  service_id     INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  span           INTEGER NOT NULL CHECK (span IN (60, 600, 3600)),
  at             INTEGER NOT NULL,
  seconds        INTEGER NOT NULL,          -- that were looked at
  ok             INTEGER NOT NULL,          -- answered with 2xx
  redirected     INTEGER NOT NULL,          -- 3xx
  refused        INTEGER NOT NULL,          -- 4xx
  failed         INTEGER NOT NULL,          -- 5xx
  application_ms INTEGER NOT NULL,          -- waited for the application
  platform_ms    INTEGER NOT NULL,          -- in the router
  PRIMARY KEY (service_id, span, at)
) STRICT;
CREATE INDEX traffic_metrics_at ON traffic_metrics (span, at);

CREATE TABLE traffic_counters (             -- what HAProxy had at the last look
  node_id    INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
  worker     INTEGER NOT NULL,              -- its pid: a new one counts from 0
  slot       INTEGER NOT NULL,              -- backend be_<slot>
  ok         INTEGER NOT NULL,
  redirected INTEGER NOT NULL,
  refused    INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  PRIMARY KEY (node_id, worker, slot)
) STRICT;

-- The last look at its router, in seconds; 0: none yet.
ALTER TABLE nodes ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;
-- From 0011_add_people.sql -- who did what, who else may, from which machine; a
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
-- From 0012_fit_published_client.sql -- what dotCloud's own client expects.

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
PRAGMA application_id = 1684237412;
PRAGMA user_version = 12;
INSERT INTO accounts (name, password_hash, created_at) VALUES ('old', 'h', 1);
