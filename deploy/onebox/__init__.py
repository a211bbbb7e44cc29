"""Everything on one machine: an embedded PostgreSQL and the five processes. For demos, tests and small offices."""
