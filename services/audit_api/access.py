"""Who may do what with suspicion, and whose rows they see: role → permissions, the row filter, who may judge whom.

Findings, alerts and evidence are the inspectors' alone. A unit sees the orders addressed to its place and may ask to
have them closed; nobody else sees anything. The filter here is the first net; row-level security is the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_

from chassis.identity import Principal

COUNTY_DIGITS: Final = 6

_ADDRESSED: Final = frozenset(
    {"orders:read", "orders:report", "extensions:ask", "closures:request", "policies:read", "proofs:write"}
)

RIGHTS: Final[dict[str, frozenset[str]]] = {
    "inspector": frozenset(
        {
            "alerts:read",
            "alerts:triage",
            "alerts:assign",
            "alerts:merge",
            "alerts:refute",
            "alerts:decide",
            "findings:read",
            "findings:write",
            "findings:confirm",
            "orders:read",
            "orders:write",
            "orders:issue",
            "orders:report",
            "extensions:ask",
            "extensions:decide",
            "repeats:read",
            "repeats:write",
            "rates:read",
            "orders:supervise",
            "orders:look_back",
            "supervisions:decide",
            "look_backs:decide",
            "repeats:decide",
            "closures:review",
            "evidence:read",
            "evidence:write",
            "policies:read",
            "policies:write",
            "policies:confirm",
            "checkpoints:read",
            "record:read",
            "reports:read",
            "extracts:write",
            "leads:refer",
            "leads:read",
            "leads:appoint",
            "leads:propose",
            "leads:decide",
            "interests:declare",
            "interests:read",
            "quarantines:read",
            "quarantines:write",
            "quarantines:decide",
            "engagements:read",
            "engagements:write",
            "engagements:review",
            "engagements:decide",
            "evidence:confirm",
            "erasures:read",
            "erasures:write",
            "erasures:confirm",
        }
    ),
    "finance_clerk": _ADDRESSED,
    "township_clerk": _ADDRESSED,
    # 案件监督管理室: counts leads, above the county, and sees none.
    "case_office": frozenset({"leads:count"}),
    # Not a person: other services follow this journal with a key of their own.
    "feed_reader": frozenset({"events:read"}),
    # Nor this one: it seals what it cannot read.
    "sealer": frozenset({"event-hashes:read"}),
    # Of business data nothing: whether the record is whole, and who has witnessed it.
    "audit_admin": frozenset({"checkpoints:read", "record:read"}),
    # Another office (见证机关): it sees checkpoints, that they follow each other, and signs them. Of no event anything.
    "witness": frozenset({"checkpoints:read", "record:cosign"}),
}

# Which roles a token may claim by whose key signed it: our processes give their own alone, and nobody else gives those.
MACHINES: Final[dict[str, frozenset[str]]] = {
    "qingliu-runner": frozenset({"feed_reader"}),
    "qingliu-sealer": frozenset({"sealer"}),
    "qingliu-follower": frozenset(),
    "qingliu-audit": frozenset(),
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
    """A caller above the county has to say which county is meant."""

    own: str

    def __str__(self) -> str:
        return "您的管辖范围大于一个县，请用 county 参数指明县级区划代码（6 位）"


@dataclass(eq=False)
class OwnRequest(Exception):
    """The person who asked to close an order wanted to review that request too."""

    order_id: str

    def __str__(self) -> str:
        return "销号申请不能由申请人自己复核"


def county_of(who: Principal, asked: str | None = None) -> str:
    """The county this request is about: the one asked for, or the caller's own; refused outside the caller's reach."""
    own = who.region[:COUNTY_DIGITS]
    if asked is None:
        if len(own) < COUNTY_DIGITS:
            raise CountyNeeded(who.region)
        return own
    if not (asked.startswith(who.region) or own == asked):
        raise OutsideRegion(asked, who.region)
    return asked


def must_hold(who: Principal, county: str, region: str) -> None:
    """Refuse a place outside the caller's region or outside the county this is about."""
    if not (region.startswith(who.region) and region.startswith(county)):
        raise OutsideRegion(region, who.region)


def must_not_be_requester(who: Principal, requested_by: str | None, order_id: str) -> None:
    """Refuse a review by whoever asked for it: maker ≠ checker."""
    if who.subject == requested_by:
        raise OwnRequest(order_id)


def visible_to(who: Principal, column: Any) -> ColumnElement[bool]:
    """The row filter: `column` (a region code) lies in the caller's region. Every store query uses it."""
    return and_(column >= who.region, column < who.region + "~")
