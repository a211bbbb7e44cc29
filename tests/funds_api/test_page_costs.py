"""A page of a long list reads about what it shows, whatever the statistics know of the county.

Counted in blocks of tables and indexes that its transaction asked for, so that it says the same on any machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.moments import Moment
from services.funds_api.payments import store as payments
from services.funds_api.returns import store as returns
from services.funds_api.traces import store as traces
from tests.funds_api.people import Township, id_number

ROWS, RETURNED, SHOWN = 1_500, 120, 4
ASKED_FOR = (
    "SELECT sum(pg_stat_get_xact_blocks_fetched(oid))::int FROM pg_class"
    " WHERE relnamespace = 'funds'::regnamespace AND starts_with(relname, :of)"
)
NOW = Moment(date(2017, 12, 31))
FIRST = Window(after=None, limit=SHOWN)
# A return that is shown takes some 30 blocks, most of them for its next payment; one that is kept no more, some five.
PER_ROW, PER_SETTLED = 50, 8
PER_PAGE = 12  # of the roster's rows and their index; all of it are some 60


@dataclass
class Roster:
    """A paid roster of a county that came after the last statistics."""

    township: Township
    database: Database
    batch: UUID
    who: Principal

    async def cost(self, page: Callable[[AsyncSession], Awaitable[Any]], of: str = "") -> tuple[Any, int]:
        """What a page shows, and the blocks that it asked for, of the tables and indexes whose names begin so."""
        async with self.database.reading(self.who.region) as session:
            before: int = (await session.execute(text(ASKED_FOR), {"of": of})).scalar_one()
            found = await page(session)
            after: int = (await session.execute(text(ASKED_FOR), {"of": of})).scalar_one()
            return found, after - before

    async def come_back(self) -> list[str]:
        """The holds of the first rows of the roster, each returned on a day of its own week."""
        holds = []
        for at in range(RETURNED):
            back = {
                "document": f"退汇{at}",
                "effective_on": f"2017-{5 + at // 28:02d}-{1 + at % 28:02d}",
                "reason": "account_closed",
            }
            path = f"/funds/v1/payments/{self.batch}-{2 + at}/returns"
            answer = await self.township.finance.post(path, back)
            assert answer.status_code == 201, answer.text
            holds.append(answer.json()["hold_id"])
        return holds

    async def shows_returns(self, rows: int, most: int, *, waiting: bool | None) -> None:
        """A first page, of the county and of the roster, shows so many and asks for fewer blocks than `most`."""
        for batch in (None, self.batch):
            asked: dict[str, Any] = {"moment": NOW, "batch": batch, "waiting": waiting, "source": None}
            page = partial(returns.page, who=self.who, county=self.who.region, window=FIRST, **asked)
            found, blocks = await self.cost(page)
            assert len(found) == rows
            assert blocks < most, asked

    async def settle(self, holds: list[str]) -> None:
        for hold in holds:
            answer = await self.township.finance.post(f"/funds/v1/holds/{hold}/voiding", {"reason": "该户已死亡"})
            assert answer.status_code == 200, answer.text


@pytest.fixture
async def roster(
    funds_http: httpx.AsyncClient, urls: dict[str, str], admin: asyncpg.Pool, county: str
) -> AsyncIterator[Roster]:
    await admin.execute("ANALYZE")
    township = await Township(funds_http, county, fen=2 * ROWS * 100).open()
    people = range(1_000, 1_000 + ROWS)
    await township.register(people)
    checked = await township.checked([(id_number(place), "1.00") for place in people])
    assert (await township.approve(checked["batch"]["id"])).status_code == 201
    who = Principal("li", "funds", frozenset(), county, None, "t")
    database = Database(urls["funds"])
    yield Roster(township, database, UUID(checked["batch"]["id"]), who)
    await database.close()


async def test_a_page_of_returns_judges_those_that_it_shows(roster: Roster, admin: asyncpg.Pool) -> None:
    """Judged are all that it shows, with their next payment; of what is kept no more, only that is read."""
    holds = await roster.come_back()
    for waiting in (None, True):
        await roster.shows_returns(SHOWN + 1, PER_ROW * (SHOWN + 1), waiting=waiting)
    await roster.settle(holds[:-SHOWN])
    for _ in range(2):
        for waiting in (None, False):
            await roster.shows_returns(SHOWN + 1, PER_ROW * (SHOWN + 1), waiting=waiting)
        await roster.shows_returns(SHOWN, PER_ROW * SHOWN + PER_SETTLED * RETURNED, waiting=True)
        await admin.execute("ANALYZE")


async def test_a_page_of_lines_reads_no_more_of_the_roster(roster: Roster, admin: asyncpg.Pool) -> None:
    """By the batch and by the tranche that paid it, at the beginning and further on."""
    county, batch = roster.who.region, roster.batch
    tranche = await admin.fetchval("SELECT id FROM funds.tranche WHERE county_code = $1", county)
    for _ in range(2):
        for line in (1, ROWS // 2):
            window = Window(after=[str(batch), "0", str(line)], limit=SHOWN)
            for page in (
                partial(payments.payments, batch_id=batch, after=line, limit=SHOWN + 1),
                partial(traces.households, tranche=tranche, moment=NOW, window=window),
            ):
                found, blocks = await roster.cost(partial(page, who=roster.who, county=county), of="payment_rows")
                assert [one.line for one in found] == list(range(line + 1, line + SHOWN + 2))
                assert blocks < PER_PAGE, page
        await admin.execute("ANALYZE")
