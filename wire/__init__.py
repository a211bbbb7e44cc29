"""What crosses a process: the events of the journals and the envelope they travel in.

Admission rule: bytes another process will read. A change must be additive, or the event gets a new name; the snapshots
in `wire/schemas` hold us to it.
"""
