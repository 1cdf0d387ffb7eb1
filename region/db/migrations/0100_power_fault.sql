-- Why a machine's power state is unknown: {"code", "message"}; null: it is known, or nobody asked yet.
ALTER TABLE machines ADD COLUMN power_fault jsonb;
