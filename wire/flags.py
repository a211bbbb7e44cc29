"""Events of funds_api about rules and what they ask: runs, trials, flags and what became of them.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from wire.fact import Fact


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


class FlagLeft(Fact):
    """A flag that was decided here already, whatever the inspectors' feed told of it later; what stands of it."""

    flag_id: UUID
    stands: str


class FlagsDecided(Fact):
    """One event of the inspectors' journal decided flags, or what came back of them; some were left as they stood."""

    county_code: str
    audit_kind: str
    audit_position: int
    decided: list[FlagDecided]
    left: list[FlagLeft]


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
