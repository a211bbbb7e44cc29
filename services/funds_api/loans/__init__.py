"""Microloans that banks report: registry match, dated limits, and one act per bank reference."""
