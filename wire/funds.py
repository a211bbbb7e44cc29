"""Events of funds_api about money, its funds and desks.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from wire.fact import Fact


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
    it is kept for, and of a project the contract.
    """

    county_code: str
    movements: list[Moved]
    contractor_id: UUID | None = None
    contract_id: UUID | None = None
    holds: list[UUID] = Field(default=[])


class AccountOpened(Fact):
    id: UUID
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    book: str
    kind: str
    holder_nature: str | None = None


class UnitOpened(Fact):
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    kind: str
    opened_on: date | None = None
    accounts: list[AccountOpened]


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


class FlagRaised(Fact):
    """One question about one lot, with the figures it was asked with."""

    flag_id: UUID
    rule_code: str
    rule_version: int
    title: str
    lot_id: UUID
    account_id: UUID
    unit_id: UUID
    unit_name: str
    region_code: str
    fund_code: str
    amount_fen: int
    days: int
    limit_days: int
    as_of: date
    explanation: str
    source: str


class FlagsRaised(Fact):
    """One run of the rules over a county on a business date, with the flags that were new."""

    county_code: str
    as_of: date
    flags: list[FlagRaised]


class RulesAsked(Fact):
    """Rules are to be asked about a place as of a business date."""

    run_id: UUID
    county_code: str
    region_code: str
    as_of: date
    rules: list[str]


class RuleTried(Fact):
    """Somebody asked history what a draft of a rule would have asked; no flag was written."""

    trial_id: UUID
    region_code: str
    rule_code: str
    rule_version: int
    draft_version: int
    values: dict[str, Any]
    as_of: list[date]
    live_n: int
    draft_n: int


class FlagsFound(Fact):
    """What one rule of a run found new: how many flags, of how many fen. Followers read them in pages."""

    run_id: UUID
    county_code: str
    rule_code: str
    rule_version: int
    title: str
    as_of: date
    flags_n: int
    flags_fen: int


class FlagDecided(Fact):
    """Somebody looked into a flag: it is confirmed (with what was recovered so far), refuted, or asked again."""

    flag_id: UUID
    county_code: str
    region_code: str
    rule_code: str
    rule_version: int
    seq: int
    outcome: str
    document: str
    decided_on: date
    amount_fen: int
    recovered_fen: int


class ToldPolicy(BaseModel):
    """Who says so: the source of a dated value that a flag was judged by."""

    source: str


class FlagTold(BaseModel):
    """A flag as its followers read it from the list of flags; what they do not know they leave out."""

    id: UUID
    run_id: UUID | None
    rule_code: str
    rule_version: int
    title: str
    subject: str
    subject_id: UUID
    lot_id: UUID | None
    region_code: str
    amount_fen: int
    days: int
    limit_days: int
    as_of: date
    explanation: str
    facts: dict[str, Any]
    policy: list[ToldPolicy]


class LoanDisbursed(Fact):
    loan_id: UUID
    county_code: str
    bank: str
    bank_ref: str
    principal_fen: int
    disbursed_on: date


class RegionsListed(Fact):
    """Divisions were entered, renamed or ended from a yearly list."""

    year: int
    first: str
    last: str
    n: int
    renamed_n: int = 0
    closed_n: int = 0
    document: str | None = None


class RegionsChanged(Fact):
    """Codes went over into codes by a document; a link reads `from>to`."""

    change_id: UUID
    kind: str
    document: str
    effective_on: date
    links: list[str]
    closed: list[str]


class FundListed(Fact):
    """A special fund got its code."""

    code: str
    name: str


class FundTermsSet(Fact):
    """A level of government laid down by a document what the fund may be used for in a fiscal year."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: date
    document: str
    rules: list[str]
    waits: bool = False


class FundTermsConfirmed(Fact):
    """A second person agreed to terms that lift or loosen what their own level had laid down; they hold from now on."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: date
    document: str


class FundTermsWithdrawn(Fact):
    """Terms that waited for a second person were taken back; they never held."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: date
    document: str
    reason: str


class PolicyValueSet(Fact):
    """A level of government laid down a number by a document; it `waits` until a second person confirms it."""

    ref: str
    key: str
    region_code: str
    valid_from: date
    valid_to: date | None = None
    edition: int
    value: int | list[int] | dict[str, int | str]
    source: str
    basis: str
    waits: bool


class PolicyValueConfirmed(Fact):
    """A second person agreed to the edition that `ref` names; it counts from now on."""

    ref: str
    key: str
    region_code: str
    valid_from: date
    edition: int


class PolicyValueWithdrawn(Fact):
    """An edition that waited for a second person was taken back; it never counted."""

    ref: str
    key: str
    region_code: str
    valid_from: date
    edition: int
    reason: str


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


class SuccessionReversed(Fact):
    """Money that had gone over went back whole; told in both streams, each with its own movements."""

    succession_id: UUID
    county_code: str
    document: str
    effective_on: date
    amount_fen: int
    movements: list[Moved]


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


class LeaderSet(Fact):
    """From a day on a post, under a login, is in charge of a unit; without both the post is vacant."""

    leader_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    from_on: date
    post: str | None
    account: str | None
    document: str


class WarnedUnit(BaseModel):
    """A unit that was told of flags; without a leader the county's office in charge was told instead."""

    warning_id: UUID
    unit_id: UUID
    region_code: str
    flags_n: int
    amount_fen: int
    days: int
    leader_id: UUID | None
    leader_account: str | None
    first_warning_id: UUID | None
    times: int
    acknowledge_by_on: date
    explain_by_on: date


class WarningsIssued(Fact):
    """The new flags of a rule of a run were told to the units that answer, and to their leaders; a unit once."""

    run_id: UUID
    county_code: str
    rule_code: str
    title: str
    issued_on: date
    warnings: list[WarnedUnit]


class WarningAcknowledged(Fact):
    """A unit has a warning."""

    warning_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    rule_code: str
    acknowledged_on: date


class WarningExplained(Fact):
    """A unit explained what it was warned of, by a document."""

    warning_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    rule_code: str
    document: str
    explained_on: date


class WarningAnswered(Fact):
    """A warning was answered by an inspector or the county's reviewer, by a document, and is over."""

    warning_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    rule_code: str
    document: str
    closed_on: date


class WarningPassedOn(BaseModel):
    """A step of a warning that was not taken by its day: since when it is with whom (leader, inspectors)."""

    warning_id: UUID
    region_code: str
    unit_id: UUID
    rule_code: str
    step: str
    told: str
    since_on: date
    leader_account: str | None


class WarningsEscalated(Fact):
    """Warnings went to the leader or the inspectors because a day had passed; each escalation is told once."""

    county_code: str
    escalated: list[WarningPassedOn]
