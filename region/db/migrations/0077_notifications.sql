-- What people shall see in the console until it is over or they have put it away.
CREATE TABLE notifications (
  id serial PRIMARY KEY,
  -- By which the region finds again what it said of a condition; null: a person wrote it.
  ident text CONSTRAINT notifications_ident UNIQUE,
  category text NOT NULL CHECK (category IN ('info', 'success', 'warning', 'error')),
  message text NOT NULL,
  context jsonb NOT NULL,
  for_admins boolean NOT NULL,
  for_users boolean NOT NULL,
  -- Whose alone it is; null: of everybody named above.
  user_id integer CONSTRAINT notifications_user REFERENCES users (id) ON DELETE CASCADE,
  is_dismissable boolean NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- Null: until the condition ends, or somebody removes it.
  expires_at timestamptz(3)
);

CREATE TABLE notification_dismissals (
  notification_id integer NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (notification_id, user_id)
);

-- When a sweep that is not worth every tick was last taken on, by whichever region.
CREATE TABLE sweeps (
  name text PRIMARY KEY,
  last_at timestamptz(3) NOT NULL
);

-- An idle site reports nothing for hours; these two tell it from one that is gone.
ALTER TABLE sites ADD COLUMN published_at timestamptz(3);
ALTER TABLE agents ADD COLUMN renewed_at timestamptz(3);
