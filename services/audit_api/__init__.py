"""Owns suspicion: the question a flag asks, the finding it becomes, and the yuan that are put right."""
