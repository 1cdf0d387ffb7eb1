-- Machines are looked for by the addresses of their interfaces.
CREATE INDEX ip_addresses_of_links ON ip_addresses (ip) WHERE link_id IS NOT NULL;
