-- What people sort, filter and allocate by, kept by the database itself: no writer of an inventory
-- can forget it. Zero: not known. Numbers beyond what a column holds are cut, never refused.
CREATE FUNCTION inventory_storage_bytes(inventory jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT LEAST(COALESCE(sum((disk->>'bytes')::numeric), 0), 9007199254740991)::bigint
  FROM jsonb_array_elements(COALESCE(inventory->'disks', '[]'::jsonb)) AS disk
$$;

ALTER TABLE machines
  -- Logical processors, as the operating system counts them.
  ADD COLUMN cpu_count integer NOT NULL GENERATED ALWAYS AS (LEAST(
    COALESCE((inventory->'cpu'->>'threads')::numeric, (inventory->'cpu'->>'cores')::numeric, 0),
    2147483647)::integer) STORED,
  ADD COLUMN memory_mib integer NOT NULL GENERATED ALWAYS AS (LEAST(
    COALESCE((inventory->>'memoryMib')::numeric, 0), 2147483647)::integer) STORED,
  ADD COLUMN disk_count integer NOT NULL GENERATED ALWAYS AS (
    COALESCE(jsonb_array_length(inventory->'disks'), 0)) STORED,
  ADD COLUMN storage_bytes bigint NOT NULL GENERATED ALWAYS AS (
    inventory_storage_bytes(inventory)) STORED;
