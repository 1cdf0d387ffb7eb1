-- How an image's own initramfs is told over the network where its root is; older ones are all MAAS's.
ALTER TABLE images ADD COLUMN boot_profile text NOT NULL DEFAULT 'maas'
  CHECK (boot_profile IN ('maas', 'dracut', 'live-boot'));
-- `os/release` of what an image is made from; null: nobody said so.
ALTER TABLE images ADD COLUMN base_os text;
