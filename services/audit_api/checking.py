"""Maker and checker: what one person drew up another decides on, and the decision names the exact version.

The version is named by the SHA-256 of its content in one spelling (RFC 8785), so that whoever decides cannot agree to
something else than what was read, and an edit in between makes the decision void. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.audit_api.words import new_salt


@dataclass(eq=False)
class OwnDecision(Exception):
    """Whoever drew something up wanted to decide on it too."""

    what: str

    def __str__(self) -> str:
        return f"{self.what}不能由拟稿人自己审核，请由另一人办理"


@dataclass(eq=False)
class VersionChanged(Exception):
    """The decision names another version than the one that stands."""

    what: str
    named: str
    stands: str

    def __str__(self) -> str:
        return (
            f"{self.what}在您阅看之后已有改动（您所见版本 {self.named[:12]}，现为 {self.stands[:12]}），请阅看后再审核"
        )

    def figures(self) -> dict[str, str]:
        return {"named": self.named, "stands": self.stands}


@dataclass(eq=False)
class DecisionWaits(Exception):
    """The same was drawn up already, and nobody has decided on it."""

    what: str
    waits_id: str

    def __str__(self) -> str:
        return f"已有待审核的{self.what}（{self.waits_id}）"


@dataclass(eq=False)
class DecidedAlready(Exception):
    """Somebody has decided on this."""

    what: str
    decided_on: date

    def __str__(self) -> str:
        return f"该{self.what}已于 {self.decided_on} 审核，不能再次审核"


def must_be_undecided(what: str, decided_on: date | None) -> None:
    """Refuse a second decision."""
    if decided_on is not None:
        raise DecidedAlready(what, decided_on)


def named(row: Mapping[str, Any]) -> dict[str, str]:
    """The name of a row as it was drawn up, and the salt that it is made with; days and ids as spelled, sets sorted."""
    salt = new_salt()
    told = {name: _spelled(value) for name, value in row.items()}
    return {"version_hash": version_hash({**told, "salt": salt}), "salt": salt}


def _spelled(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(one) for one in value)
    return value if value is None or isinstance(value, bool | int) else str(value)


def version_hash(content: Mapping[str, Any]) -> str:
    """The name of a version: SHA-256 in hex over its JSON with sorted keys and no spaces. Holds no floats."""
    spelled = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(spelled.encode()).hexdigest()


def must_be_checked(what: str, decider: str, makers: frozenset[str], named: str, stands: str) -> None:
    """Refuse a decision by a maker, and one about another version than the one that stands."""
    if decider in makers:
        raise OwnDecision(what)
    if named != stands:
        raise VersionChanged(what, named, stands)
