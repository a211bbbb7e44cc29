"""Leads (问题线索): referred, disposed of, and told to their members alone; for everybody else they do not exist."""
