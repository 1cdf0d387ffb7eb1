CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What a machine is searched for by: name, system id, description and MACs, in lower case. One
-- column, so that a search for a piece of any of them reads one index, or none when nearly all match.
ALTER TABLE machines ADD COLUMN search text NOT NULL DEFAULT '';

CREATE FUNCTION machine_search_text(of machines) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT lower(concat_ws(E'\n', of.hostname, of.system_id, of.description,
    (SELECT string_agg(mac, E'\n' ORDER BY id) FROM interfaces WHERE machine_id = of.id)))
$$;

CREATE FUNCTION keep_machine_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := machine_search_text(NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER machines_search BEFORE INSERT OR UPDATE OF hostname, description ON machines
  FOR EACH ROW EXECUTE FUNCTION keep_machine_search();

-- The lock comes first: what reads the interfaces must see those that others have just put in.
CREATE FUNCTION keep_search_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM machines WHERE id IN (SELECT machine_id FROM changed) ORDER BY id FOR UPDATE;
  UPDATE machines SET search = machine_search_text(machines)
    WHERE id IN (SELECT machine_id FROM changed)
      AND search IS DISTINCT FROM machine_search_text(machines);
  RETURN NULL;
END $$;
CREATE TRIGGER interfaces_search_insert AFTER INSERT ON interfaces
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_search_of_changed();
CREATE TRIGGER interfaces_search_delete AFTER DELETE ON interfaces
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_search_of_changed();
CREATE TRIGGER interfaces_search_old AFTER UPDATE ON interfaces
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_search_of_changed();
CREATE TRIGGER interfaces_search_new AFTER UPDATE ON interfaces
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_search_of_changed();

UPDATE machines SET search = machine_search_text(machines);
CREATE INDEX machines_search ON machines USING gin (search gin_trgm_ops);

-- An inventory is larger than all the rest together; out of line, lists and counts do not read it.
ALTER TABLE machines SET (toast_tuple_target = 256);

-- One for each order and filter that people use; a page by any of them costs the same at its end.
-- None on the power state, which changes every few minutes and must not touch indexes.
CREATE INDEX machines_hostname ON machines (hostname, id);
CREATE INDEX machines_status ON machines (status, id);
CREATE INDEX machines_site ON machines (site_id, id);
CREATE INDEX machines_zone ON machines (zone_id, id);
CREATE INDEX machines_pool ON machines (pool_id, id);
CREATE INDEX machines_owner ON machines (owner_user_id, id) WHERE owner_user_id IS NOT NULL;
CREATE INDEX machines_status_changed ON machines (status_changed_at, id);
CREATE INDEX machines_created ON machines (created_at, id);
CREATE INDEX machines_cpu ON machines (cpu_count, id);
CREATE INDEX machines_memory ON machines (memory_mib, id);
CREATE INDEX machines_storage ON machines (storage_bytes, id);
CREATE INDEX interfaces_mac ON interfaces (mac);
CREATE INDEX leases_machine ON leases (site_id, mac) WHERE ended_at IS NULL;
CREATE INDEX leases_address ON leases (ipv4 text_pattern_ops) WHERE ended_at IS NULL;
