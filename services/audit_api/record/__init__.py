"""The record: the journals of all services sealed into one Merkle log, its checkpoints, proofs and verification."""
