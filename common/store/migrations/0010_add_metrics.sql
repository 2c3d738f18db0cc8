-- 0010_add_metrics.sql -- how much memory instances use and what the router
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
