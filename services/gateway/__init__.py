"""The front door: who is calling, and what may pass. Decides nothing about money."""
