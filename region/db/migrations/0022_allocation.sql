-- Whom an allocation was made for, in the words of the program that asked; empty: nobody said.
ALTER TABLE machines ADD COLUMN agent_name text NOT NULL DEFAULT '';

-- Allocation takes the smallest machine that fits; it looks at those that are ready, and there may be
-- a hundred thousand.
CREATE INDEX machines_fit ON machines (cpu_count, memory_mib, storage_bytes, id)
  WHERE status = 'Ready' AND NOT is_locked;
