"""Offices, villages, contractors and banks, and the accounts in which they hold money."""
