"""Trials of rules (试算): drafts asked of history as it was known then, beside what is live. No flag is written."""
