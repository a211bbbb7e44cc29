"""Events of funds_api about payments to households: a batch and its roster, publicity and objections, what came back.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact
from wire.money import Moved


class BatchOpened(Fact):
    batch_id: UUID
    county_code: str
    region_code: str
    account_id: UUID
    fund_code: str
    entitlement: str


class BatchPublished(Fact):
    """The frozen list of a checked batch was put on show."""

    batch_id: UUID
    county_code: str
    region_code: str
    document: str
    from_on: date
    list_sha256: str


class BatchObjected(Fact):
    """An objection to a row of a published roster, or to the whole of it, was raised, or answered."""

    batch_id: UUID
    county_code: str
    region_code: str
    objection_id: UUID
    line: int | None
    is_open: bool
    verdict: str | None = None
    ended_batches: tuple[UUID, ...] = ()


class RosterChecked(Fact):
    """A roster file was read and judged row by row; nothing was paid."""

    batch_id: UUID
    county_code: str
    rows_good: int
    rows_bad: int
    total_fen: int
    file_sha256: str


class BatchWithdrawn(Fact):
    batch_id: UUID
    county_code: str
    reason: str


class PaymentsDisbursed(Fact):
    """A checked roster was approved: its money reached the households' cards."""

    batch_id: UUID
    county_code: str
    rows: int
    movement: Moved


class RowAside(Fact):
    """An objected row of a roster, now a batch of its own: it waits, its money frozen, or was ended with reason."""

    line: int
    batch_id: UUID
    amount_fen: int
    waits: bool
    hold_id: UUID | None
    frozen_fen: int


class BatchDivided(Fact):
    """A published roster was approved without its objected rows: the others were paid as `paid_batch_id`."""

    batch_id: UUID
    county_code: str
    paid_batch_id: UUID
    list_sha256: str
    total_fen: int
    paid_fen: int
    rows: list[RowAside]


class PaymentReturned(Fact):
    """All or part of one row of a paid roster came back to the lots that fed it; `hold_id` keeps it till paid again."""

    batch_id: UUID
    line: int
    county_code: str
    reason: str
    hold_id: UUID | None
    movement: Moved
