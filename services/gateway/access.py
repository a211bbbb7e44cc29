"""Who may do what at the front door, and which people an administrator sees.

三员分立: the system administrator enters people and clients, the security administrator grants roles, the audit
administrator reads both and the journal. None of the three reads business data, and nobody else gets in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, true

from chassis.identity import Principal

NATION: Final = "00"
# What a person's own token carries as client_id; no client may be called so.
PEOPLES_CLIENT: Final = "web"


class Role(StrEnum):
    """The roles that can be granted. `feed_reader` is not among them: services sign for themselves."""

    FINANCE_CLERK = "finance_clerk"
    FINANCE_REVIEWER = "finance_reviewer"
    TOWNSHIP_CLERK = "township_clerk"
    TOWNSHIP_REVIEWER = "township_reviewer"
    INSPECTOR = "inspector"
    HELPER = "helper"
    CASE_OFFICE = "case_office"
    WITNESS = "witness"
    BANK = "bank"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

RIGHTS: Final[dict[str, frozenset[str]]] = {
    Role.SYSTEM_ADMIN: frozenset({"people:read", "people:write", "clients:read", "clients:write"}),
    Role.SECURITY_ADMIN: frozenset({"people:read", "clients:read", "grants:write"}),
    Role.AUDIT_ADMIN: frozenset({"people:read", "clients:read", "identity-events:read"}),
    # Not a person, and granted to nobody: the sealer signs for itself, and sees hashes alone.
    "sealer": frozenset({"event-hashes:read"}),
}

# Which roles a token may claim by whose key signed it: our processes give their own alone, and nobody else gives those.
MACHINES: Final[dict[str, frozenset[str]]] = {
    "qingliu-sealer": frozenset({"sealer"}),
}


@dataclass(eq=False)
class OutsideRegion(Exception):
    """An administrator names a place that lies outside the administrator's own region."""

    asked: str
    own: str

    def __str__(self) -> str:
        return f"区划 {self.asked} 不在您的管辖范围（{self.own}）内"


def must_hold(who: Principal, region: str) -> None:
    """Refuse a place outside the caller's region; the nation ("00") holds every place."""
    if who.region != NATION and not region.startswith(who.region):
        raise OutsideRegion(region, who.region)


def visible_to(who: Principal, column: Any) -> ColumnElement[bool]:
    """The row filter: `column` (a region code) lies in the caller's region. Row-level security is the second net."""
    if who.region == NATION:
        return true()
    return and_(column >= who.region, column < who.region + "~")


def stream_of(region: str) -> str:
    """The stream of the journal for a person or client of `region`: its county, or the higher place itself."""
    return region[:6]
