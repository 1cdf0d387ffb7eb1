CREATE TABLE webhooks (
  id serial PRIMARY KEY,
  url text NOT NULL,
  description text NOT NULL DEFAULT '',
  sealed_secret text NOT NULL,
  -- What is told: events of any of these codes (none: all), of these levels, of this site (null: all).
  codes text[] NOT NULL,
  level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  site_id text REFERENCES sites (id) ON DELETE CASCADE,
  is_enabled boolean NOT NULL DEFAULT true,
  disabled_because text,
  failing_since timestamptz(3),
  -- How far the feed has been looked through for it.
  place bigint NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL
);

CREATE TABLE webhook_deliveries (
  id bigserial PRIMARY KEY,
  webhook_id integer NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  -- The event's place; null: a ping.
  event_id bigint,
  kind text NOT NULL,
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL,
  last_attempt_at timestamptz(3),
  last_status integer,
  last_error text,
  last_duration_ms integer,
  CONSTRAINT webhook_deliveries_event UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_created ON webhook_deliveries (created_at);
