-- Whether agents may take its files from the source itself instead of from the region.
ALTER TABLE boot_sources ADD COLUMN agents_fetch_directly boolean NOT NULL DEFAULT false;
