"""Events of funds_api about funds and numbers of law: terms of a fund, and dated policy values, set by two people.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date

from wire.fact import Fact


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
