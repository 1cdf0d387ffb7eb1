-- The region's own SimpleStreams tree is signed with this key: one row, or none yet.
CREATE TABLE image_signing_keys (
  id integer PRIMARY KEY CHECK (id = 1),
  sealed_private_key text NOT NULL,
  public_key text NOT NULL,
  created_at timestamptz(3) NOT NULL
);
