"""Events of quarantines (封存) on both sides: what inspectors order and release, and what the books kept of it.

Reasons and opinions are prose and stay in rows; documents are numbers of papers.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class QuarantineStepped(Fact):
    """A quarantine or its release was drawn up, or refused by whoever had to check it. No money hears of it."""

    quarantine_id: UUID
    finding_id: UUID
    county_code: str
    step: str
    step_no: int
    on: date
    version_hash: str
    text_sha256: str


class LotQuarantined(Fact):
    """So many fen of a lot are to be kept."""

    lot_id: UUID
    amount_fen: int


class QuarantineOrdered(Fact):
    """Two inspectors order that these fen stay where they are."""

    quarantine_id: UUID
    finding_id: UUID
    county_code: str
    lots: list[LotQuarantined]
    document: str
    on: date


class QuarantineReleased(Fact):
    """Two inspectors let the fen of a quarantine go."""

    quarantine_id: UUID
    finding_id: UUID
    county_code: str
    lots: list[LotQuarantined]
    document: str
    on: date


class LotKept(Fact):
    """What was to be kept of a lot, and what is: the rest had gone, or is held for a payment."""

    lot_id: UUID
    asked_fen: int
    kept_fen: int


class MoneyQuarantined(Fact):
    """The books keep what rested there and was free: `missing_fen` of what was ordered are not kept."""

    quarantine_id: UUID
    county_code: str
    kept_fen: int
    missing_fen: int
    lots: list[LotKept]


class MoneyReleased(Fact):
    """What the books had kept of a quarantine may move again."""

    quarantine_id: UUID
    county_code: str
    freed_fen: int


class QuarantineChanged(Fact):
    """A recovery for the finding took fen out of its quarantine (negative), or the undoing of one brought them back.

    `lot_id` is the lot that was drawn, or the one in which they rest again and are quarantined.
    """

    quarantine_id: UUID
    movement_id: UUID
    lot_id: UUID
    effective_on: date
    change_fen: int


class QuarantineAnswered(Fact):
    """The inspectors heard what the books `kept` of a quarantine, or `freed` by its release."""

    quarantine_id: UUID
    county_code: str
    feed_position: int
    told: str
    fen: int
    missing_fen: int
