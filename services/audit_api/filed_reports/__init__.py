"""Reports of audit offices as they were published: filed once, with the figures they state and what those come to."""
