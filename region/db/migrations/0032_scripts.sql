CREATE TABLE scripts (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT scripts_name UNIQUE,
  type text NOT NULL CHECK (type IN ('commissioning', 'testing')),
  description text NOT NULL DEFAULT '',
  tags text[] NOT NULL DEFAULT '{}',
  timeout_seconds integer NOT NULL,
  parallel boolean NOT NULL DEFAULT false,
  source text NOT NULL,
  sha256 text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL,
  changed_at timestamptz(3) NOT NULL
);

-- History: a result names what ran by value, for the script may have changed or gone since.
CREATE TABLE script_results (
  id bigserial PRIMARY KEY,
  machine_id integer NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  operation_id text NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
  number integer NOT NULL,
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('commissioning', 'testing')),
  -- Null: it came with the agent.
  sha256 text,
  state text NOT NULL CHECK (state IN ('pending', 'running', 'passed', 'failed', 'timed_out')),
  exit_status integer,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  stdout_sha256 text,
  stderr_sha256 text,
  CONSTRAINT script_results_operation_number UNIQUE (operation_id, number)
);
CREATE INDEX script_results_machine ON script_results (machine_id, id);
