"""A border of the storm: a county whose code ended, the one that follows, and the prefecture that lets money go over.

All that rests in one account goes over by document and comes back whole, again and again, while either county hands
its own money down. Invented codes: nobody lives there.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx

from chaos.client import Person
from chaos.county import FIRST_WAN, FUND, notice
from chaos.history import Act, Fate
from chaos.workers import LARGEST_FEN, new_key
from demo.client import Caller
from demo.county import WAN
from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Login, Stack

# The later code comes first: books are taken in the order of codes, not of the way of the money.
FORMER: Final = "420399"
FOLLOWING: Final = "420398"
SUCCEEDED_ON: Final = "2017-06-01"
PREFECTURE: Final = Login("shi-caizheng", "市财政局 经办", ("finance_clerk",), "4203", "十堰市财政局")
LOGINS: Final = (*FIRST_PEOPLE, PREFECTURE)
SUCCESSIONS: Final = "/funds/v1/successions"


@dataclass(frozen=True)
class Border:
    """Accounts of either county, by kind: the treasury, the office below it, and the outside."""

    former: Mapping[str, str]
    following: Mapping[str, str]

    @property
    def accounts(self) -> list[str]:
        return [*self.former.values(), *self.following.values()]


def founded(stack: Stack, http: httpx.Client) -> Border:
    """Found both counties, each with money of its own, and let the code of the one go over into that of the other."""
    administrator = Caller.person(http, "xitong", stack.password("xitong"))
    places = [
        {"code": code, "name": name, "level": "county", "parent_code": "4203"}
        for code, name in ((FORMER, "演练县"), (FOLLOWING, "演练区"))
    ]
    administrator.post("/funds/v1/regions", {"listed_year": 2016, "regions": places})
    clerk = Caller.person(http, PREFECTURE.username, stack.password(PREFECTURE.username))

    def opened(region: str, kind: str) -> str:
        unit = {"region_code": region, "name": f"演练{kind}", "kind": kind, "accounts": [{"name": "账户"}]}
        return str(clerk.post("/funds/v1/units", unit)["accounts"][0]["id"])

    books = {
        code: {kind: opened(code, kind) for kind in ("treasury", "department", "outside")}
        for code in (FORMER, FOLLOWING)
    }
    for code, accounts in books.items():
        title = f"演练边〔2017〕{code}号"
        clerk.post("/funds/v1/notices", notice(title, FIRST_WAN * WAN, accounts["treasury"], code))
    change = {
        "kind": "recoded",
        "document": "演练改码",
        "effective_on": SUCCEEDED_ON,
        "links": [{"from_code": FORMER, "to_code": FOLLOWING}],
        "closed": [FORMER],
        "regions": [],
    }
    administrator.post("/funds/v1/regions/changes", change)
    return Border(books[FORMER], books[FOLLOWING])


class Succeeding:
    """The prefecture's clerk: money goes over and back; or one of the counties hands some of its own down."""

    def __init__(self, clerk: Person, border: Border, dice: random.Random) -> None:
        self._clerk, self._border, self._dice = clerk, border, dice

    def turn(self) -> None:
        if self._dice.random() < 0.5:  # noqa: PLR2004 - every second turn is a posting that meets those of the others
            self._clerk.act(self._down())
            return
        # Insisted on: who gives up does not know what to undo, and all that could go over would have gone.
        gone = self._clerk.act(self._over(), insist=True)
        if gone.fate is Fate.DONE and gone.answer is not None:
            self._clerk.act(self._back(gone.answer["id"]), insist=True)

    def _down(self) -> Act:
        county, books = self._dice.choice([(FORMER, self._border.former), (FOLLOWING, self._border.following)])
        document = f"演练边下{uuid4().hex[:12]}号"
        order = {
            "kind": "hand_down",
            "document": document,
            "effective_on": SUCCEEDED_ON,
            "from_account_id": books["treasury"],
            "fund_code": FUND,
            "lines": [{"to_account_id": books["department"], "amount_fen": self._dice.randint(1, LARGEST_FEN)}],
        }
        path = f"/funds/v1/movements?county={county}"
        return Act("hand_down", new_key(), "POST", path, order, document=document, movements=1)

    def _over(self) -> Act:
        """One lot rests in the account that is named: one movement out, one in."""
        before, after = self._border.former, self._border.following
        document = f"演练移交{uuid4().hex[:12]}号"
        order: dict[str, Any] = {
            "from_county": FORMER,
            "to_county": FOLLOWING,
            "document": document,
            "effective_on": SUCCEEDED_ON,
            "accounts": [{"from_account_id": before["treasury"], "to_account_id": after["treasury"]}],
        }
        ends = ((before["treasury"], before["outside"]), ("", after["treasury"]))
        return Act("succession", new_key(), "POST", SUCCESSIONS, order, document=document, movements=2, ends=ends)

    def _back(self, succession: str) -> Act:
        before, after = self._border.former, self._border.following
        document = f"演练移交冲正{uuid4().hex[:12]}号"
        path = f"{SUCCESSIONS}/{succession}/reversal?county={self._dice.choice([FORMER, FOLLOWING])}"
        body = {"document": document, "effective_on": SUCCEEDED_ON}
        ends = ((before["outside"], before["treasury"]), (after["treasury"], after["outside"]))
        return Act("succession undone", new_key(), "POST", path, body, document=document, movements=2, ends=ends)
