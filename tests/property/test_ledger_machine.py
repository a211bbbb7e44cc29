"""The laws of the ledger under any order of acts: a state machine against real PostgreSQL, through the API.

Receive, hand down, pay, disburse, return, recover, reverse, retry and back-date in any order; after every step the
laws are read behind the service's back, and every answer is held against a model that only knows the rules of the game.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import anyio.from_thread
import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.funds_api.app import create_app
from services.funds_api.settings import Settings
from tests.callers import INTERNAL_JWKS, Caller, funds_caller
from tests.conftest import KEK
from tests.factories import fund, open_account, receive
from tests.funds_api.people import CSV, id_number, register_csv, roster_csv

FIRST_DAY = date(2017, 1, 1)
DAYS = st.integers(min_value=0, max_value=300).map(lambda days: FIRST_DAY + timedelta(days=days))
AMOUNTS = st.one_of(st.integers(1, 1_000), st.integers(1, 2_000_000))
_counties = itertools.count(970001)
HOUSEHOLDS = 5

# The laws a query can see; each must return no row. (Law 6 is the retry rule's own assertion.)
LAWS = {
    "law 1: received = Σ remaining": """
        SELECT t.id FROM funds.tranche t WHERE t.county_code = $1 AND t.amount_fen IS DISTINCT FROM
          (SELECT sum(remaining_fen) FROM funds.lot l WHERE l.county_code = $1 AND l.tranche_id = t.id)""",
    "law 1: a movement brings what it takes": """
        SELECT m.id FROM funds.movement m WHERE m.county_code = $1 AND m.amount_fen IS DISTINCT FROM
          (SELECT sum(l.amount_fen) FROM funds.lot l WHERE l.county_code = $1 AND l.movement_id = m.id)""",
    "law 2: no lot is overdrawn": """
        SELECT l.id FROM funds.lot l WHERE l.county_code = $1 AND l.amount_fen - l.remaining_fen IS DISTINCT FROM
          (SELECT coalesce(sum(d.amount_fen), 0) FROM funds.draw d
            WHERE d.county_code = $1 AND d.from_lot_id = l.id)""",
    "every household's payment is fed to the fen": """
        SELECT p.batch_id, p.line FROM funds.payment p JOIN funds.payment_batch b USING (county_code)
         WHERE p.county_code = $1 AND b.id = p.batch_id AND b.status = 'posted' AND p.amount_fen IS DISTINCT FROM
          (SELECT sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)) FROM funds.draw d
            WHERE d.county_code = $1 AND d.batch_id = p.batch_id
              AND d.lo_fen < p.cum_fen AND d.hi_fen > p.cum_fen - p.amount_fen)""",
    "law 3: undone at most once": """
        SELECT reverses_id FROM funds.movement WHERE county_code = $1 AND reverses_id IS NOT NULL
         GROUP BY reverses_id HAVING count(*) > 1""",
    "law 4: no draw before arrival": """
        SELECT d.to_lot_id FROM funds.draw d JOIN funds.lot l ON l.county_code = $1 AND l.id = d.from_lot_id
         WHERE d.county_code = $1
           AND (d.effective_on < l.arrived_on OR d.days_rested <> d.effective_on - l.arrived_on)""",
    "law 5: tranches within their notice": """
        SELECT n.id FROM funds.notice n JOIN funds.tranche t ON t.notice_id = n.id AND t.county_code = $1
         GROUP BY n.id HAVING sum(t.amount_fen) > coalesce(n.stated_total_fen, sum(t.amount_fen))""",
    "counters = lots": """
        SELECT a.id FROM funds.account a WHERE a.county_code = $1 AND (a.sum_fen, a.sum_fen_day) IS DISTINCT FROM
          (SELECT (coalesce(sum(remaining_fen), 0)::bigint,
                   coalesce(sum(remaining_fen::numeric * (arrived_on - DATE '2000-01-01')), 0)) FROM funds.lot l
            WHERE l.county_code = $1 AND l.account_id = a.id)""",
    "entries = counters": """
        SELECT a.id FROM funds.account a WHERE a.county_code = $1 AND a.sum_fen IS DISTINCT FROM
          (SELECT coalesce(sum(e.amount_fen), 0)::bigint FROM funds.entry e
            WHERE e.county_code = $1 AND e.account_id = a.id)""",
    "months = entries": """
        SELECT e.account_id, e.month FROM
          (SELECT account_id, date_trunc('month', effective_on)::date AS month, sum(amount_fen) AS fen,
                  sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')) AS fen_day
             FROM funds.entry WHERE county_code = $1 GROUP BY 1, 2) e
          FULL JOIN (SELECT * FROM funds.account_month WHERE county_code = $1) a USING (account_id, month)
         WHERE (coalesce(e.fen, 0), coalesce(e.fen_day, 0)) IS DISTINCT FROM (a.net_fen::numeric, a.net_fen_day)""",
    "flows = what came less what left": """
        SELECT a.id FROM funds.account a WHERE a.county_code = $1 AND a.kind <> 'outside' AND a.sum_fen IS DISTINCT FROM
          (SELECT coalesce(sum(CASE WHEN f.to_account_id = a.id THEN f.amount_fen ELSE -f.amount_fen END), 0)::bigint
             FROM funds.flow_month f WHERE f.county_code = $1 AND f.flow <> 'carry_over'
              AND (f.to_account_id = a.id OR f.from_account_id = a.id))""",
    "flows by month and year = movements": """
        SELECT grain, since, flow FROM
          (SELECT g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date AS since,
                  coalesce(u.kind, m.kind) AS flow,
                  coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                           '00000000-0000-0000-0000-000000000000') AS from_account_id,
                  coalesce(u.to_account_id, m.to_account_id) AS to_account_id,
                  sum(CASE WHEN u.id IS NULL THEN m.amount_fen ELSE -m.amount_fen END) AS fen,
                  sum(coalesce(CASE WHEN u.id IS NULL THEN b.rows_good ELSE -b.rows_good END, 0)) AS n
             FROM funds.movement m LEFT JOIN funds.movement u ON u.county_code = $1 AND u.id = m.reverses_id
             LEFT JOIN funds.payment_batch b ON b.county_code = $1 AND b.id = coalesce(m.batch_id, u.batch_id)
            CROSS JOIN (VALUES ('month'), ('year')) AS g(grain) WHERE m.county_code = $1 GROUP BY 1, 2, 3, 4, 5) d
          FULL JOIN (SELECT * FROM funds.flow_period WHERE county_code = $1) f
          USING (grain, since, flow, from_account_id, to_account_id)
         WHERE (coalesce(d.fen, 0), coalesce(d.n, 0)) <> (coalesce(f.amount_fen, 0), coalesce(f.payments_n, 0))""",
    "flows of a fund and year = lots": """
        SELECT month, flow, fiscal_year FROM
          (SELECT date_trunc('month', m.effective_on::timestamp)::date AS month,
                  coalesce(u.kind, m.kind) AS flow,
                  coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                           '00000000-0000-0000-0000-000000000000') AS from_account_id,
                  coalesce(u.to_account_id, m.to_account_id) AS to_account_id, l.fund_code, l.fiscal_year,
                  sum(CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END) AS fen
             FROM funds.movement m JOIN funds.lot l ON l.county_code = $1 AND l.movement_id = m.id
             LEFT JOIN funds.movement u ON u.county_code = $1 AND u.id = m.reverses_id
            WHERE m.county_code = $1 AND coalesce(u.kind, m.kind) <> 'carry_over' GROUP BY 1, 2, 3, 4, 5, 6
           UNION ALL
           SELECT date_trunc('month', d.effective_on::timestamp)::date, 'carry_over', f.account_id,
                  f.account_id, t.fund_code, greatest(f.fiscal_year, t.fiscal_year),
                  sum(sign(t.fiscal_year - f.fiscal_year) * d.amount_fen)
             FROM funds.draw d JOIN funds.lot f ON f.county_code = $1 AND f.id = d.from_lot_id
             JOIN funds.lot t ON t.county_code = $1 AND t.id = d.to_lot_id
            WHERE d.county_code = $1 AND f.fiscal_year <> t.fiscal_year GROUP BY 1, 3, 5, 6) d
          FULL JOIN (SELECT * FROM funds.flow_month WHERE county_code = $1) f
          USING (month, flow, from_account_id, to_account_id, fund_code, fiscal_year)
         WHERE coalesce(d.fen, 0) <> coalesce(f.amount_fen, 0)""",
    "every row says which act recorded it": """
        SELECT l.id FROM funds.lot l LEFT JOIN funds.movement m ON m.county_code = $1 AND m.id = l.movement_id
          LEFT JOIN funds.event e ON e.stream = $1 AND e.position = l.position
         WHERE l.county_code = $1 AND (l.position IS DISTINCT FROM m.position
           OR coalesce(e.kind, '') NOT IN ('NoticeReceived', 'MoneyMoved', 'PaymentsDisbursed', 'PaymentReturned'))""",
    "time never runs back": """
        SELECT position FROM (SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before
          FROM funds.event WHERE stream = $1) e WHERE recorded_at <= before""",
    "the journal has no gap": """
        SELECT stream FROM funds.event WHERE stream = $1 GROUP BY stream HAVING max(position) <> count(*)""",
}


@dataclass
class ModelLot:
    """What the model knows of a lot."""

    account: str
    arrived: date
    remaining: int
    fed_by: str | None  # the lot above it, whose account a return goes to; None for money received by a notice


@dataclass
class World:
    """The service, a look behind it, and a way to call both from a synchronous machine."""

    call: Callable[..., Any]
    http: httpx.AsyncClient
    admin: asyncpg.Pool


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

            async def pool() -> asyncpg.Pool:
                return await asyncpg.create_pool(urls["admin"], min_size=1, max_size=1)

            admin = portal.call(pool)
            yield World(portal.call, http, admin)
            portal.call(admin.close)
            portal.call(http.aclose)

    with running() as ready:
        yield ready


class LedgerMachine(RuleBasedStateMachine):
    """One county of its own per run: a treasury, two townships, a village, a contractor and the outside."""

    world: World

    def do(self, act: Awaitable[Any]) -> Any:
        async def waited() -> Any:
            return await act

        return self.world.call(waited)

    @initialize()
    def open_county(self) -> None:
        self.county = str(next(_counties))
        self.clerk = funds_caller(self.world.http, "finance_clerk", self.county)
        self.lots: dict[str, ModelLot] = {}
        self.movements: dict[str, dict[str, Any]] = {}
        self.reversed: set[str] = set()
        self.sent: list[tuple[Caller, str, dict[str, Any], str, Any]] = []
        self.do(self._regions())
        http, county = self.world.http, self.county
        self.do(fund(http))
        self.treasury = self.do(open_account(http, county, "treasury"))
        self.outside = self.do(open_account(http, county, "outside"))
        self.contractor = self.do(open_account(http, county, "contractor"))
        self.cards = self.do(open_account(http, county + "101", "households"))
        register = register_csv(county + "101201", range(HOUSEHOLDS)).encode()
        imported = self.do(self.clerk.request("POST", "/funds/v1/households/imports", content=register, headers=CSV))
        assert imported.json()["registered_n"] == HOUSEHOLDS
        self.holders = [
            self.treasury,
            self.do(open_account(http, county + "101", "township_office")),
            self.do(open_account(http, county + "102", "township_office")),
            self.do(open_account(http, county + "101201", "village_collective")),
        ]

    async def _regions(self) -> None:
        for code, level in (("97", "province"), (self.county, "county")):
            await self._region(code, level)
        for township in ("101", "102"):
            await self._region(self.county + township, "township")
        await self._region(self.county + "101201", "village")

    async def _region(self, code: str, level: str) -> None:
        await self.world.admin.execute(
            "INSERT INTO funds.region (code, name, level, listed_year) VALUES ($1, $1, $2, 2023)"
            " ON CONFLICT DO NOTHING",
            code,
            level,
        )

    def available(self, account: str, on: date) -> int:
        return sum(lot.remaining for lot in self.lots.values() if lot.account == account and lot.arrived <= on)

    def order(self, body: dict[str, Any]) -> httpx.Response:
        key = uuid4().hex
        answer: httpx.Response = self.do(self.clerk.post("/funds/v1/movements", body, key=key))
        if answer.status_code == 201:
            self.sent.append((self.clerk, "/funds/v1/movements", body, key, answer.json()))
            for movement in answer.json()["movements"]:
                self.learn(movement)
        return answer

    def learn(self, movement: dict[str, Any]) -> None:
        """Take over what the answer says was drawn; the laws then hold the books against the very same figures."""
        self.movements[movement["id"]] = movement
        on = date.fromisoformat(movement["effective_on"])
        for draw in movement["draws"]:
            fed = self.lots[draw["from_lot_id"]]
            assert fed.account == movement["from_account_id"]
            assert draw["days_rested"] == (on - fed.arrived).days >= 0
            fed.remaining -= draw["amount_fen"]
            assert fed.remaining >= 0
            self.lots[draw["to_lot_id"]] = ModelLot(
                movement["to_account_id"], on, draw["amount_fen"], self._fed_by(movement, draw["from_lot_id"])
            )

    def _fed_by(self, movement: dict[str, Any], drawn: str) -> str | None:
        """The lot that stands above a new one: the drawn one, or for money that comes back what stood above before."""
        if movement["kind"] == "reverse":
            undone = self.movements[movement["reverses_id"]]["draws"]
            restored = next((draw["from_lot_id"] for draw in undone if draw["to_lot_id"] == drawn), None)
            return self.lots[restored].fed_by if restored else None
        if movement["kind"] in {"return", "recover"}:
            restored = self.lots[drawn].fed_by
            assert restored is not None
            assert self.lots[restored].account == movement["to_account_id"], "money goes back where it came from"
            return self.lots[restored].fed_by
        return drawn

    @rule(fen=AMOUNTS, on=DAYS)
    def receive_money(self, fen: int, on: date) -> None:
        notice = self.do(receive(self.world.http, self.county, self.treasury, fen, on.isoformat()))
        assert notice["received_fen"] == fen
        rows = self.do(
            self.world.admin.fetch(
                "SELECT l.id, l.movement_id FROM funds.lot l WHERE county_code = $1 AND tranche_id = $2",
                self.county,
                notice["tranches"][0]["id"],
            )
        )
        [row] = rows
        self.lots[str(row["id"])] = ModelLot(self.treasury, on, fen, None)
        self.movements[str(row["movement_id"])] = {
            "kind": "receive",
            "effective_on": on.isoformat(),
            "to_account_id": self.treasury,
            "amount_fen": fen,
            "made": [str(row["id"])],
            "draws": [],
        }

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
            assert answer.json()["figures"]["available_fen"] == there

    @rule(fens=st.lists(st.integers(1, 200_000), min_size=1, max_size=HOUSEHOLDS), on=DAYS)
    def disburse(self, fens: list[int], on: date) -> None:
        """A roster of the first township: rows beyond its money come back, the rest is paid by a second person."""
        there, total, good = self.available(self.holders[1], on), 0, 0
        for fen in fens:
            if total + fen > there:
                break
            total, good = total + fen, good + 1
        rows = [(id_number(place), f"{Decimal(fen) / 100}") for place, fen in enumerate(fens)]
        paid = self.do(self._pay_roster(roster_csv(rows), on))
        assert paid["rows_good"] == good
        if not good:
            return
        movement = paid["movement"]
        assert movement["amount_fen"] == total
        self.learn(movement)
        self.movements[movement["id"]] = movement

    async def _pay_roster(self, roster: str, on: date) -> dict[str, Any]:
        """Open a batch, upload, approve (twice with one key); what was paid as a movement with its draws."""
        batch = {
            "account_id": self.holders[1],
            "fund_code": "TEST-FUND",
            "entitlement": uuid4().hex,
            "document": "册",
            "effective_on": on.isoformat(),
        }
        path = f"/funds/v1/payment-batches/{(await self.clerk.post('/funds/v1/payment-batches', batch)).json()['id']}"
        checked = (await self.clerk.put(f"{path}/roster", roster.encode(), headers=CSV)).json()
        if not checked["rows_good"]:
            return {"rows_good": 0}
        reviewer = funds_caller(self.world.http, "finance_reviewer", self.county)
        key = uuid4().hex
        first = await reviewer.post(f"{path}/approval", {}, key=key)
        again = await reviewer.post(f"{path}/approval", {}, key=key)
        assert first.status_code == 201, first.text
        assert again.json() == first.json()
        answer = first.json()
        assert answer["unexplained_fen"] == 0
        draws = [{**span, "amount_fen": span["hi_fen"] - span["lo_fen"]} for span in answer["spans"]]
        movement = {
            "id": answer["movement_id"],
            "kind": "disburse",
            "effective_on": on.isoformat(),
            "from_account_id": self.holders[1],
            "to_account_id": self.cards,
            "amount_fen": answer["total_fen"],
            "draws": draws,
        }
        return {"rows_good": checked["rows_good"], "movement": movement}

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

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), on=DAYS)
    def undo(self, data: st.DataObject, on: date) -> None:
        movement = data.draw(st.sampled_from(sorted(self.movements)))
        undone = self.movements[movement]
        made = undone.get("made", [draw["to_lot_id"] for draw in undone["draws"]])
        whole = sum(self.lots[lot].remaining for lot in made) == undone["amount_fen"]
        may = (
            undone["kind"] != "reverse"
            and movement not in self.reversed
            and whole
            and on >= date.fromisoformat(undone["effective_on"])
        )
        answer = self.order(
            {"kind": "reverse", "document": "冲", "effective_on": on.isoformat(), "movement_id": movement}
        )
        assert answer.status_code == (201 if may else 409), answer.text
        if may:
            self.reversed.add(movement)

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
        broken, remaining = self.do(self._look())
        assert broken == {}
        assert remaining == {lot: known.remaining for lot, known in self.lots.items()}

    async def _look(self) -> tuple[dict[str, Any], dict[str, int]]:
        broken = {law: await self.world.admin.fetch(query, self.county) for law, query in LAWS.items()}
        rows = await self.world.admin.fetch(
            "SELECT id, remaining_fen FROM funds.lot WHERE county_code = $1", self.county
        )
        return {law: rows for law, rows in broken.items() if rows}, {
            str(row["id"]): row["remaining_fen"] for row in rows
        }


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_the_laws_hold_in_any_order_of_acts(world: World) -> None:
    LedgerMachine.world = world
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
