-- For counting what ended lately, without reading the history.
CREATE INDEX operations_ended_at ON operations (ended_at) WHERE ended_at IS NOT NULL;
