"""Rules, one per file, pure: facts and policy in, verdict out. Queries for candidates stand in flags/store.py."""
