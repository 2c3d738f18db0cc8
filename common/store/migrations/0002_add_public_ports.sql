-- 0002_add_public_ports.sql -- where the world reaches the tcp and udp ports
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
