"""Payments to households: rosters as files, judged as columns, approved by a second person, paid by spans."""
