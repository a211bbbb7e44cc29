"""As known at an instant: the same answer for ever, in both services, also while acts are on their way to a commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, audit_caller, funds_caller

PATHS: Final = {"funds": "/funds/v1/movements", "audit": "/audit/v1/alerts"}
APPEND: Final = "SELECT {}.journal_append($1, gen_random_uuid(), 'Told', '{{}}', 'a', 'r', $2, sha256('r'), '{{}}')"


class Journal:
    """The journal of one county in one service: acts that are left open, and readings as known."""

    def __init__(self, schema: str, county: str, caller: Caller, admin: asyncpg.Pool) -> None:
        self.schema, self.county, self.caller, self.admin = schema, county, caller, admin

    async def append(self, by: Any) -> None:
        await by.execute(APPEND.format(self.schema), self.county, uuid4().hex)

    async def recorded_at(self) -> datetime:
        query = f"SELECT recorded_at FROM {self.schema}.stream_head WHERE stream = $1"
        found: datetime = await self.admin.fetchval(query, self.county)
        return found

    async def read(self, known_at: datetime) -> httpx.Response:
        return await self.caller.get(PATHS[self.schema], params={"known_at": known_at.isoformat()})

    async def position(self, known_at: datetime) -> int:
        answer = await self.read(known_at)
        assert answer.status_code == 200, answer.text
        found: int = answer.json()["known_position"]
        return found

    async def refused(self, known_at: datetime) -> datetime:
        """The newest settled instant that a refusal names."""
        answer = await self.read(known_at)
        told = answer.json()
        assert (answer.status_code, told["type"]) == (409, "/problems/known-at-not-settled"), answer.text
        return datetime.fromisoformat(told["figures"]["settled_at"])


@pytest.fixture(params=["funds", "audit"])
def journal(
    request: pytest.FixtureRequest,
    county: str,
    funds_http: httpx.AsyncClient,
    audit_http: httpx.AsyncClient,
    admin: asyncpg.Pool,
) -> Journal:
    caller = (
        funds_caller(funds_http, "finance_clerk", county)
        if request.param == "funds"
        else audit_caller(audit_http, "inspector", county)
    )
    return Journal(request.param, county, caller, admin)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_an_instant_by_which_an_open_act_was_recorded_is_refused_until_it_has_ended(
    journal: Journal, ending: str
) -> None:
    await journal.append(journal.admin)
    last = await journal.recorded_at()
    async with journal.admin.acquire() as connection:
        act = connection.transaction()
        await act.start()
        before = clock.now()
        await journal.append(connection)
        since = clock.now()
        assert await journal.refused(since) == last
        assert await journal.position(last) == 1
        assert await journal.refused(last + timedelta(microseconds=1)) == last
        assert await journal.refused(before) == last, "it may have been recorded by then, as far as a reader can tell"
        await getattr(act, ending)()
    expected = 2 if ending == "commit" else 1
    assert (await journal.position(last), await journal.position(before)) == (1, 1)
    assert await journal.position(since) == expected
    await journal.append(journal.admin)
    assert (await journal.position(last), await journal.position(since)) == (1, expected)


async def test_an_act_that_lies_in_the_middle_of_a_longer_one_is_on_its_way_all_the_same(journal: Journal) -> None:
    await journal.append(journal.admin)
    last = await journal.recorded_at()
    async with journal.admin.acquire() as connection, connection.transaction():
        async with connection.transaction():  # a savepoint: the head bears its number, not that of the whole
            await journal.append(connection)
        assert await journal.refused(clock.now()) == last


async def test_an_act_of_another_county_and_a_lock_that_recorded_nothing_are_in_nobodys_way(journal: Journal) -> None:
    await journal.append(journal.admin)
    elsewhere = Journal(journal.schema, "980001", journal.caller, journal.admin)
    async with journal.admin.acquire() as connection:
        async with connection.transaction():
            locking = f"SELECT FROM {journal.schema}.stream_head WHERE stream = $1 FOR UPDATE"
            await connection.execute(locking, journal.county)
        async with connection.transaction():
            await elsewhere.append(connection)
            assert await journal.position(clock.now()) == 1


async def test_before_the_first_act_of_a_county_is_committed_the_last_minutes_are_not_settled(journal: Journal) -> None:
    async with journal.admin.acquire() as connection:
        act = connection.transaction()
        await act.start()
        await journal.append(connection)
        since = clock.now()
        settled_at = await journal.refused(since)
        assert settled_at < since
        assert await journal.position(settled_at) == 0
        await act.commit()
    assert (await journal.position(since), await journal.position(settled_at)) == (1, 0)


async def test_nobody_knows_what_will_be_known(journal: Journal) -> None:
    await journal.append(journal.admin)
    assert await journal.refused(datetime(2199, 1, 1, tzinfo=UTC)) <= clock.now()
