-- 0009_add_private_keys.sql -- the pair that GET /private_keys made for an
-- account. It goes when its public half is removed from the account's keys.

CREATE TABLE private_keys (
  account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  key_id     INTEGER NOT NULL UNIQUE REFERENCES keys (id) ON DELETE CASCADE,
  pem        TEXT NOT NULL,                 -- as ssh-keygen writes it
  created_at INTEGER NOT NULL
) STRICT;
