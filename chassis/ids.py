"""New identities: UUIDv7 made by the application, so that any PostgreSQL ≥ 15 will do and keys stay in time order."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return compat.uuid7()
