"""The laws of a project's quota in any order of acts: held orders, pooled orders and quota kept back (质保金).

A project pools three funds on its quota. Fen are held and freed, orders are issued from a hold, by the oldest, in
proportion or by name, the bank pays them or sends them back, part is kept back and paid on its day or given back, and
anything of it is undone. The model knows what was answered; the books are read behind the service's back.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, ClassVar
from uuid import uuid4

import httpx
import pytest
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.funds_api.library import Library
from tests.funds_api.test_pooled_orders import SHARES, Pooled
from tests.funds_api.test_project_orders import ORDERS
from tests.property.ledger_model import LAWS, World
from tests.property.machines import exercised
from tests.property.test_ledger_machine import world

__all__ = ["world"]

TOTAL_FEN = sum(SHARES.values())
RETENTION_FEN = TOTAL_FEN // 20
FIRST_DAY, RELEASED = date(2017, 7, 2), date(2017, 7, 12)
AMOUNTS = st.one_of(st.integers(1, 9_000), st.integers(1, TOTAL_FEN))
SMALL = st.one_of(st.integers(1, 9_000), st.integers(1, RETENTION_FEN + 1))
_counties = itertools.count(975001)

# What only this machine's acts can break; each query must return no row.
QUOTA_LAWS = {
    "held fen lie in the lots they are held of": """
        SELECT l.id FROM funds.hold h JOIN funds.hold_lot k ON k.county_code = $1 AND k.hold_id = h.id
          JOIN funds.lot l ON l.county_code = $1 AND l.id = k.lot_id
         WHERE h.county_code = $1 AND h.status = 'held'
         GROUP BY l.id, l.remaining_fen HAVING sum(k.amount_fen) > l.remaining_fen""",
    "an order from a hold draws of its lots, no more than they held": """
        SELECT m.id FROM funds.movement m JOIN funds.draw d ON d.county_code = $1 AND d.movement_id = m.id
          LEFT JOIN funds.hold_lot k ON k.county_code = $1 AND k.hold_id = m.hold_id AND k.lot_id = d.from_lot_id
         WHERE m.county_code = $1 AND m.hold_id IS NOT NULL
         GROUP BY m.id, d.from_lot_id HAVING sum(d.amount_fen) > coalesce(sum(k.amount_fen), 0)""",
    "a hold is paid from once": """
        SELECT hold_id FROM funds.movement WHERE county_code = $1 AND hold_id IS NOT NULL
         GROUP BY hold_id HAVING count(*) > 1""",
    "what is kept back leaves before its day only to where it came from": """
        SELECT d.to_lot_id FROM funds.draw d JOIN funds.lot l ON l.county_code = $1 AND l.id = d.from_lot_id
          JOIN funds.movement m ON m.county_code = $1 AND m.id = d.movement_id
         WHERE d.county_code = $1 AND d.effective_on < l.release_on AND m.kind NOT IN ('return', 'reverse')""",
    # What comes back once it was released is free; before, it keeps its day whatever was undone.
    "what is kept back has its day": f"""
        SELECT l.id FROM funds.lot l JOIN funds.account a ON a.county_code = $1 AND a.id = l.account_id
         WHERE l.county_code = $1 AND a.kind = 'retention' AND a.book = 'quota' AND l.release_on IS NULL
           AND l.arrived_on < DATE '{RELEASED}'""",
}


@dataclass(frozen=True)
class Lot:
    """A lot as the books have it: whose fund, since when, how many fen, and how many of them are held."""

    id: str
    fund: str
    arrived: date
    fen: int
    held: int
    release_on: date | None

    @property
    def free(self) -> int:
        return self.fen - self.held


class ProjectQuota(RuleBasedStateMachine):
    """One project per run, whose orders draw three funds."""

    world: World
    done: ClassVar[Counter[str]] = Counter()

    def do(self, act: Any) -> Any:
        async def waited() -> Any:
            return await act

        return self.world.call(waited)

    def count(self, what: str, answer: httpx.Response) -> None:
        """Remember that a rule was really exercised, and with which end."""
        told = what if answer.status_code in {200, 201} else f"{what} refused: {answer.json()['type'].split('/')[-1]}"
        self.done[told] += 1
        event(told)

    @initialize()
    def open_project(self) -> None:
        self.county = str(next(_counties))
        self.today = FIRST_DAY
        self.holds: dict[str, dict[str, int]] = {}
        self.transit: dict[str, dict[str, Any]] = {}
        self.movements: list[str] = []
        self.undone: set[str] = set()
        self.do(self._places())
        library = Library(self.world.http, self.county)
        self.pool = Pooled(library)
        self.do(self.pool.pool(retention_ppm=50_000, release_on=RELEASED.isoformat()))
        self.quota = self.pool.own_quota
        unit: dict[str, Any] = {"region_code": self.county, "name": "质保金", "kind": "retention"}
        unit["accounts"] = [{"name": "指标", "book": "quota"}]
        opened = self.do(library.clerk.post("/funds/v1/units", unit))
        self.kept = opened.json()["accounts"][0]["id"]

    async def _places(self) -> None:
        places = (("101", "township"), ("101201", "village"))
        for code, level in (
            ("97", "province"),
            (self.county, "county"),
            *((self.county + at, of) for at, of in places),
        ):
            await self.world.admin.execute(
                "INSERT INTO funds.region (code, name, level, listed_year) VALUES ($1, $1, $2, 2023)"
                " ON CONFLICT DO NOTHING",
                code,
                level,
            )

    # What lies where, as the books have it now; `the_books_are_the_models` holds it against what was answered.

    def lots(self, account: str) -> list[Lot]:
        query = """
            SELECT l.id::text, l.fund_code, l.arrived_on, l.remaining_fen, l.release_on,
                   coalesce((SELECT sum(k.amount_fen) FROM funds.hold_lot k JOIN funds.hold h
                      ON h.county_code = $1 AND h.id = k.hold_id AND h.status = 'held'
                      WHERE k.county_code = $1 AND k.lot_id = l.id), 0)::bigint
              FROM funds.lot l WHERE l.county_code = $1 AND l.account_id = $2::uuid AND l.remaining_fen > 0
             ORDER BY l.arrived_on, l.id"""
        rows = self.do(self.world.admin.fetch(query, self.county, account))
        return [Lot(row[0], row[1], row[2], row[3], row[5], row[4]) for row in rows]

    def free(self, account: str) -> int:
        return sum(lot.free for lot in self.lots(account) if lot.arrived <= self.today)

    def drawn(self, movement: str) -> dict[str, int]:
        query = "SELECT from_lot_id::text, amount_fen FROM funds.draw WHERE county_code = $1 AND movement_id = $2::uuid"
        return {row[0]: row[1] for row in self.do(self.world.admin.fetch(query, self.county, movement))}

    def spent(self, source: str = "") -> int:
        """What the contract was ordered to get out of the quota, or a deposit, and was not sent back or undone."""
        query = """
            SELECT coalesce(sum(o.amount_fen), 0)::bigint FROM funds.treasury_order o
             WHERE o.county_code = $1 AND o.from_account_id = $2::uuid
               AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = $1 AND u.reverses_id = o.movement_id)
               AND NOT EXISTS (
                 SELECT FROM funds.order_result r
                  WHERE r.county_code = $1 AND r.order_id = o.id AND r.result = 'returned' AND NOT EXISTS (
                    SELECT FROM funds.movement u WHERE u.county_code = $1 AND u.reverses_id = r.movement_id))"""
        return int(self.do(self.world.admin.fetchval(query, self.county, source or self.quota)))

    def on(self, days: int) -> str:
        """Time goes on by some days with every act."""
        self.today += timedelta(days=days)
        return self.today.isoformat()

    def learn_order(self, order: dict[str, Any]) -> dict[str, int]:
        assert sum(one["amount_fen"] for one in order["by_fund"]) == order["amount_fen"]
        self.transit[order["id"]] = order
        self.movements.append(order["movement_id"])
        gave = self.drawn(order["movement_id"])
        assert sum(gave.values()) == order["amount_fen"]
        return gave

    @rule(fen=AMOUNTS, over=st.sampled_from([False, False, True]))
    def hold(self, fen: int, *, over: bool) -> None:
        """Fen of the quota, of whatever fund, the oldest first, are kept for one payment; never more than is free."""
        free = sum(lot.free for lot in self.lots(self.quota))
        fen = free + 1 if over else fen
        body = {"account_id": self.quota, "amount_fen": fen, "document": f"申请{uuid4().hex}", "purpose": "待支付"}
        answer = self.do(self.pool.library.clerk.post("/funds/v1/holds", body))
        self.count("hold", answer)
        assert answer.status_code == (201 if fen <= free else 409), answer.text
        if answer.status_code == 201:
            lots = {one["lot_id"]: one["amount_fen"] for one in answer.json()["lots"]}
            assert sum(lots.values()) == fen
            self.holds[answer.json()["id"]] = lots

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        answer = self.do(self.pool.library.clerk.post(f"/funds/v1/holds/{hold}/voiding", {"reason": "不付了"}))
        self.count("void", answer)
        assert answer.status_code in {200, 201}, answer.text
        del self.holds[hold]

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), days=st.integers(0, 2), over=st.sampled_from([0, 0, 0, 1]))
    def order_from_a_hold(self, data: st.DataObject, days: int, over: int) -> None:
        """The order draws the lots that were kept, all or a part; what it leaves of them is free again."""
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        lots, on = self.holds[hold], self.on(days)
        held = sum(lots.values())
        fen = held + 1 if over else data.draw(st.one_of(st.just(held), st.integers(1, held)))
        there = sum(self.lots_by_id()[lot].arrived <= self.today and kept for lot, kept in lots.items())
        answer = self.do(self.pool.order(fen, fund_code=None, hold_id=hold, effective_on=on))
        self.count("order from a hold", answer)
        due = self.spent() + fen <= TOTAL_FEN - RETENTION_FEN or answer.status_code == 201
        assert (answer.status_code == 201) == (not over and fen <= there and due), answer.text
        if answer.status_code == 201:
            gave = self.learn_order(answer.json())
            assert all(gave[lot] <= lots.get(lot, 0) for lot in gave), "of the lots that were kept"
            del self.holds[hold]

    def lots_by_id(self) -> dict[str, Lot]:
        return {lot.id: lot for lot in self.lots(self.quota)}

    @rule(
        data=st.data(), fen=AMOUNTS, days=st.integers(0, 2), drawn=st.sampled_from(["oldest", "proportional", "named"])
    )
    def order_of_the_pool(self, data: st.DataObject, fen: int, days: int, drawn: str) -> None:
        """One order draws every fund: the oldest first, in proportion within a fen, or the lots that it names."""
        on = self.on(days)
        before = [lot for lot in self.lots(self.quota) if lot.arrived <= self.today and lot.free]
        free, named = sum(lot.free for lot in before), dict[str, int]()
        more: dict[str, Any] = {"drawn": drawn}
        if drawn == "named":
            for lot in data.draw(st.lists(st.sampled_from(before), unique=True)) if before else []:
                named[lot.id] = data.draw(st.integers(1, lot.free))
            if not named:
                return
            fen = sum(named.values())
            more["lots"] = [{"lot_id": lot, "amount_fen": part} for lot, part in named.items()]
        due = self.spent() + fen <= TOTAL_FEN - RETENTION_FEN
        answer = self.do(self.pool.order(fen, fund_code=None, effective_on=on, **more))
        self.count(f"order {drawn}", answer)
        assert answer.status_code == 201 or fen > free or not due, answer.text
        assert answer.status_code == 409 or fen <= free, answer.text
        if answer.status_code != 201:
            return
        order = answer.json()
        gave = self.learn_order(order)
        assert order["drawn"] == drawn
        if drawn == "named":
            assert gave == named
        elif drawn == "proportional":
            there = Counter[str]()
            for lot in before:
                there[lot.fund] += lot.free
            told = {one["fund_code"]: one["amount_fen"] for one in order["by_fund"]}
            assert all(abs(told.get(fund, 0) - Fraction(fen * has, free)) < 1 for fund, has in there.items())
        else:
            left = [lot.arrived for lot in before if gave.get(lot.id, 0) < lot.free]
            taken = [lot.arrived for lot in before if lot.id in gave]
            assert not left or max(taken) <= min(left), "no lot is drawn while an older one has free fen"

    @precondition(lambda self: self.transit)
    @rule(data=st.data(), days=st.integers(0, 2), result=st.sampled_from(["paid", "returned"]))
    def bank(self, data: st.DataObject, days: int, result: str) -> None:
        """What the bank sends back lies again in the quota it came from, fund by fund."""
        order, on = self.transit.pop(data.draw(st.sampled_from(sorted(self.transit)))), self.on(days)
        before = self.by_fund(order["from_account_id"])
        report = {"result": result, "bank_serial": f"RCB{uuid4().hex[:12]}", "effective_on": on}
        if result == "returned":
            report["reason_code"] = "AC03"
        answer = self.do(self.pool.bank_client.post(f"{ORDERS}/{order['id']}/result", report))
        self.count(f"bank {result}", answer)
        assert answer.status_code == 201, answer.text
        self.movements.append(answer.json()["result"]["movement_id"])
        back = Counter(
            {one["fund_code"]: one["amount_fen"] for one in order["by_fund"]} if result == "returned" else {}
        )
        assert self.by_fund(order["from_account_id"]) == before + back

    def by_fund(self, account: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for lot in self.lots(account):
            found[lot.fund] += lot.fen
        return found

    @rule(fen=SMALL, days=st.integers(0, 2))
    def retain(self, fen: int, days: int) -> None:
        """Part of the quota is kept back until its day, of whatever funds it is."""
        on, free = self.on(days), self.free(self.quota)
        more = {
            "release_on": max(RELEASED, self.today).isoformat(),
            "contract_id": self.pool.contract,
            "fund_code": None,
        }
        answer = self.do(self.pool.library.move("retain", self.quota, self.kept, fen, on, **more))
        self.count("retain", answer)
        assert answer.status_code == 201 or fen > free or self.spent(), answer.text
        assert answer.status_code == 409 or fen <= free, answer.text
        if answer.status_code == 201:
            self.movements += [one["id"] for one in answer.json()["movements"]]

    @precondition(lambda self: self.lots(self.kept))
    @rule(fen=SMALL, days=st.sampled_from([0, 1, 12]), over=st.sampled_from([False, False, True]))
    def order_what_was_kept_back(self, fen: int, days: int, *, over: bool) -> None:
        """Before its day nothing of it is paid, from its day on all of it."""
        on = self.on(days)
        lots = [lot for lot in self.lots(self.kept) if lot.arrived <= self.today]
        ripe = sum(lot.free for lot in lots if (lot.release_on or self.today) <= self.today)
        fen = ripe + 1 if over or not ripe else min(fen, ripe)
        answer = self.do(self.pool.order(fen, self.kept, fund_code=None, effective_on=on))
        self.count("order of a retention", answer)
        assert answer.status_code == (201 if fen <= ripe else 409), (ripe, answer.text)
        if answer.status_code == 201:
            gave, there = self.learn_order(answer.json()), {lot.id: lot for lot in lots}
            assert all((there[lot].release_on or self.today) <= self.today for lot in gave)

    @precondition(lambda self: self.lots(self.kept))
    @rule(data=st.data(), days=st.integers(0, 2))
    def give_back_what_was_kept(self, data: st.DataObject, days: int) -> None:
        """A retention goes back at any time to the quota it was taken from."""
        on = self.on(days)
        lot = data.draw(st.sampled_from([one for one in self.lots(self.kept) if one.arrived <= self.today]))
        fen, before = data.draw(st.integers(1, lot.free)), self.by_fund(self.quota)
        order = {"account_id": self.kept, "fund_code": lot.fund, "amount_fen": fen, "effective_on": on}
        body = {"kind": "return", "document": f"退{uuid4().hex[:8]}", **order}
        answer = self.do(self.pool.library.clerk.post("/funds/v1/movements", body))
        self.count("return of a retention", answer)
        assert answer.status_code == 201, answer.text
        assert self.by_fund(self.quota) == before + Counter({lot.fund: fen})
        self.movements += [one["id"] for one in answer.json()["movements"]]

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), days=st.integers(0, 2))
    def undo(self, data: st.DataObject, days: int) -> None:
        """An order the bank has not seen, a result, a retention: once, and never when its money went on."""
        movement = data.draw(st.sampled_from(self.movements[-4:]) | st.sampled_from(self.movements))
        order = {"kind": "reverse", "document": f"冲{uuid4().hex[:8]}", "effective_on": self.on(days)}
        answer = self.do(self.pool.library.clerk.post("/funds/v1/movements", {**order, "movement_id": movement}))
        self.count("undo", answer)
        assert answer.status_code in {201, 409}, answer.text
        assert answer.status_code == 409 or movement not in self.undone
        if answer.status_code == 201:
            self.undone.add(movement)
            self._forget_or_remember(movement)

    def _forget_or_remember(self, movement: str) -> None:
        """An undone order is on its way no more; one whose result is undone is again; a used hold may be kept again."""
        self.transit = {one: order for one, order in self.transit.items() if order["movement_id"] != movement}
        query = "SELECT order_id::text FROM funds.order_result WHERE county_code = $1 AND movement_id = $2::uuid"
        told = self.do(self.world.admin.fetchval(query, self.county, movement))
        if told is not None:
            self.transit[told] = self.do(self.pool.library.clerk.get(f"{ORDERS}/{told}")).json()
        for hold, lots in self.held().items():
            if hold not in self.holds:
                self.done["kept again"] += 1
                self.holds[hold] = lots

    def held(self) -> dict[str, dict[str, int]]:
        """What is held now, lot by lot."""
        query = """
            SELECT h.id::text, k.lot_id::text, k.amount_fen FROM funds.hold h
              JOIN funds.hold_lot k ON k.county_code = $1 AND k.hold_id = h.id
             WHERE h.county_code = $1 AND h.status = 'held'"""
        found: dict[str, dict[str, int]] = {}
        for hold, lot, fen in self.do(self.world.admin.fetch(query, self.county)):
            found.setdefault(hold, {})[lot] = fen
        return found

    @invariant()
    def the_laws_hold(self) -> None:
        if not hasattr(self, "kept"):
            return
        for law, query in {**LAWS, **QUOTA_LAWS}.items():
            assert self.do(self.world.admin.fetch(query, self.county)) == [], law

    @invariant()
    def no_more_is_claimed_than_is_due(self) -> None:
        """Whatever came back and was undone: the contract is finished, and due is all of it and no more."""
        if not hasattr(self, "kept"):
            return
        claimed = self.spent() + self.spent(self.kept) + sum(lot.fen for lot in self.lots(self.kept))
        assert claimed <= TOTAL_FEN

    @invariant()
    def the_books_are_the_models(self) -> None:
        if not hasattr(self, "kept"):
            return
        assert self.held() == self.holds
        on_its_way = sum(order["amount_fen"] for order in self.transit.values())
        assert sum(lot.fen for lot in self.lots(self.pool.bank)) == on_its_way
        shown = self.do(self.pool.library.shown(self.today.isoformat()))
        for one in (shown["money"], *shown["sources"], *shown["tranches"]):
            assert one["unexplained_fen"] == 0, one


# What no run leaves undone.
EXERCISED = {"hold", "void", "retain", "return of a retention", "undo", "order from a hold"}


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_the_laws_hold_for_held_pooled_and_retained_quota_in_any_order(world: World) -> None:
    ProjectQuota.world = world
    exercised(ProjectQuota, ProjectQuota.done, EXERCISED, examples=15)
