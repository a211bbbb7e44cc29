"""What projects left behind: assets, their owners and upkeep, what they earn, and how the income is shared."""
