"""Retentions (质保金): what is kept back of a builder's money, for whom, and who alone is paid out of it."""
