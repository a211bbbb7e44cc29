"""Special funds by code: the level they come from and the stream of use. Public reference data."""
