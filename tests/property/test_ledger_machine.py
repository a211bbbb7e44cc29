"""The laws of the ledger under any order of acts: a state machine against real PostgreSQL, through the API.

Receive, hand down, pay, disburse, return, recover, reverse, retry and back-date in any order, single rows of rosters
returned, recovered and paid again among them; after every step the laws are read behind the service's back, and every
answer is held against a model that only knows the rules of the game.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import anyio.from_thread
import asyncpg
import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from services.funds_api.app import create_app
from services.funds_api.settings import Settings
from tests.callers import INTERNAL_JWKS
from tests.conftest import KEK
from tests.property.ledger_model import AMOUNTS, AROUND, DAYS, LAWS, World
from tests.property.machines import exercised
from tests.property.returned_rows import ReturnedRows


@pytest.fixture(scope="module")
def world(urls: dict[str, str]) -> Iterator[World]:
    @contextmanager
    def running() -> Iterator[World]:
        app = create_app(Settings(database_url=urls["funds"], internal_jwks=INTERNAL_JWKS, kek=KEK, log_level="ERROR"))
        with (
            anyio.from_thread.start_blocking_portal() as portal,
            portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        ):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, base_url="http://funds", timeout=60)
            http.app = app  # type: ignore[attr-defined]

            async def pool() -> asyncpg.Pool:
                return await asyncpg.create_pool(urls["admin"], min_size=1, max_size=1)

            admin = portal.call(pool)
            yield World(portal.call, http, admin)
            portal.call(admin.close)
            portal.call(http.aclose)

    with running() as ready:
        yield ready


class LedgerMachine(ReturnedRows):
    """Every movement of a county, and what comes back of single households."""

    @rule(data=st.data(), fen=AMOUNTS, on=DAYS)
    def hand_down_or_pay(self, data: st.DataObject, fen: int, on: date) -> None:
        source = data.draw(st.sampled_from(self.holders[:2]))
        pays = data.draw(st.booleans())
        target = self.contractor if pays else data.draw(st.sampled_from([h for h in self.holders if h != source]))
        if target == self.treasury:
            target = self.holders[3]
        there = self.available(source, on)
        answer = self.order(
            {
                "kind": "pay" if pays else "hand_down",
                "document": f"文{uuid4().hex}",
                "effective_on": on.isoformat(),
                "fund_code": "TEST-FUND",
                "from_account_id": source,
                "lines": [{"to_account_id": target, "amount_fen": fen}],
            }
        )
        assert answer.status_code == (201 if fen <= there else 409), answer.text
        if answer.status_code == 409:
            figures = answer.json()["figures"]
            assert figures.get("available_fen", figures.get("free_fen")) == there

    @rule(data=st.data(), fen=AMOUNTS, on=DAYS, kind=st.sampled_from(["return", "recover"]))
    def give_or_take_back(self, data: st.DataObject, fen: int, on: date, kind: str) -> None:
        holder = data.draw(st.sampled_from(self.holders[1:]))
        there = self.available(holder, on)
        answer = self.order(
            {
                "kind": kind,
                "document": "退",
                "effective_on": on.isoformat(),
                "fund_code": "TEST-FUND",
                "account_id": holder,
                "amount_fen": fen,
            }
        )
        assert answer.status_code == (201 if fen <= there else 409), answer.text
        if answer.status_code == 201:
            assert sum(movement["amount_fen"] for movement in answer.json()["movements"]) == fen
            assert all(movement["to_account_id"] != holder for movement in answer.json()["movements"])

    @precondition(lambda self: self.rows())
    @rule(fen=st.integers(1, 2_500), on=DAYS, over=st.sampled_from([False, False, True]))
    def recover_at_large(self, fen: int, on: date, *, over: bool) -> None:
        """Of what households got, without a word of whom: any lot on their cards, of which rows then give back less."""
        there = self.available(self.cards, on)
        fen = there + 1 if over else min(fen, there) or fen
        order = {"kind": "recover", "document": "追缴", "effective_on": on.isoformat(), "fund_code": "TEST-FUND"}
        answer = self.order({**order, "account_id": self.cards, "amount_fen": fen})
        assert answer.status_code == (201 if fen <= there else 409), answer.text
        if answer.status_code == 201:
            assert sum(movement["amount_fen"] for movement in answer.json()["movements"]) == fen
            assert {movement["to_account_id"] for movement in answer.json()["movements"]} == {self.holders[1]}
            self.count("recovery at large")

    @rule(data=st.data(), on=DAYS, year=st.sampled_from([2017, 2018]))
    def carry_over(self, data: st.DataObject, on: date, year: int) -> None:
        """All that an account has free of a year goes into the next; what is held stays, and is told."""
        holder, held = data.draw(st.sampled_from(self.holders)), self.held()
        left = {
            name: lot.remaining
            for name, lot in self.lots.items()
            if (lot.account, lot.year) == (holder, year) and lot.arrived <= on and lot.remaining
        }
        kept = {name: held[name] for name in left if name in held}
        order = {"kind": "carry_over", "document": f"结转{uuid4().hex}", "effective_on": on.isoformat()}
        answer = self.order({**order, "account_id": holder, "from_year": year})
        free = sum(left.values()) - sum(kept.values())
        assert answer.status_code == (201 if free else 409), answer.text
        if not free:
            assert answer.json()["figures"]["held_fen"] == sum(kept.values())
            return
        assert answer.json()["total_fen"] == free
        assert answer.json()["left_held_fen"] == sum(kept.values())
        if kept:
            self.count("carried over beside a hold")

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), days=AROUND)
    def undo(self, data: st.DataObject, days: int) -> None:
        """Any movement, the latest ones and reissues most often: what was spent on long ago cannot be undone."""
        reissues = {back.paid_by for row in self.rows() for back in row.backs if back.paid_by} - self.reversed
        lately = sorted(reissues) or list(self.movements)[-3:]
        self.undoing(data.draw(st.sampled_from(lately) | st.sampled_from(list(self.movements))), days)

    def undoing(self, movement: str, days: int) -> None:
        """Undo it so many days after it was made, where that may be."""
        undone, held = self.movements[movement], self.held()
        on = date.fromisoformat(undone["effective_on"]) + timedelta(days=days)
        made = undone.get("made", [draw["to_lot_id"] for draw in undone["draws"]])
        there = {lot: self.lots[lot] for lot in self.standing(made) if self.lots[lot].remaining}
        back = self.back_of(movement)
        own = back[1].kept if back else {}
        may = (
            undone["kind"] != "reverse"
            and movement not in self.reversed
            and sum(lot.remaining for lot in there.values()) == undone["amount_fen"]
            and all(lot.arrived <= on for lot in there.values())
            and not held.keys() & there.keys() - own.keys()
            and on >= date.fromisoformat(undone["effective_on"])
            and (back is None or not self.is_paid_again(*back))
        )
        answer = self.order(
            {"kind": "reverse", "document": "冲", "effective_on": on.isoformat(), "movement_id": movement}
        )
        assert answer.status_code == (201 if may else 409), answer.text
        if may:
            self.count(f"undone {undone['kind']}{' of a row' if back else ''}")
            self.reversed.add(movement)
            self.renew(movement, answer.json()["movements"][0])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """Law 6: any earlier request sent again, in any order, answers as it did and changes nothing."""
        caller, path, body, key, answered = data.draw(st.sampled_from(self.sent))
        again = self.do(caller.post(path, body, key=key))
        assert (again.status_code, again.json()) == (201, answered)
        changed = self.do(caller.post(path, {**body, "note": "另一份"}, key=key))
        assert (changed.status_code, changed.json()["type"]) == (422, "/problems/idempotency-key-reused")

    @invariant()
    def the_laws_hold(self) -> None:
        if not hasattr(self, "county"):
            return
        broken, remaining, held = self.do(self._look())
        assert broken == {}
        assert held == self.held()
        assert remaining == {lot: known.remaining for lot, known in self.lots.items()}

    async def _look(self) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
        broken = {law: await self.world.admin.fetch(query, self.county) for law, query in LAWS.items()}
        lots = await self.world.admin.fetch(
            "SELECT id, remaining_fen FROM funds.lot WHERE county_code = $1", self.county
        )
        kept = await self.world.admin.fetch(
            "SELECT k.lot_id, sum(k.amount_fen)::bigint AS fen FROM funds.hold_lot k"
            " JOIN funds.hold h ON h.county_code = $1 AND h.id = k.hold_id AND h.status = 'held'"
            " WHERE k.county_code = $1 GROUP BY 1",
            self.county,
        )
        return (
            {law: rows for law, rows in broken.items() if rows},
            {str(row["id"]): row["remaining_fen"] for row in lots},
            {str(row["lot_id"]): row["fen"] for row in kept},
        )


# What no run leaves undone.
EXERCISED = {"return of a row", "recover of a row", "recovery at large"}


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_the_laws_hold_in_any_order_of_acts(world: World) -> None:
    LedgerMachine.world = world
    exercised(LedgerMachine, LedgerMachine.done, EXERCISED, examples=20)
