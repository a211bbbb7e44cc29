"""Events of funds_api about the project library and what it leaves: stages, contracts, assets and their income."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact
from wire.places import UnitOpened


class ProjectStaged(Fact):
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


class ProjectChanged(Fact):
    """A change of a project's plan was reported, or put in force."""

    project_id: UUID
    county_code: str
    region_code: str
    version: int
    document: str
    planned_fen: int
    in_force: bool


class ProjectChangeClosed(Fact):
    """A change that waited was refused (`refused`) or withdrawn by its author (`withdrawn`): the plan stays."""

    project_id: UUID
    county_code: str
    region_code: str
    version: int
    document: str
    closed_as: str
    closed_on: date


class ProjectObjected(Fact):
    """An objection to a project was raised, or answered."""

    project_id: UUID
    county_code: str
    region_code: str
    objection_id: UUID
    is_open: bool


class ContractSigned(Fact):
    """A contractor is to build something of a project for an amount."""

    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    contractor_id: UUID
    number: str
    amount_fen: int
    signed_on: date


class ContractEnded(Fact):
    """A contract was cancelled; `settled_fen` of it stays paid or retained."""

    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    contractor_id: UUID
    document: str
    cancelled_on: date
    settled_fen: int


class TargetsReported(Fact):
    """What targets of an accepted project reached was recorded: how many there are, and of how many it is known."""

    project_id: UUID
    county_code: str
    region_code: str
    document: str
    targets_n: int
    reached_n: int


class ProgressRecorded(Fact):
    """How far a contract has come was reported, or accepted."""

    progress_id: UUID
    contract_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    progress_ppm: int
    accepted: bool


class AssetRegistered(Fact):
    """Something a project paid for was entered in the register of assets."""

    asset_id: UUID
    project_id: UUID
    county_code: str
    region_code: str
    kind: str
    value_fen: int


class AssetChanged(Fact):
    """The ownership of an asset was confirmed (`confirmed`), or it was disposed of (`disposed`)."""

    asset_id: UUID
    county_code: str
    region_code: str
    change: str


class IncomeReceived(Fact):
    """An asset earned something in a period."""

    income_id: UUID
    asset_id: UUID
    county_code: str
    region_code: str
    kind: str
    amount_fen: int
    arrived_on: date


class IncomePassed(Fact):
    """The county passed an income on to its owner."""

    income_id: UUID
    county_code: str
    region_code: str
    passed_on: date


class IncomeSharedOut(Fact):
    """It was decided how an income is shared; the lines make it to the fen."""

    income_id: UUID
    county_code: str
    region_code: str
    amount_fen: int
    lines_n: int
    households_n: int
    due_on: date


class IncomeReversed(Fact):
    """The receipt of an income was undone, and with it its passing-on, if it had been passed on."""

    income_id: UUID
    asset_id: UUID
    county_code: str
    region_code: str
    amount_fen: int
    passed_on: date | None
    undone_on: date


class IncomeShareReversed(Fact):
    """The decision how an income is shared was undone, while nothing stood paid of it."""

    income_id: UUID
    county_code: str
    region_code: str
    decision_no: int
    amount_fen: int
    undone_on: date


class ShareLineReturned(Fact):
    """Some of a paid line came back, of a household if it is named."""

    payment_id: UUID
    income_id: UUID
    county_code: str
    region_code: str
    line_no: int
    amount_fen: int
    household_id: UUID | None
    returned_on: date


class SharePaymentReversed(Fact):
    """A payment or a return of a line was undone."""

    payment_id: UUID
    undoes_id: UUID
    income_id: UUID
    county_code: str
    region_code: str
    line_no: int
    amount_fen: int
    undone_on: date


class ShareLinePaid(Fact):
    """A line of a share was paid out, or what had come back of it."""

    payment_id: UUID
    income_id: UUID
    county_code: str
    region_code: str
    line_no: int
    amount_fen: int
    paid_on: date
