-- 0008_add_host_keys.sql -- how the sshd of an application's instances is
-- known, the same for all of them and for as long as the application is there.

CREATE TABLE host_keys (
  application_id INTEGER PRIMARY KEY
                 REFERENCES applications (id) ON DELETE CASCADE,
  private_key TEXT NOT NULL,                -- a file of OpenSSH's
  public_key  TEXT NOT NULL,                -- "ssh-ed25519 AAAA..."
  created_at  INTEGER NOT NULL
) STRICT;
