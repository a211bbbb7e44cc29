"""Migrations of one schema, in order."""
