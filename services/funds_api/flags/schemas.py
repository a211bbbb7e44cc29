"""Shapes of flags on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.fields import Answer, Body, Day
from chassis.pages import Page
from services.funds_api.moments import Known


class RunRequest(Body):
    """Ask every rule about everything that rests on this business date."""

    as_of: Day


class RuleRun(Answer):
    """What one rule found: lots it looked at, lots it flagged, and how many of those flags are new."""

    rule_code: str
    rule_version: int
    title: str
    candidates_n: int
    hits_n: int
    new_n: int
    new_fen: int


class RunAnswer(Answer):
    as_of: date
    county_code: str
    new_n: int
    rules: list[RuleRun]


class Flag(Answer):
    """A question with its figures; a person answers it."""

    id: UUID
    rule_code: str
    rule_version: int
    title: str
    lot_id: UUID
    region_code: str
    amount_fen: int
    days: int
    limit_days: int
    as_of: date
    explanation: str
    facts: dict[str, Any]
    raised_at: datetime


class FlagPage(Page, Known):
    items: list[Flag]
