"""Events of funds_api about money: received, moved, held, ordered, lent, closed, and gone over to the next county.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from wire.fact import Fact
from wire.quarantines import QuarantineChanged


class TrancheOpened(Fact):
    tranche_id: UUID
    lot_id: UUID
    account_id: UUID
    fund_code: str
    amount_fen: int


class NoticeReceived(Fact):
    """A notice's money for this stream's county came in; with `received_from` on that day or by `effective_on`."""

    notice_id: UUID
    county_code: str
    document: str
    effective_on: date
    received_from: date | None = None
    tranches: list[TrancheOpened]


class Drawn(Fact):
    """`amount_fen` left `from_lot_id`, where it had rested `days_rested` days, and became `to_lot_id`."""

    from_lot_id: UUID
    to_lot_id: UUID
    amount_fen: int
    days_rested: int


class Moved(Fact):
    """One movement with every draw that fed it."""

    movement_id: UUID
    kind: str
    document: str
    effective_on: date
    from_account_id: UUID
    to_account_id: UUID
    from_region: str
    to_region: str
    amount_fen: int
    reverses_id: UUID | None = None
    draws: list[Drawn]


class MoneyMoved(Fact):
    """Movements recorded together: hand-down, payment, return, recovery or reversal.

    `holds` keep again what the payments that were undone had drawn of holds. A retention (质保金) names the contractor
    it is kept for, and of a project the contract. A recovery (追缴) may name the finding that it answers; what it took
    out of that finding's quarantines, or what undoing it brought back into them, is told in `quarantines`.
    """

    county_code: str
    movements: list[Moved]
    contractor_id: UUID | None = None
    contract_id: UUID | None = None
    holds: list[UUID] = Field(default=[])
    finding_id: UUID | None = None
    quarantines: list[QuarantineChanged] = Field(default=[])


class LoanDisbursed(Fact):
    loan_id: UUID
    county_code: str
    bank: str
    bank_ref: str
    principal_fen: int
    disbursed_on: date


class HoldPlaced(Fact):
    """Fen of an account were kept for one payment."""

    hold_id: UUID
    county_code: str
    account_id: UUID
    amount_fen: int
    expires_on: date | None
    document: str


class HoldVoided(Fact):
    """A hold ended without a payment."""

    hold_id: UUID
    county_code: str
    reason: str


class BooksClosed(Fact):
    """The books of a county take reversals only, through this day."""

    county_code: str
    through: date
    document: str


class TreasuryOrderIssued(Fact):
    """A treasury order turned quota into cash on its way to a payee."""

    order_id: UUID
    county_code: str
    order_number: str
    basis: str
    payee_account_id: UUID
    use: str
    reissues_order_id: UUID | None = None
    movement: Moved


class TreasuryOrderSettled(Fact):
    """The bank said what became of an order: paid on to the payee, or back into the quota it came from."""

    order_id: UUID
    county_code: str
    result: str
    bank_serial: str
    reason_code: str | None = None
    movement: Moved


class LotSucceeded(Fact):
    """All of `drawn_lot_id` left the old county as `from_lot_id` and is `lot_id` of the new one."""

    drawn_lot_id: UUID
    from_account_id: UUID
    from_tranche_id: UUID
    from_lot_id: UUID
    to_account_id: UUID
    tranche_id: UUID
    lot_id: UUID
    fund_code: str
    amount_fen: int


class StopSucceeded(Fact):
    """A stop of clocks that went over with its money: the same document and days, under a name of its own there."""

    from_stop_id: UUID
    stop_id: UUID
    lots: list[UUID]


class MoneySucceeded(Fact):
    """What rested in a county whose code ended went over to the county that follows it; told in both streams."""

    succession_id: UUID
    county_code: str
    from_county: str
    to_county: str
    document: str
    effective_on: date
    amount_fen: int
    lots: list[LotSucceeded]
    stops: list[StopSucceeded] = Field(default=[])


class SuccessionReversed(Fact):
    """Money that had gone over went back whole; told in both streams, each with its own movements."""

    succession_id: UUID
    county_code: str
    document: str
    effective_on: date
    amount_fen: int
    movements: list[Moved]
    stops: list[StopSucceeded] = Field(default=[])
