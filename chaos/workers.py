"""The people of the storm: a treasury that hands down, pays, keeps and reverses, townships that pay rosters, and again.

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
from chaos.county import (
    FUND,
    MOVED_ON,
    REISSUED_ON,
    RESUMED_ON,
    RETURNED_ON,
    SEEN_ON,
    STOPPED_UNTIL,
    County,
    Township,
    notice,
)
from chaos.history import Act, Fate

KEY: Final = "chaos-"
LARGEST_FEN: Final = 9_999_999
_REMEMBERED: Final = 50
READ_PAUSE_SECONDS: Final = 0.05
# How often a bank tells again, under another key, what it was told has been taken in.
TOLD_AGAIN_SHARE: Final = 0.15


def new_key() -> str:
    return f"{KEY}{uuid4().hex}"


def told_by_serial(bank: Person, make: Callable[[], Act], dice: random.Random) -> Act:
    """Send what bears a serial; after a failure, and sometimes without, once more under another key."""
    first = bank.act(make())
    if first.fate is Fate.REFUSED or (first.fate is Fate.DONE and dice.random() > TOLD_AGAIN_SHARE):
        return first
    second = bank.act(make(), insist=first.fate is Fate.GIVEN_UP)
    return second if second.fate is Fate.DONE else first


def movement(kind: str, body: Mapping[str, Any], movements: int = 1) -> Act:
    """An order to /movements by a document of its own."""
    document = f"演练{kind}{uuid4().hex[:12]}号"
    order = {"kind": kind, "document": document, "effective_on": MOVED_ON, **body}
    if kind == "pay":
        order["use"] = "infrastructure"
    path = "/funds/v1/movements"
    return Act(kind, new_key(), "POST", path, order, document=document, movements=movements)


class Treasury:
    """Hands down, pays the contractor, receives notices, keeps money for payments, undoes some of its own movements.

    It also stops the clocks of what it handed down, and lets some of them run again.
    """

    def __init__(self, person: Person, county: County, dice: random.Random) -> None:
        self._person, self._county, self._dice = person, county, dice
        self._made: list[str] = []
        self._lots: list[str] = []

    def turn(self) -> None:
        ways = [self._hand_down, self._pay, self._receive, self._reverse, self._keep, self._stop]
        act = self._dice.choices(ways, [8, 4, 1, 4, 5, 2])[0]()
        self._done(self._person.act(act))

    def _done(self, act: Act) -> None:
        if act.fate is Fate.DONE and act.kind in {"hand_down", "pay", "pay held"} and act.answer is not None:
            self._made += [one["id"] for one in act.answer["movements"]]
            del self._made[:-_REMEMBERED]
        if act.fate is Fate.DONE and act.kind == "hand_down" and act.answer is not None:
            self._lots = [draw["to_lot_id"] for draw in act.answer["movements"][-1]["draws"]]

    def _out(self, kind: str, targets: list[str]) -> Act:
        lines = [{"to_account_id": one, "amount_fen": self._dice.randint(1, LARGEST_FEN)} for one in targets]
        order = {"from_account_id": self._county.treasury, "fund_code": FUND, "lines": lines}
        return movement(kind, order, len(lines))

    def _hand_down(self) -> Act:
        return self._out("hand_down", self._dice.sample([*self._county.offices.values()], self._dice.randint(1, 3)))

    def _pay(self) -> Act:
        return self._out("pay", [self._county.contractor])

    def _reverse(self) -> Act:
        if not self._made:
            return self._hand_down()
        return movement("reverse", {"movement_id": self._dice.choice(self._made)})

    def _keep(self) -> Act:
        """Keep fen for a payment, and then: pay from it, set it free, leave it, or set it free and pay all the same."""
        body = {
            "account_id": self._county.treasury,
            "fund_code": FUND,
            "amount_fen": self._dice.randint(1, LARGEST_FEN),
            "document": f"演练冻结{uuid4().hex[:12]}",
            "purpose": "待支付",
        }
        placed = self._person.act(Act("hold", new_key(), "POST", "/funds/v1/holds", body))
        if placed.fate is not Fate.DONE or placed.answer is None:
            return self._hand_down()
        hold, what = placed.answer["id"], self._dice.random()
        void = Act("void", new_key(), "POST", f"/funds/v1/holds/{hold}/voiding", {"reason": "演练"})
        over = what > 0.8 and self._person.act(void).fate is Fate.DONE  # noqa: PLR2004 - one in five is over by then
        if what < 0.4:  # noqa: PLR2004 - two fifths are set free
            return void
        if what < 0.5:  # noqa: PLR2004 - and a tenth is left
            return self._hand_down()
        line = {"to_account_id": self._county.contractor, "amount_fen": body["amount_fen"]}
        order = {"from_account_id": self._county.treasury, "fund_code": FUND, "hold_id": hold, "lines": [line]}
        paid = movement("pay", order)
        paid.kind, paid.forbidden = "pay held", over
        return paid

    def _stop(self) -> Act:
        """Stop the clock of what was handed down last, by a court's document; three in five run again before long."""
        if not self._lots:
            return self._hand_down()
        body = {
            "kind": "court_freeze",
            "document": f"演练裁定{uuid4().hex[:12]}",
            "reason": "演练",
            "from_on": MOVED_ON,
            "limit_on": STOPPED_UNTIL,
            "lots": self._lots[:200],
        }
        placed = self._person.act(Act("stop", new_key(), "POST", "/funds/v1/clock-stops", body))
        if placed.fate is not Fate.DONE or placed.answer is None or self._dice.random() > 0.6:  # noqa: PLR2004
            return self._hand_down()
        path = f"/funds/v1/clock-stops/{placed.answer['id']}/end"
        again = {"ended_on": RESUMED_ON, "document": f"演练解除{uuid4().hex[:12]}"}
        return Act("stop ended", new_key(), "POST", path, again)

    def _receive(self) -> Act:
        title = f"演练财〔2017〕{uuid4().hex[:12]}号"
        body = notice(title, self._dice.randint(1, LARGEST_FEN), self._county.treasury)
        return Act("receive", new_key(), "POST", "/funds/v1/notices", body, document=title, movements=1)


