"""Everything on one machine: an embedded PostgreSQL and the four processes. For demos, tests and small offices."""
