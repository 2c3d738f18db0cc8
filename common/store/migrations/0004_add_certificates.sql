-- 0004_add_certificates.sql -- TLS certificates of domains, and applications
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
