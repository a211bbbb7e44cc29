"""The part of the ledger's machine that pays rosters, takes single rows back, and pays them again, once.

Law: a row's money goes back to exactly the lots that fed it; what came back whole is kept for the next payment of the
entitlement to the same household, which draws those very lots; undone, they are kept again, for the same. What was
recovered (追缴) goes the same way and is kept for nobody: the household may be paid again, out of whatever is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.callers import funds_caller
from tests.funds_api.people import CSV, id_number, roster_csv
from tests.property.ledger_model import AROUND, DAYS, FIRST_DAY, HOUSEHOLDS, Books


@dataclass
class Back:
    """What came back of a row, in which lots, under which hold; `paid_by` is the movement that ended the hold."""

    movement: str
    on: date
    fen: int
    at: int  # how many acts came before it
    given: dict[str, int]  # to the lots that had fed the row
    hold: str | None
    kept: dict[str, int]
    paid_by: str | None = None


@dataclass
class Paid:
    """A row of a roster: to which household, by which movement, and which of its draws fed it how much."""

    id: str
    entitlement: str
    place: int
    fen: int
    movement: str
    on: date
    at: int
    fed: list[tuple[dict[str, Any], int]]
    backs: list[Back] = field(default_factory=list)


class ReturnedRows(Books):
    """Rosters of the first township, row by row."""

    def held(self) -> dict[str, int]:
        return {lot: fen for row in self.rows() for back in row.backs for lot, fen in self._live(back).items()}

    def rows(self) -> list[Paid]:
        """Every row that was ever paid."""
        self.paid: list[Paid] = getattr(self, "paid", [])
        return self.paid

    def _live(self, back: Back) -> dict[str, int]:
        return back.kept if back.paid_by is None and back.movement not in self.reversed else {}

    def _standing_backs(self, row: Paid) -> list[Back]:
        return [back for back in row.backs if back.movement not in self.reversed]

    def _is_claimed(self, entitlement: str, place: int, on: date) -> bool:
        """Whether somebody of the household has the entitlement and had not given it back whole by that day."""
        return any(
            (row.entitlement, row.place) == (entitlement, place)
            and row.movement not in self.reversed
            and sum(back.fen for back in self._standing_backs(row) if back.on <= on) < row.fen
            for row in self.rows()
        )

    def _waiting(self, entitlement: str, place: int, on: date) -> list[Back]:
        """What is kept for the household and may be drawn on that day, in the order in which a payment takes it."""
        there = [
            back
            for row in self.rows()
            if (row.entitlement, row.place) == (entitlement, place)
            for back in row.backs
            if self._live(back) and all(self.lots[lot].arrived <= on for lot in back.kept)
        ]
        return sorted(there, key=lambda back: str(back.hold))

    @rule(fens=st.lists(st.integers(1, 200_000), min_size=1, max_size=HOUSEHOLDS), on=DAYS)
    def disburse(self, fens: list[int], on: date) -> None:
        """A roster of the first township: rows beyond its money come back, the rest is paid by a second person."""
        self._disbursed(fens, on)

    def _give_the_first_office_money(self) -> None:
        """And a roster paid from it to every household, that something may come back from the first step on."""
        super()._give_the_first_office_money()
        self._disbursed([100_000, 40_000, 30_001, 2_500, 1], FIRST_DAY + timedelta(days=5))

    def _disbursed(self, fens: list[int], on: date) -> None:
        there, total, good = self.available(self.holders[1], on), 0, 0
        for fen in fens:
            if total + fen > there:
                break
            total, good = total + fen, good + 1
        entitlement = uuid4().hex
        paid = self.do(self._pay_roster(entitlement, list(enumerate(fens)), on))
        assert paid["rows_good"] == good
        if good:
            assert paid["movement"]["amount_fen"] == total
            self._learn_roster(paid, entitlement, list(enumerate(fens))[:good], on)

    def _learn_roster(self, paid: dict[str, Any], entitlement: str, rows: list[tuple[int, int]], on: date) -> None:
        movement = paid["movement"]
        self.learn(movement)
        at = 0
        for place, fen in rows:
            fed = [
                (draw, min(at + fen, draw["hi_fen"]) - max(at, draw["lo_fen"]))
                for draw in movement["draws"]
                if draw["lo_fen"] < at + fen and draw["hi_fen"] > at
            ]
            assert sum(part for _, part in fed) == fen
            line = f"{paid['batch']}-{paid['lines'][place]}"
            self.rows().append(Paid(line, entitlement, place, fen, movement["id"], on, self._acts(), fed))
            at += fen

    def _acts(self) -> int:
        return len(self.movements)

    async def _pay_roster(self, entitlement: str, rows: list[tuple[int, int]], on: date) -> dict[str, Any]:
        """Open a batch, upload, approve (twice with one key); what was paid as a movement with its draws."""
        batch = {
            "account_id": self.holders[1],
            "fund_code": "TEST-FUND",
            "entitlement": entitlement,
            "document": "册",
            "effective_on": on.isoformat(),
        }
        opened = (await self.clerk.post("/funds/v1/payment-batches", batch)).json()
        path = f"/funds/v1/payment-batches/{opened['id']}"
        roster = roster_csv([(id_number(place), f"{Decimal(fen) / 100}") for place, fen in rows])
        checked = (await self.clerk.put(f"{path}/roster", roster.encode(), headers=CSV)).json()
        if not checked["rows_good"]:
            return {"rows_good": 0, "by_reason": checked["by_reason"]}
        reviewer = funds_caller(self.world.http, "finance_reviewer", self.county)
        key = uuid4().hex
        first = await reviewer.post(f"{path}/approval", {}, key=key)
        again = await reviewer.post(f"{path}/approval", {}, key=key)
        assert first.status_code == 201, first.text
        assert again.json() == first.json()
        answer = first.json()
        assert answer["unexplained_fen"] == 0
        movement = {
            "id": answer["movement_id"],
            "kind": "disburse",
            "effective_on": on.isoformat(),
            "from_account_id": self.holders[1],
            "to_account_id": self.cards,
            "amount_fen": answer["total_fen"],
            "draws": answer["spans"],
        }
        lines = {place: at for at, (place, _) in enumerate(rows, 2)}  # data begins in line 2
        return {"rows_good": checked["rows_good"], "movement": movement, "batch": opened["id"], "lines": lines}

    @precondition(lambda self: self.rows())
    @rule(
        data=st.data(),
        days=AROUND,
        whole=st.sampled_from([True, True, False]),
        reason=st.sampled_from(["deceased", "account_closed", "recovered"]),
    )
    def take_back_a_row(self, data: st.DataObject, days: int, whole: bool, reason: str) -> None:
        """Some or all that a household still has of a row comes back: the last fen first, to the lots that fed it."""
        standing = [row for row in self.rows() if row.movement not in self.reversed]
        row = data.draw(st.sampled_from(standing or self.rows()) | st.sampled_from(self.rows()))
        on = row.on + timedelta(days=days)
        left = row.fen - sum(back.fen for back in self._standing_backs(row))
        asked = left if whole else data.draw(st.integers(1, row.fen))
        wanted = self._from_the_end(row, asked)
        may = (
            row.movement not in self.reversed
            and on >= row.on
            and 0 < asked <= left
            and all(
                sum(self.lots[lot].remaining for lot in self.standing([spent]) if self.lots[lot].arrived <= on) >= fen
                for _, spent, fen in wanted
            )
        )
        body: dict[str, Any] = {"document": f"TH{uuid4().hex}", "effective_on": on.isoformat(), "reason": reason}
        if not whole:
            body["amount_fen"] = asked
        path, key = f"/funds/v1/payments/{row.id}/returns", uuid4().hex
        answer = self.do(self.clerk.post(path, body, key=key))
        assert answer.status_code == (201 if may else 409), answer.text
        if not may:
            return
        back = answer.json()
        assert (back["amount_fen"], back["unexplained_fen"]) == (asked, 0)
        gave: dict[tuple[str, str], int] = {}
        for lot in back["lots"]:
            made = lot["from_lot_id"]
            while (stood_for := self.lots[made].stands_for) is not None:
                made = stood_for
            gave[lot["restored_lot_id"], made] = gave.get((lot["restored_lot_id"], made), 0) + lot["amount_fen"]
        assert gave == {(lot, spent): fen for lot, spent, fen in wanted}, "exactly the lots that fed it"
        self._learn_back(row, back, on, "recover" if reason == "recovered" else "return")
        for again in (self.clerk.post(path, body, key=key), self.clerk.post(path, body)):
            assert self.do(again).json() == back, "a serial acts once, under whatever key"

    def _from_the_end(self, row: Paid, fen: int) -> list[tuple[str, str, int]]:
        """Which lots get how much back, and from which lot on the cards: the last fen first, less what is back."""
        wanted: list[tuple[str, str, int]] = []
        for draw, fed in reversed(row.fed):
            of_lot = [back.given.get(draw["from_lot_id"], 0) for back in self._standing_backs(row)]
            taken = min(fen, fed - sum(of_lot))
            if taken > 0:
                wanted.append((draw["from_lot_id"], draw["to_lot_id"], taken))
                fen -= taken
        return wanted

    def _free_of_parts(self, row: Paid) -> dict[str, int]:
        """What nobody drew or kept of the parts that came back before (not recovered), or of what carries them on."""
        made = {draw["to_lot_id"]: one for one in self.movements.values() for draw in one["draws"]}
        parts = [one.movement for one in self._standing_backs(row) if self.movements[one.movement]["kind"] == "return"]
        found = [draw["to_lot_id"] for part in parts for draw in self.movements[part]["draws"]]
        for one in found:
            found += [
                name
                for name, lot in self.lots.items()
                if lot.stands_for == one and made[name]["kind"] in {"carry_over", "reverse"}
            ]
        held = self.held()
        free = {name: self.lots[name].remaining - held.get(name, 0) for name in found}
        return {name: fen for name, fen in free.items() if fen}

    def _learn_back(self, row: Paid, back: dict[str, Any], on: date, kind: str) -> None:
        lots = back["lots"]
        draws = [
            {
                "from_lot_id": lot["from_lot_id"],
                "to_lot_id": lot["lot_id"],
                "amount_fen": lot["amount_fen"],
                "days_rested": (on - self.lots[lot["from_lot_id"]].arrived).days,
            }
            for lot in lots
        ]
        movement = {
            "id": back["id"],
            "kind": kind,
            "effective_on": on.isoformat(),
            "from_account_id": self.cards,
            "to_account_id": self.holders[1],
            "amount_fen": back["amount_fen"],
            "draws": draws,
        }
        self.learn(movement)
        assert {lot["lot_id"]: self.lots[lot["lot_id"]].stands_for for lot in lots} == {
            lot["lot_id"]: lot["restored_lot_id"] for lot in lots
        }
        given: dict[str, int] = {}
        for lot in lots:
            given[lot["restored_lot_id"]] = given.get(lot["restored_lot_id"], 0) + lot["amount_fen"]
        completes = sum(one.fen for one in self._standing_backs(row)) + back["amount_fen"] == row.fen
        kept_whole = kind == "return" and completes
        assert (back["hold_id"] is not None) == kept_whole, "what came back whole is kept, unless it was recovered"
        free = self._free_of_parts(row) if kept_whole else {}
        self.count(f"{kind} of a row")
        if back["amount_fen"] == row.fen:
            self.count(f"{kind} of a whole row")
        kept = free | {lot["lot_id"]: lot["amount_fen"] for lot in lots} if back["hold_id"] else {}
        row.backs.append(Back(back["id"], on, back["amount_fen"], self._acts(), given, back["hold_id"], kept))

    @precondition(lambda self: any(row.backs for row in self.rows()))
    @rule(data=st.data(), days=AROUND, more=st.sampled_from([0, 0, 1, -1]))
    def pay_again(self, data: st.DataObject, days: int, more: int) -> None:
        """The entitlement is paid to the household again: once, out of what is kept for it first, to the fen."""
        back = [row for row in self.rows() if row.backs]
        kept = [row for row in back if any(self._live(one) for one in row.backs)]
        row = data.draw(st.sampled_from(kept or back) | st.sampled_from(back))
        fen, on = max(1, row.fen + more), row.backs[-1].on + timedelta(days=days)
        waiting = self._waiting(row.entitlement, row.place, on)
        kept_fen = sum(sum(one.kept.values()) for one in waiting)
        claimed = self._is_claimed(row.entitlement, row.place, on)
        good = not claimed and fen - min(fen, kept_fen) <= self.available(self.holders[1], on)
        of_own = {lot for one in waiting for lot in one.kept}
        others = {lot: self.lots[lot].remaining - held for lot, held in self.held().items() if lot not in of_own}
        paid = self.do(self._pay_roster(row.entitlement, [(row.place, fen)], on))
        assert paid["rows_good"] == good, paid
        if not good:
            assert paid["by_reason"] == {"already_paid" if claimed else "money_not_there": 1}
            return
        expected, missing = {}, fen
        for one in waiting:
            if missing:
                one.paid_by = paid["movement"]["id"]
            for lot in sorted(one.kept):
                if taken := min(missing, one.kept[lot]):
                    expected[lot], missing = taken, missing - taken
        draws = paid["movement"]["draws"]
        drawn = {draw["from_lot_id"]: draw["amount_fen"] for draw in draws}
        assert {lot: drawn.get(lot) for lot in expected} == expected, "the very lots that it gave back"
        assert all(drawn.get(lot, 0) <= free for lot, free in others.items()), "and nothing that is held for others"
        self._learn_roster(paid, row.entitlement, [(row.place, fen)], on)
        last = self.movements[row.backs[-1].movement]["kind"]
        self.count(f"paid again after a {last}")
        twice = self.do(self._pay_roster(row.entitlement, [(row.place, fen)], on))
        assert twice == {"rows_good": 0, "by_reason": {"already_paid": 1}}

    def back_of(self, movement: str) -> tuple[Paid, Back] | None:
        """The return that this movement brought."""
        return next(((row, back) for row in self.rows() for back in row.backs if back.movement == movement), None)

    def is_paid_again(self, row: Paid, back: Back) -> bool:
        """Whether the household got the same again after a return, so that the return may not be undone."""
        return any(
            (other.entitlement, other.place) == (row.entitlement, row.place)
            and other.at > back.at
            and other.movement not in self.reversed
            for other in self.rows()
        )

    def renew(self, movement: str, reversal: dict[str, Any]) -> None:
        """What the undone payment had drawn of kept fen is kept again, in the lots that it came back into."""
        for row in self.rows():
            for back in row.backs:
                if back.paid_by != movement:
                    continue
                back.kept = {
                    draw["to_lot_id"]: draw["amount_fen"]
                    for draw in reversal["draws"]
                    if self.lots[draw["to_lot_id"]].stands_for in back.kept
                }
                before, back.paid_by = back.hold, None
                query = "SELECT hold_id::text FROM funds.payment_return WHERE county_code = $1 AND movement_id = $2"
                back.hold = self.do(self.world.admin.fetchval(query, self.county, back.movement))
                assert back.hold != before
