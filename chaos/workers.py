"""The people of the storm: a treasury that hands down, pays and reverses, townships that upload, approve and return.

Each runs in a thread of its own with dice of its own, until the run is over. Every act goes into the history before
it is sent. An inspector reads meanwhile and holds each answer against law 1.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from chaos.client import Ending, Person
from chaos.county import FUND, MOVED_ON, SEEN_ON, County, Township, notice
from chaos.history import Act, Fate

KEY: Final = "chaos-"
LARGEST_FEN: Final = 9_999_999
_REMEMBERED: Final = 50
READ_PAUSE_SECONDS: Final = 0.05


def new_key() -> str:
    return f"{KEY}{uuid4().hex}"


def _movement(kind: str, body: Mapping[str, Any], movements: int = 1) -> Act:
    document = f"演练{kind}{uuid4().hex[:12]}号"
    order = {"kind": kind, "document": document, "effective_on": MOVED_ON, **body}
    path = "/funds/v1/movements"
    return Act(kind, new_key(), "POST", path, order, document=document, movements=movements)


class Treasury:
    """Hands down, pays the contractor, receives notices, and undoes some of its own movements."""

    def __init__(self, person: Person, county: County, dice: random.Random) -> None:
        self._person, self._county, self._dice = person, county, dice
        self._made: list[str] = []

    def turn(self) -> None:
        act = self._dice.choices([self._hand_down, self._pay, self._receive, self._reverse], [10, 4, 1, 3])[0]()
        self._person.act(act)
        if act.fate is Fate.DONE and act.kind in {"hand_down", "pay"} and act.answer is not None:
            self._made += [one["id"] for one in act.answer["movements"]]
            del self._made[:-_REMEMBERED]

    def _out(self, kind: str, targets: list[str]) -> Act:
        lines = [{"to_account_id": one, "amount_fen": self._dice.randint(1, LARGEST_FEN)} for one in targets]
        order = {"from_account_id": self._county.treasury, "fund_code": FUND, "lines": lines}
        return _movement(kind, order, len(lines))

    def _hand_down(self) -> Act:
        return self._out("hand_down", self._dice.sample([*self._county.offices.values()], self._dice.randint(1, 3)))

    def _pay(self) -> Act:
        return self._out("pay", [self._county.contractor])

    def _reverse(self) -> Act:
        if not self._made:
            return self._hand_down()
        return _movement("reverse", {"movement_id": self._dice.choice(self._made)})

    def _receive(self) -> Act:
        title = f"演练财〔2017〕{uuid4().hex[:12]}号"
        body = notice(title, self._dice.randint(1, LARGEST_FEN), self._county.treasury)
        return Act("receive", new_key(), "POST", "/funds/v1/notices", body, document=title, movements=1)


class Office:
    """A township that uploads rosters, has them approved by a second person, withdraws some, and returns money."""

    def __init__(self, clerk: Person, reviewer: Person, county: County, town: Township, dice: random.Random) -> None:
        self._clerk, self._reviewer = clerk, reviewer
        self._county, self._town, self._dice = county, town, dice

    def turn(self) -> None:
        if self._dice.random() < 0.3:  # noqa: PLR2004 - three turns in ten return money
            self._return()
        document = f"演练到户{uuid4().hex[:12]}"
        opened = self._clerk.act(self.batch(document))
        if opened.fate is not Fate.DONE or opened.answer is None:
            return
        path = f"/funds/v1/payment-batches/{opened.answer['id']}"
        roster = self._county.rosters[self._town.region]
        sent = self._clerk.act(Act("upload", new_key(), "PUT", f"{path}/roster", file=roster))
        if sent.fate is Fate.DONE and self._dice.random() < 0.9:  # noqa: PLR2004 - nine in ten are paid
            self._reviewer.act(
                Act("approve", new_key(), "POST", f"{path}/approval", {}, document=document, movements=1)
            )
        else:
            self._clerk.act(Act("withdraw", new_key(), "POST", f"{path}/withdrawal", {"reason": "演练"}))

    def batch(self, document: str) -> Act:
        """A batch for an entitlement of its own."""
        order = {
            "account_id": self._county.offices[self._town.region],
            "fund_code": FUND,
            "entitlement": document,
            "document": document,
            "effective_on": MOVED_ON,
        }
        return Act("open batch", new_key(), "POST", "/funds/v1/payment-batches", order)

    def _return(self) -> None:
        amount = self._dice.randint(1, LARGEST_FEN)
        order = {"account_id": self._county.offices[self._town.region], "fund_code": FUND, "amount_fen": amount}
        self._clerk.act(_movement("return", order))


class Inspector:
    """Reads the first tranche again and again; `wrong` keeps every answer in which its parts did not make the whole."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.read_n = 0
        self.wrong: list[str] = []

    def turn(self) -> None:
        for tranche in self._person.read("/funds/v1/tranches", as_of=SEEN_ON, limit="5")["items"]:
            self.read_n += 1
            parts = tranche["resting_fen"] + tranche["spent_fen"] + tranche["outside_fen"]
            if parts != tranche["received_fen"]:
                self.wrong.append(f"资金 {tranche['id']}：收到 {tranche['received_fen']} 分，各部分合计 {parts} 分")
        time.sleep(READ_PAUSE_SECONDS)


def until_over(turn: Callable[[], None], over: Callable[[], bool]) -> None:
    """Take turns until the run is over."""
    try:
        while not over():
            turn()
    except Ending:
        return
