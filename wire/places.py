"""Events of funds_api about where money can rest: divisions by their codes, units and their accounts.

The class name is the kind; amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class AccountOpened(Fact):
    id: UUID
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    book: str
    kind: str
    holder_nature: str | None = None


class AccountNatureTold(Fact):
    """Somebody said by a document whose an account is from a day on: a unit's, a person's, or cash and no account."""

    county_code: str
    region_code: str
    account_id: UUID
    holder_nature: str
    from_on: date
    document: str


class UnitOpened(Fact):
    unit_id: UUID
    county_code: str
    region_code: str
    name: str
    kind: str
    opened_on: date | None = None
    accounts: list[AccountOpened]


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
