"""What a rule sees and says. A rule judges one resting lot; it knows no database, clock or person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from treasury.policy import PolicyValue


@dataclass(frozen=True, slots=True)
class Facts:
    """A lot that rests on `as_of`: how much, on whose desk (`unit_kind` as in the books), since when its clock runs."""

    lot_id: UUID
    account_id: UUID
    unit_id: UUID
    unit_name: str
    unit_kind: str
    region_code: str
    fund_code: str
    document: str
    amount_fen: int
    clock_from: date
    as_of: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rule's question about these facts: the limit that was passed, and one Chinese sentence with the figures."""

    days: int
    limit_days: int
    explanation: str
    policy: PolicyValue


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its name, basis and version; `policy_key` tells which number it judges a kind of unit by."""

    code: str
    version: int
    title: str
    legal_basis: str
    policy_key: Callable[[str], str]
    judge: Callable[[Facts, PolicyValue], Verdict | None]
