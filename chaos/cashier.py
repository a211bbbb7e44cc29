"""Who turns quota into cash: splits it, issues treasury orders (支付令), and takes in what the bank makes of them.

Some orders stay in transit, some come back and are issued again, some are undone, before or after the bank has paid.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from chaos.client import Person
from chaos.county import FUND, MOVED_ON, RETURNED_ON, County
from chaos.history import Act, Fate
from chaos.workers import LARGEST_FEN, movement, new_key, told_by_serial

ORDERS: Final = "/funds/v1/treasury-orders"
YEAR: Final = MOVED_ON[:4]


class Cashier:
    """The treasury's clerk who issues orders, and the bank that answers them."""

    def __init__(self, clerk: Person, bank: Person, county: County, dice: random.Random) -> None:
        self._clerk, self._bank = clerk, bank
        self._county, self._dice = county, dice

    def turn(self) -> None:
        if self._dice.random() < 0.2:  # noqa: PLR2004 - one turn in five hands quota on first
            self._clerk.act(self._split())
        order = self._issued(self._order())
        way = self._dice.random()
        if order is None or way < 0.1:  # noqa: PLR2004 - one in ten stays in transit
            return
        if way < 0.2:  # noqa: PLR2004 - and one in ten is undone before the bank has seen it
            if self._undone(order["movement_id"]):
                self._issued(self._again(order))
        elif way < 0.5:  # noqa: PLR2004 - three in ten come back, and are issued again
            if self._told(order, "returned") is not None and (again := self._issued(self._again(order))):
                self._told(again, "paid")
        else:
            paid = self._told(order, "paid")
            if paid is not None and self._dice.random() < 0.2 and self._undone(paid["result"]["movement_id"]):  # noqa: PLR2004
                self._told(order, "returned")

    def _split(self) -> Act:
        line = {"to_account_id": self._county.desk, "amount_fen": LARGEST_FEN * 10}
        order = {"from_account_id": self._county.quota, "fund_code": FUND, "lines": [line]}
        return movement("hand_down", order)

    def _order(self) -> dict[str, Any]:
        payees = [self._county.contractor, *self._county.offices.values()]
        return {
            "order_number": f"演练{uuid4().hex[:12]}",
            "basis": "direct",
            "from_account_id": self._dice.choice([self._county.quota, self._county.desk]),
            "bank_account_id": self._county.bank,
            "payee_account_id": self._dice.choice(payees),
            "payee_bank": "402521000017",
            "fund_code": FUND,
            "use": "infrastructure",
            "amount_fen": self._dice.randint(1, LARGEST_FEN),
            "effective_on": MOVED_ON,
            "document": "演练支付申请",
        }

    def _again(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order that replaces one whose quota came back."""
        same = {"from_account_id": order["from_account_id"], "amount_fen": order["amount_fen"]}
        return {**self._order(), **same, "effective_on": RETURNED_ON, "reissues_order_id": order["id"]}

    def _issued(self, body: dict[str, Any]) -> dict[str, Any] | None:
        document = f"支付令〔{YEAR}〕{body['order_number']}"
        act = self._clerk.act(Act("order", new_key(), "POST", ORDERS, body, document=document, movements=1))
        return act.answer if act.fate is Fate.DONE else None

    def _told(self, order: dict[str, Any], result: str) -> dict[str, Any] | None:
        """What the bank made of an order; the order as it stands then."""
        act = told_by_serial(self._bank, self._report(order, result), self._dice)
        return act.answer if act.fate is Fate.DONE else None

    def _report(self, order: dict[str, Any], result: str) -> Callable[[], Act]:
        body = {"result": result, "bank_serial": f"YX{uuid4().hex[:16]}", "effective_on": RETURNED_ON}
        if result == "returned":
            body["reason_code"] = "AC03"
        path, document = f"{ORDERS}/{order['id']}/result", f"银行回单 {body['bank_serial']}"
        return lambda: Act("bank result", new_key(), "POST", path, body, document=document, movements=1, serial=True)

    def _undone(self, movement_id: str) -> bool:
        undoing = movement("reverse", {"movement_id": movement_id, "effective_on": RETURNED_ON})
        return self._clerk.act(undoing).fate is Fate.DONE
