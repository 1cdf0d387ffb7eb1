-- What was in use in a subnet since a moment: what is open, and what ended after it.
CREATE INDEX leases_subnet_ended ON leases (subnet_id, ended_at);
