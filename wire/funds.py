"""Events of funds_api. The class name is the kind; amounts are integer fen; no body holds personal data."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class TrancheOpened(_Fact):
    tranche_id: UUID
    lot_id: UUID
    account_id: UUID
    fund_code: str
    amount_fen: int


class NoticeReceived(_Fact):
    """A notice's money for this stream's county came in."""

    notice_id: UUID
    county_code: str
    document: str
    effective_on: date
    tranches: list[TrancheOpened]


class Drawn(_Fact):
    """`amount_fen` left `from_lot_id`, where it had rested `days_rested` days, and became `to_lot_id`."""

    from_lot_id: UUID
    to_lot_id: UUID
    amount_fen: int
    days_rested: int


class Moved(_Fact):
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


class MoneyMoved(_Fact):
    """Movements recorded together: hand-down, payment, return, recovery or reversal.

    `holds` keep again what had come back of households, when the payment that drew it was undone.
    """

    county_code: str
    movements: list[Moved]
    holds: list[UUID] = []


class AccountOpened(_Fact):
    id: UUID
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    book: str
    kind: str


class UnitOpened(_Fact):
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    kind: str
    accounts: list[AccountOpened]


class HouseholdsRegistered(_Fact):
    county_code: str
    registered_n: int
    file_sha256: str
    members_n: int = 0


class PersonJoined(_Fact):
    """A person belongs to a household from a day on."""

    county_code: str
    household_id: UUID
    person_id: UUID
    reason: str
    document: str
    effective_on: date


class PersonsLeft(_Fact):
    """People belong to a household no more from a day on."""

    county_code: str
    household_id: UUID
    persons_n: int
    reason: str
    document: str
    effective_on: date


class HouseholdSplit(_Fact):
    """Some people of a household became one of their own."""

    county_code: str
    household_id: UUID
    came_from: UUID
    region_code: str
    persons_n: int
    document: str
    effective_on: date


class HouseholdsMoved(_Fact):
    """Households live elsewhere from a day on; `region_code` is null when they left the county."""

    county_code: str
    households_n: int
    left: list[str]
    region_code: str | None
    document: str
    effective_on: date


class HouseholdsRemoved(_Fact):
    """Households were removed from the register (清退): from the day on they are paid nothing."""

    county_code: str
    households_n: int
    document: str
    effective_on: date
    appeal_until: date | None


class HouseholdsReinstated(_Fact):
    """Removed households stand in the register again."""

    county_code: str
    households_n: int
    document: str
    effective_on: date


class HouseholdStandingSet(_Fact):
    """Households were judged lifted, monitored or returned."""

    county_code: str
    households_n: int
    standing: str
    document: str
    effective_on: date


class HouseholdCorrected(_Fact):
    """Earlier facts of a household were corrected; `effective_on` is the earliest day that reads otherwise now."""

    county_code: str
    household_id: UUID
    facts_n: int
    document: str
    effective_on: date


class BatchOpened(_Fact):
    batch_id: UUID
    county_code: str
    region_code: str
    account_id: UUID
    fund_code: str
    entitlement: str


class BatchPublished(_Fact):
    """The frozen list of a checked batch was put on show."""

    batch_id: UUID
    county_code: str
    region_code: str
    document: str
    from_on: date
    list_sha256: str


class BatchObjected(_Fact):
    """An objection to a row of a published roster, or to the whole of it, was raised, or answered."""

    batch_id: UUID
    county_code: str
    region_code: str
    objection_id: UUID
    line: int | None
    is_open: bool


class RosterChecked(_Fact):
    """A roster file was read and judged row by row; nothing was paid."""

    batch_id: UUID
    county_code: str
    rows_good: int
    rows_bad: int
    total_fen: int
    file_sha256: str


class BatchWithdrawn(_Fact):
    batch_id: UUID
    county_code: str
    reason: str


class PaymentsDisbursed(_Fact):
    """A checked roster was approved: its money reached the households' cards."""

    batch_id: UUID
    county_code: str
    rows: int
    movement: Moved


class PaymentReturned(_Fact):
    """All or part of one row of a paid roster came back to the lots that fed it; `hold_id` keeps it till paid again."""

    batch_id: UUID
    line: int
    county_code: str
    reason: str
    hold_id: UUID | None
    movement: Moved


class FlagRaised(_Fact):
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


class FlagsRaised(_Fact):
    """One run of the rules over a county on a business date, with the flags that were new."""

    county_code: str
    as_of: date
    flags: list[FlagRaised]


