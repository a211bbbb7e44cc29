"""Events of funds_api about warnings (预警): whom they went to, and what a unit answered.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from wire.fact import Fact


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
