"""The wall clock, in one place. Business code never calls it: a date or an instant reaches it as an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)
