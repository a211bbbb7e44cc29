"""Who may do what with money, and whose rows they see: role → permissions, and the one filter on rows.

A caller sees the rows of the region in the token and of everything below it (township 420322101 sees its villages,
county 420322 its townships). The filter here is the first net; row-level security in the database is the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_

from chassis.identity import Principal

COUNTY_DIGITS: Final = 6
NATION: Final = "00"
# No person: who records what the feed of the inspectors told, and signs the tokens it is asked for with.
FOLLOWER: Final = "qingliu-runner"

_READING: Final = frozenset(
    {
        "regions:read",
        "units:read",
        "notices:read",
        "lots:read",
        "movements:read",
        "batches:read",
        "payments:read",
        "households:read",
        "receipts:read",
        "idle:read",
        "flags:read",
        "loans:read",
        "policies:read",
        "orders:read",
        "projects:read",
        "assets:read",
        "returns:read",
        "visits:read",
        "warnings:read",
    }
)

RIGHTS: Final[dict[str, frozenset[str]]] = {
    "finance_clerk": _READING
    | {
        "units:write",
        "funds:write",
        "notices:write",
        "movements:write",
        "movements:reverse",
        "successions:write",
        "orders:write",
        "holds:write",
        "stops:write",
        "batches:write",
        "batches:object",
        "households:write",
        "pairings:write",
        "flags:run",
        "policies:write",
        "projects:declare",
        "projects:step",
        "projects:manage",
        "projects:build",
        "assets:write",
        "returns:write",
        "leaders:write",
        "warnings:answer",
        "quarantines:read",
        "recoveries:read",
    },
    "finance_reviewer": _READING
    | {
        "quarantines:read",
        "recoveries:read",
        "batches:approve",
        "batches:object",
        "books:close",
        "terms:confirm",
        "policies:confirm",
        "projects:step",
        "projects:review",
        "projects:admit",
        "projects:accept",
        "assets:confirm",
        "warnings:close",
    },
    "township_clerk": _READING
    | {
        "pairings:write",
        "orders:write",
        "movements:write",
        "holds:write",
        "stops:write",
        "batches:write",
        "batches:object",
        "projects:declare",
        "projects:step",
        "projects:build",
        "assets:write",
        "warnings:answer",
    },
    "township_reviewer": _READING
    | {"batches:approve", "batches:object", "projects:step", "projects:review", "projects:accept", "assets:confirm"},
    "helper": frozenset({"visits:write"}),
    "inspector": _READING
    | {
        "batches:object",
        "flags:run",
        "flags:decide",
        "rules:try",
        "warnings:close",
        "events:read",
        "quarantines:read",
        "recoveries:read",
        "comparisons:read",
        "comparisons:write",
    },
    "bank": frozenset({"loans:read", "loans:write", "orders:read", "orders:settle", "returns:read", "returns:write"}),
    "system_admin": frozenset({"regions:read", "regions:write", "policies:read"}),
    "feed_reader": frozenset({"events:read", "flags:read"}),
    # Nor this one: it seals what it cannot read.
    "sealer": frozenset({"event-hashes:read"}),
    # Not a person: audit_api draws what an inspector asks for, in that name and for that region, as evidence. Of a
    # household it may read what it received, masked, and not its members, moves and standing.
    "ledger_reader": frozenset(
        {"lots:read", "movements:read", "payments:read", "receipts:read", "event-rows:read", "subjects:read"}
        | {"recoveries:read"}
    ),
}

# Which roles a token may claim by whose key signed it: our processes give their own alone, and nobody else gives those.
MACHINES: Final[dict[str, frozenset[str]]] = {
    "qingliu-follower": frozenset({"feed_reader"}),
    "qingliu-sealer": frozenset({"sealer"}),
    "qingliu-audit": frozenset({"ledger_reader"}),
    FOLLOWER: frozenset(),
}


@dataclass(eq=False)
class OutsideRegion(Exception):
    """The caller names a place that lies outside the caller's own region."""

    asked: str
    own: str

    def __str__(self) -> str:
        return f"区划 {self.asked} 不在您的管辖范围（{self.own}）内"


@dataclass(eq=False)
class CountyNeeded(Exception):
    """A caller above the county has to say which county is meant, in the parameter that the address has for it."""

    own: str
    parameter: str = "county"

    def __str__(self) -> str:
        return f"您的管辖范围大于一个县，请用 {self.parameter} 参数指明县级区划代码（6 位）"


def holds(who: Principal, region: str) -> bool:
    """Whether `region` is the caller's own or lies below it."""
    return region.startswith(who.region)


def within(who: Principal, county: str) -> bool:
    """Whether the books of `county` are the caller's business: below the caller's region, or the county it lies in."""
    return holds(who, county) or who.region[:COUNTY_DIGITS] == county


def above(who: Principal, region: str) -> bool:
    """Whether `region` is a level over the caller: the caller's prefecture, its province, the nation (00)."""
    return region == NATION or who.region.startswith(region)


def must_hold(who: Principal, region: str) -> None:
    """Refuse a place outside the caller's region."""
    if not holds(who, region):
        raise OutsideRegion(region, who.region)


def county_of(who: Principal, asked: str | None = None, parameter: str = "county") -> str:
    """The county this request is about: the one asked for, or the caller's own; refused outside the caller's reach.

    A county clerk or anybody below need not ask; a province must. Asking for a county that contains the caller's own
    township is allowed: the rows are filtered to the township all the same.
    """
    own = who.region[:COUNTY_DIGITS]
    if asked is None:
        if len(own) < COUNTY_DIGITS:
            raise CountyNeeded(who.region, parameter)
        return own
    if not within(who, asked):
        raise OutsideRegion(asked, who.region)
    return asked


def visible_to(who: Principal, *columns: Any) -> ColumnElement[bool]:
    """The row filter: one of `columns` (region codes) lies in the caller's region. Every store query uses it."""
    within = [and_(column >= who.region, column < who.region + "~") for column in columns]
    found = within[0]
    for one in within[1:]:
        found = found | one
    return found