class Office:
    """A township that uploads rosters, shows some, has them approved by a second person, withdraws some, returns money.

    With a `bank` some households' money comes back, row by row, and is paid again; the county's `finance` recovers some
    (追缴) and undoes some.
    """

    def __init__(
        self,
        clerk: Person,
        reviewer: Person,
        county: County,
        town: Township,
        dice: random.Random,
        *,
        bank: Person | None = None,
        finance: Person | None = None,
    ) -> None:
        self._clerk, self._reviewer = clerk, reviewer
        self._bank, self._finance = bank, finance
        self._county, self._town, self._dice = county, town, dice

    def turn(self) -> None:
        if self._dice.random() < 0.3:  # noqa: PLR2004 - three turns in ten return money
            self._return()
        entitlement = f"演练到户{uuid4().hex[:12]}"
        paid = self._paid(self.batch(entitlement), self._county.rosters[self._town.region])
        if paid is not None and self._bank is not None:
            self._come_back(self._bank, paid["batch"]["id"], entitlement)

    def _paid(self, batch: Act, roster: bytes, kind: str = "approve") -> dict[str, Any] | None:
        """Open the batch, upload, approve; what the approval was answered. One in ten is withdrawn instead."""
        opened = self._clerk.act(batch)
        if opened.fate is not Fate.DONE or opened.answer is None or batch.body is None:
            return None
        path = f"/funds/v1/payment-batches/{opened.answer['id']}"
        sent = self._clerk.act(Act("upload", new_key(), "PUT", f"{path}/roster", file=roster))
        if sent.fate is not Fate.DONE or self._dice.random() > 0.9:  # noqa: PLR2004 - nine in ten are paid
            self._clerk.act(Act("withdraw", new_key(), "POST", f"{path}/withdrawal", {"reason": "演练"}))
            return None
        if self._dice.random() < 0.3:  # noqa: PLR2004 - three in ten are shown first, and objected to
            self._show(path)
        document = batch.body["document"]
        paid = Act(kind, new_key(), "POST", f"{path}/approval", {}, document=document, movements=1)
        return paid.answer if self._reviewer.act(paid).fate is Fate.DONE else None

    def _show(self, path: str) -> None:
        """Put the list on show, and object to a row of it; every second objection is answered before it is paid.

        No value says here that a list has to be shown, so that an open objection keeps nothing back.
        """
        shown = {"document": f"演练公示{uuid4().hex[:12]}", "place": "村务公开栏", "from_on": MOVED_ON}
        if self._clerk.act(Act("publish", new_key(), "POST", f"{path}/publications", shown)).fate is not Fate.DONE:
            return
        raised = {"raised_on": MOVED_ON, "line": 2, "text": "演练"}
        said = self._clerk.act(Act("object", new_key(), "POST", f"{path}/objections", raised))
        if said.fate is Fate.DONE and said.answer is not None and self._dice.random() < 0.5:  # noqa: PLR2004
            found = {"closed_on": RETURNED_ON, "outcome": "演练", "verdict": "unfounded"}
            over = f"{path}/objections/{said.answer['id']}/answer"
            self._reviewer.act(Act("objection answered", new_key(), "POST", over, found))

    def _come_back(self, bank: Person, batch: str, entitlement: str) -> None:
        """Rows of a paid roster come back or are recovered, some by mistake; the others are paid again."""
        waiting: list[int] = []
        for at in self._dice.sample(range(len(self._county.lines[self._town.region])), self._dice.randint(1, 4)):
            if self._finance is not None and self._dice.random() < 0.3:  # noqa: PLR2004 - three rows in ten
                back = told_by_serial(self._finance, self._recovered(batch, at), self._dice)
            else:
                back = told_by_serial(bank, self._returned(batch, at), self._dice)
            if back.fate is not Fate.DONE or back.answer is None:
                continue
            if self._dice.random() < 0.2 and self._undone(back.answer["id"], RETURNED_ON):  # noqa: PLR2004 - by mistake
                continue
            waiting.append(at)
        if waiting:
            self._pay_again(entitlement, waiting)

    def _returned(self, batch: str, at: int) -> Callable[[], Act]:
        """The return of the row of the `at`-th household, to be made for each key anew."""
        return self._back("payment return", batch, at, "account_closed")

    def _recovered(self, batch: str, at: int) -> Callable[[], Act]:
        """The recovery of that row, whose money is kept for nobody."""
        return self._back("payment recovery", batch, at, "recovered")

    def _back(self, kind: str, batch: str, at: int, reason: str) -> Callable[[], Act]:
        serial = f"TH{uuid4().hex}"
        path = f"/funds/v1/payments/{batch}-{at + 2}/returns"  # data begins in line 2
        body = {"document": serial, "effective_on": RETURNED_ON, "reason": reason}
        office = self._county.offices[self._town.region]
        ends = (("", office),)
        return lambda: Act(kind, new_key(), "POST", path, body, document=serial, movements=1, serial=True, ends=ends)

    def _pay_again(self, entitlement: str, places: list[int]) -> None:
        """Pay what came back; one payment in three is undone and made once more out of what is kept again."""
        roster = self._county.roster_of(self._town.region, places)
        for _ in range(2):
            again = self.batch(f"演练重发{uuid4().hex[:12]}", entitlement, REISSUED_ON)
            paid = self._paid(again, roster, "approve again")
            if paid is None or self._dice.random() > 0.3 or not self._undone(paid["movement_id"], REISSUED_ON):  # noqa: PLR2004
                return

    def _undone(self, movement_id: str, on: str) -> bool:
        undoing = movement("reverse", {"movement_id": movement_id, "effective_on": on})
        return self._finance is not None and self._finance.act(undoing).fate is Fate.DONE

    def batch(self, document: str, entitlement: str = "", on: str = MOVED_ON) -> Act:
        """A batch, for an entitlement of its own if none is named."""
        order = {
            "account_id": self._county.offices[self._town.region],
            "fund_code": FUND,
            "entitlement": entitlement or document,
            "document": document,
            "effective_on": on,
            "use": "production",
        }
        return Act("open batch", new_key(), "POST", "/funds/v1/payment-batches", order)

    def _return(self) -> None:
        amount = self._dice.randint(1, LARGEST_FEN)
        order = {"account_id": self._county.offices[self._town.region], "fund_code": FUND, "amount_fen": amount}
        self._clerk.act(movement("return", order))


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
