"""A bounded storm: one stack under load, processes killed at every stage, and a history held against the database."""