class LoanDisbursed(_Fact):
    loan_id: UUID
    county_code: str
    bank: str
    bank_ref: str
    principal_fen: int
    disbursed_on: date


class RegionsListed(_Fact):
    """Divisions were entered, renamed or ended from a yearly list."""

    year: int
    first: str
    last: str
    n: int
    renamed_n: int = 0
    closed_n: int = 0
    document: str | None = None


class RegionsChanged(_Fact):
    """Codes went over into codes by a document; a link reads `from>to`."""

    change_id: UUID
    kind: str
    document: str
    effective_on: date
    links: list[str]
    closed: list[str]


class FundListed(_Fact):
    """A special fund got its code."""

    code: str
    name: str


class FundTermsSet(_Fact):
    """A level of government laid down by a document what the fund may be used for in a fiscal year."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: date
    document: str
    rules: list[str]


class HoldPlaced(_Fact):
    """Fen of an account were kept for one payment."""

    hold_id: UUID
    county_code: str
    account_id: UUID
    amount_fen: int
    expires_on: date | None
    document: str


class HoldVoided(_Fact):
    """A hold ended without a payment."""

    hold_id: UUID
    county_code: str
    reason: str


class BooksClosed(_Fact):
    """The books of a county take reversals only, through this day."""

    county_code: str
    through: date
    document: str


class ProjectStaged(_Fact):
    """A project came to a stage by a document; `opened` is its unit, when this step gave its plan out."""

    project_id: UUID
    county_code: str
    region_code: str
    code: str
    seq: int
    way: str
    from_stage: str | None
    stage: str
    document: str
    effective_on: date
    opened: UnitOpened | None = None


class ProjectChanged(_Fact):
    """A change of a project's plan was reported, or put in force."""

    project_id: UUID
    county_code: str
    region_code: str
    version: int
    document: str
    planned_fen: int
    in_force: bool


class ProjectObjected(_Fact):
    """An objection to a project was raised, or answered."""

    project_id: UUID
    county_code: str
    region_code: str
    objection_id: UUID
    is_open: bool


class ContractSigned(_Fact):
    """A contractor is to build something of a project for an amount."""

    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    contractor_id: UUID
    number: str
    amount_fen: int
    signed_on: date


class ContractEnded(_Fact):
    """A contract was cancelled; `settled_fen` of it stays paid or retained."""

    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    contractor_id: UUID
    document: str
    cancelled_on: date
    settled_fen: int


class TargetsReported(_Fact):
    """What targets of an accepted project reached was recorded: how many there are, and of how many it is known."""

    project_id: UUID
    county_code: str
    region_code: str
    document: str
    targets_n: int
    reached_n: int


class ProgressRecorded(_Fact):
    """How far a contract has come was reported, or accepted."""

    progress_id: UUID
    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    progress_ppm: int
    accepted: bool


class AssetRegistered(_Fact):
    """Something a project paid for was entered in the register of assets."""

    asset_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    kind: str
    value_fen: int


class AssetChanged(_Fact):
    """The ownership of an asset was confirmed (`confirmed`), or it was disposed of (`disposed`)."""

    asset_id: UUID
    county_code: str
    region_code: str
    change: str


class IncomeReceived(_Fact):
    """An asset earned something in a period."""

    income_id: UUID
    asset_id: UUID
    county_code: str
    region_code: str
    kind: str
    amount_fen: int
    arrived_on: date


class IncomePassed(_Fact):
    """The county passed an income on to its owner."""

    income_id: UUID
    county_code: str
    region_code: str
    passed_on: date


class IncomeSharedOut(_Fact):
    """It was decided how an income is shared; the lines make it to the fen."""

    income_id: UUID
    county_code: str
    region_code: str
    amount_fen: int
    lines_n: int
    households_n: int
    due_on: date


class ShareLinePaid(_Fact):
    """A line of a share was paid out."""

    income_id: UUID
    county_code: str
    region_code: str
    line_no: int
    amount_fen: int
    paid_on: date


class TreasuryOrderIssued(_Fact):
    """A treasury order turned quota into cash on its way to a payee."""

    order_id: UUID
    county_code: str
    order_number: str
    basis: str
    payee_account_id: UUID
    use: str
    reissues_order_id: UUID | None = None
    movement: Moved


class TreasuryOrderSettled(_Fact):
    """The bank said what became of an order: paid on to the payee, or back into the quota it came from."""

    order_id: UUID
    county_code: str
    result: str
    bank_serial: str
    reason_code: str | None = None
    movement: Moved
