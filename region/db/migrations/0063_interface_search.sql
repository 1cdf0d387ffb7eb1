-- Only a change of MACs, or of the machine that has them, changes what a machine is searched for by.
-- Any other leaves machines alone: a VLAN is removed under the lock on its site, and what takes both
-- takes the machine first.
DROP TRIGGER interfaces_search_old ON interfaces;
DROP TRIGGER interfaces_search_new ON interfaces;

CREATE FUNCTION keep_search_of_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched integer[] := ARRAY(
    SELECT unnest(ARRAY[was.machine_id, is_now.machine_id])
    FROM was JOIN is_now USING (id)
    WHERE was.mac IS DISTINCT FROM is_now.mac OR was.machine_id <> is_now.machine_id);
BEGIN
  IF touched = '{}' THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM machines WHERE id = ANY (touched) ORDER BY id FOR UPDATE;
  UPDATE machines SET search = machine_search_text(machines)
    WHERE id = ANY (touched) AND search IS DISTINCT FROM machine_search_text(machines);
  RETURN NULL;
END $$;
CREATE TRIGGER interfaces_search_update AFTER UPDATE ON interfaces
  REFERENCING OLD TABLE AS was NEW TABLE AS is_now
  FOR EACH STATEMENT EXECUTE FUNCTION keep_search_of_updated();
