"""Warnings (预警): flags told to the unit that answers for them and to its leader; with days to answer by."""
