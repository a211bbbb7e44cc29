"""Events of funds_api about clocks that documents stop.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class ClockStopped(Fact):
    """The clocks of these lots stand still from a day, by a document; they run again on `limit_on`, by themselves."""

    stop_id: UUID
    county_code: str
    region_code: str
    kind: str
    document: str
    from_on: date
    limit_on: date
    amount_fen: int
    lots: list[UUID]


class ClockRestarted(Fact):
    """A stop was ended before its limit: its clocks run again from `ended_on`."""

    stop_id: UUID
    county_code: str
    region_code: str
    document: str
    ended_on: date
