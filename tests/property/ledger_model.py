"""What a machine of the ledger knows of the books: lots, what is held of them, what stands for what, and the laws.

It learns from the answers which lots gave how much, and knows for itself what may happen and what must be refused.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import httpx
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.callers import Caller, funds_caller
from tests.factories import fund, open_account, receive
from tests.funds_api.people import CSV, register_csv

FIRST_DAY = date(2017, 1, 1)
DAYS = st.integers(min_value=0, max_value=300).map(lambda days: FIRST_DAY + timedelta(days=days))
AMOUNTS = st.one_of(st.integers(1, 1_000), st.integers(1, 2_000_000))
# So many days after what an act goes on from; some before it, which is refused.
AROUND = st.integers(min_value=-3, max_value=60)
HOUSEHOLDS = 5
_counties = itertools.count(970001)

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
    "what came back of a row went to the lots that fed it": """
        SELECT back.batch_id, back.line, back.lot FROM (
          SELECT r.batch_id, r.line, l.restores_lot_id AS lot, sum(l.amount_fen) AS fen FROM funds.payment_return r
            JOIN funds.lot l ON l.county_code = $1 AND l.movement_id = r.movement_id
           WHERE r.county_code = $1 AND NOT EXISTS (
             SELECT FROM funds.movement u WHERE u.county_code = $1 AND u.reverses_id = r.movement_id)
           GROUP BY r.batch_id, r.line, l.restores_lot_id) back
          JOIN funds.payment p ON p.county_code = $1 AND p.batch_id = back.batch_id AND p.line = back.line
         WHERE back.fen > (
           SELECT coalesce(sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)), 0)
             FROM funds.draw d WHERE d.county_code = $1 AND d.batch_id = p.batch_id AND d.from_lot_id = back.lot
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
    "days, and months of a fund = lots and draws": """
        SELECT fund_code, grain, account_id, since FROM
          (SELECT g.fund_code, g.grain, e.account_id, g.since, sum(e.fen) AS fen, sum(e.fen_day) AS fen_day,
                  sum(e.charged) AS charged
             FROM (SELECT account_id, fund_code, arrived_on AS day, amount_fen AS fen,
                          amount_fen::numeric * (arrived_on - DATE '2000-01-01') AS fen_day, 0 AS charged
                     FROM funds.lot WHERE county_code = $1
                   UNION ALL
                   SELECT f.account_id, f.fund_code, d.effective_on, -d.amount_fen,
                          -d.amount_fen::numeric * (f.arrived_on - DATE '2000-01-01'), d.amount_fen * d.days_rested
                     FROM funds.draw d JOIN funds.lot f ON f.county_code = $1 AND f.id = d.from_lot_id
                    WHERE d.county_code = $1) e
            CROSS JOIN LATERAL (VALUES ('', 'day', e.day), (e.fund_code, 'day', e.day),
              (e.fund_code, 'month', date_trunc('month', e.day::timestamp)::date)) AS g(fund_code, grain, since)
            GROUP BY 1, 2, 3, 4) e
          FULL JOIN (SELECT * FROM funds.account_period WHERE county_code = $1) a
          USING (fund_code, grain, account_id, since)
         WHERE (e.fen, e.fen_day, e.charged)
               IS DISTINCT FROM (a.net_fen::numeric, a.net_fen_day, a.charged_fen_days)""",
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
                  f.account_id, t.fund_code, y.year,
                  sum(sign(t.fiscal_year - f.fiscal_year) * d.amount_fen)
             FROM funds.draw d JOIN funds.lot f ON f.county_code = $1 AND f.id = d.from_lot_id
             JOIN funds.lot t ON t.county_code = $1 AND t.id = d.to_lot_id
            CROSS JOIN LATERAL generate_series(least(f.fiscal_year, t.fiscal_year) + 1,
                                               greatest(f.fiscal_year, t.fiscal_year)) AS y(year)
            WHERE d.county_code = $1 AND f.fiscal_year <> t.fiscal_year GROUP BY 1, 3, 5, 6) d
          FULL JOIN (SELECT * FROM funds.flow_month WHERE county_code = $1) f
          USING (month, flow, from_account_id, to_account_id, fund_code, fiscal_year)
         WHERE coalesce(d.fen, 0) <> coalesce(f.amount_fen, 0)""",
    "every row says which act recorded it": """
        SELECT l.id FROM funds.lot l LEFT JOIN funds.movement m ON m.county_code = $1 AND m.id = l.movement_id
          LEFT JOIN funds.event e ON e.stream = $1 AND e.position = l.position
         WHERE l.county_code = $1 AND (l.position IS DISTINCT FROM m.position
           OR coalesce(e.kind, '') NOT IN ('NoticeReceived', 'MoneyMoved', 'PaymentsDisbursed', 'PaymentReturned',
                                           'TreasuryOrderIssued', 'TreasuryOrderSettled'))""",
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
    year: int  # whose budget it belongs to
    stands_for: str | None = None  # the lot of the same account that it restores


@dataclass
class World:
    """The service, a look behind it, and a way to call both from a synchronous machine."""

    call: Callable[..., Any]
    http: httpx.AsyncClient
    admin: asyncpg.Pool


class Books(RuleBasedStateMachine):
    """One county of its own per run: a treasury, two townships, a village, a contractor and the outside."""

    world: World
    done: ClassVar[Counter[str]] = Counter()

    def count(self, what: str) -> None:
        """Remember that something rare was really done."""
        self.done[what] += 1
        event(what)

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
        self._give_the_first_office_money()

    def _give_the_first_office_money(self) -> None:
        """Three lots of two tranches, so that rosters are paid and their rows span lots."""
        for fen, day in ((400_000, 0), (400_000, 1)):
            self._received(fen, FIRST_DAY + timedelta(days=day))
        for fen, day in ((150_001, 2), (300_000, 3), (77_777, 4)):
            line = {"to_account_id": self.holders[1], "amount_fen": fen}
            order = {"from_account_id": self.treasury, "fund_code": "TEST-FUND", "lines": [line]}
            on = (FIRST_DAY + timedelta(days=day)).isoformat()
            handed = self.order({"kind": "hand_down", "document": f"文{uuid4().hex}", "effective_on": on, **order})
            assert handed.status_code == 201, handed.text

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

    def held(self) -> dict[str, int]:
        """How many fen of which lots wait to be paid again."""
        return {}

    def available(self, account: str, on: date) -> int:
        """The free fen of an account on a day."""
        held = self.held()
        return sum(
            lot.remaining - held.get(name, 0)
            for name, lot in self.lots.items()
            if lot.account == account and lot.arrived <= on
        )

    def standing(self, made: Iterable[str]) -> list[str]:
        """The lots that stand for these in their account: themselves, and what restored them."""
        found = list(made)
        for one in found:
            found += [name for name, lot in self.lots.items() if lot.stands_for == one]
        return found

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
            above, restored = self._above(movement, draw["from_lot_id"])
            year = self.lots[restored].year if restored and movement["kind"] == "reverse" else fed.year
            self.lots[draw["to_lot_id"]] = ModelLot(
                movement["to_account_id"],
                on,
                draw["amount_fen"],
                above,
                year + (movement["kind"] == "carry_over"),
                restored,
            )

    def _above(self, movement: dict[str, Any], drawn: str) -> tuple[str | None, str | None]:
        """The lot that stands above a new one, and the one it restores: what comes back stands as it did before."""
        if movement["kind"] == "reverse":
            made: str | None = drawn
            by_made = {
                draw["to_lot_id"]: draw["from_lot_id"] for draw in self.movements[movement["reverses_id"]]["draws"]
            }
            while made is not None and made not in by_made:
                made = self.lots[made].stands_for
            if made is None:
                return None, None  # a receipt goes back to nowhere
            return self.lots[by_made[made]].fed_by, by_made[made]
        if movement["kind"] in {"return", "recover"}:
            restored = self.lots[drawn].fed_by
            assert restored is not None
            assert self.lots[restored].account == movement["to_account_id"], "money goes back where it came from"
            return self.lots[restored].fed_by, restored
        if movement["kind"] == "carry_over":
            return self.lots[drawn].fed_by, drawn
        return drawn, None

    @rule(fen=AMOUNTS, on=DAYS)
    def receive_money(self, fen: int, on: date) -> None:
        self._received(fen, on)

    def _received(self, fen: int, on: date) -> None:
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
        self.lots[str(row["id"])] = ModelLot(self.treasury, on, fen, None, on.year)
        self.movements[str(row["movement_id"])] = {
            "kind": "receive",
            "effective_on": on.isoformat(),
            "to_account_id": self.treasury,
            "amount_fen": fen,
            "made": [str(row["id"])],
            "draws": [],
        }
