-- Images that people upload: they need another one to be installed with.
ALTER TABLE operations ADD COLUMN boot_image_id text REFERENCES images (id);
ALTER TABLE images ADD COLUMN min_memory_mib integer CHECK (min_memory_mib > 0);
ALTER TABLE images ADD COLUMN min_disk_bytes bigint CHECK (min_disk_bytes > 0);
