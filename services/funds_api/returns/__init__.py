"""Returns (退汇): one row of a paid roster comes back to the lots that fed it, and waits there to be paid again."""
