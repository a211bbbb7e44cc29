"""Publicity of rosters (公示): a checked batch is put on show, objections are heard, and the payment waits for both."""
