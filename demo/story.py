"""The story's teller: who speaks, what was learnt so far, and what has to be true. The chapters stand in `chapters/`.

Every figure that is shown was read from an answer; every expectation is checked, and the first that fails ends the
demo with its chapter's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import polars as pl

from demo import regions
from demo.client import Caller, Unexpected
from demo.county import COUNTY
from demo.people import register
from demo.published import notices
from demo.rosters import RosterFile
from demo.screen import Screen
from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Login, Stack

NATION: Final = "00"


def clerks() -> list[Login]:
    """One finance clerk for each province that a published notice comes from, and one for the centre."""
    names = regions.names()
    codes = sorted({notice.clerk_region for notice in notices()})
    return [Login(f"sheng-{code}", f"{names[code]} 财政经办", ("finance_clerk",), code) for code in codes]


# Whom the story's warnings also go to; reads what the county reads.
LEADER: Final = Login("fenguan", "副县长（分管农业农村，演示）", ("finance_reviewer",), COUNTY, "郧西县人民政府")
# Another office, which holds the record's checkpoints and nothing else of the county.
WITNESS: Final = Login("jianzheng", "市级存证见证（演示）", ("witness",), COUNTY[:4], "市级见证机关（演示）")
LOGINS: Final = (*FIRST_PEOPLE, LEADER, WITNESS, *clerks())


@dataclass(frozen=True)
class Batch:
    """A payment batch the story made: its id, its answer after the upload, and the file that was sent."""

    id: str
    township: str
    file: RosterFile
    checked: dict[str, Any]
    paid_on: str


@dataclass
class Story:
    """What the chapters share."""

    stack: Stack
    http: httpx.Client
    screen: Screen
    people: pl.DataFrame = field(default_factory=register)
    place: dict[str, str] = field(default_factory=regions.names)
    accounts: dict[str, str] = field(default_factory=dict)  # unit name or county code → account id
    units: dict[str, str] = field(default_factory=dict)  # unit name → unit id
    county_tranches: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # document → its tranches
    batches: dict[str, Batch] = field(default_factory=dict)  # township code → its batch
    flags: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)  # the finding whose money was quarantined, with its alert
    _callers: dict[str, Caller] = field(default_factory=dict)

    def who(self, username: str) -> Caller:
        """The person of that login, signed in when first asked for."""
        if username not in self._callers:
            name = next(login.name for login in LOGINS if login.username == username)
            self._callers[username] = Caller.person(self.http, username, self.stack.password(username), name)
        return self._callers[username]

    def introduce(self, name: str, caller: Caller) -> None:
        """Let a system that was registered on the way take part."""
        self._callers[name] = caller

    @property
    def clerk(self) -> Caller:
        """The county's finance clerk."""
        return self.who("caizheng")

    @property
    def inspector(self) -> Caller:
        return self.who("jiwei")

    @property
    def townships(self) -> list[str]:
        """The county's township codes that have a finance office."""
        return sorted(self.accounts.keys() & {code for code in self.place if len(code) == 9 and code[:6] == COUNTY})  # noqa: PLR2004 - a township's code

    def must(self, truth: bool, fact: str) -> None:
        """Show a fact that holds, or end the story with it."""
        if not truth:
            raise Unexpected(fact)
        self.screen.good(fact)

    def same(self, what: str, found: Any, expected: Any) -> None:
        """`found` was read from an answer and has to be `expected`; says nothing when it is."""
        if found != expected:
            msg = f"{what}：应为 {expected}，实际为 {found}"
            raise Unexpected(msg)

    def villages_of(self, township: str) -> Sequence[str]:
        """The real villages (not residents' committees) of a township, by code."""
        return sorted(
            code
            for code, name in self.place.items()
            if len(code) == 12 and code.startswith(township) and "村" in name  # noqa: PLR2004 - a village's code
        )
