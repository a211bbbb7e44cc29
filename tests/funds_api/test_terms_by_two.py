"""Terms that loosen take two people in whatever order they are recorded; what waits may be withdrawn, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.funds_api.test_terms import BARRED, CAP, FEE, new_fund, set_terms, terms

NAMES: Final = ("region_code", "fiscal_year", "valid_from", "document")


class Level:
    """A level of government with two people, and a fund of its own."""

    def __init__(self, http: httpx.AsyncClient, region: str, code: str) -> None:
        self.region, self.code, self.path = region, code, f"/funds/v1/funds/{code}/terms"
        self.clerk = funds_caller(http, "finance_clerk", region, subject="chen")
        self.reviewer = funds_caller(http, "finance_reviewer", region, subject="zhao")

    def request(self, day: str, *rules: dict[str, Any], document: str = "") -> dict[str, Any]:
        return terms(self.region, *rules, valid_from=day, document=document or f"县财农〔2017〕{day}")

    async def set(self, day: str, *rules: dict[str, Any], document: str = "") -> dict[str, Any]:
        answer = await set_terms(self.clerk, self.code, self.request(day, *rules, document=document))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def answer(self, what: str, day: str, who: Caller | None = None, document: str = "") -> httpx.Response:
        named = {name: self.request(day, document=document)[name] for name in NAMES}
        if what == "withdrawal":
            return await (who or self.clerk).post(f"{self.path}/withdrawal", {**named, "reason": "日期有误"})
        return await (who or self.reviewer).post(f"{self.path}/confirmation", named)

    async def caps(self, county: str, on: str) -> list[int]:
        asked = {"fiscal_year": 2017, "as_of": on, "county": county}
        seen = (await self.clerk.get(self.path, params=asked)).json()
        return [one["rule"]["cap_fen"] for one in seen["binding"] if one["rule"]["rule"] == "household_cap"]


@pytest.fixture
async def level(funds_http: httpx.AsyncClient, county: str) -> Level:
    return Level(funds_http, county, await new_fund(funds_http))


def cap(fen: int) -> dict[str, Any]:
    return {**CAP, "cap_fen": fen}


async def test_a_strict_set_before_a_loose_one_that_one_person_recorded_waits_for_a_second(level: Level) -> None:
    """Recorded in the order of their days the later one would have waited; the other way round nobody was asked."""
    assert (await level.set("2017-07-01", cap(20_000)))["waits"] is False
    strict = await level.set("2017-02-01", cap(10_000))
    assert (strict["waits"], strict["waits_because"]) == (True, ["loosened_later"])
    assert await level.caps(level.region, "2017-06-30") == []
    assert (await level.answer("confirmation", "2017-02-01")).status_code == 201
    assert await level.caps(level.region, "2017-06-30") == [10_000]
    assert await level.caps(level.region, "2017-07-01") == [20_000]


async def test_a_loosening_that_two_people_agreed_to_stands_behind_an_earlier_set(level: Level) -> None:
    await level.set("2017-01-01", cap(10_000))
    wider = await level.set("2017-07-01", cap(20_000))
    assert wider["waits_because"] == ["lifts_own"]
    assert (await level.answer("confirmation", "2017-07-01")).status_code == 201
    assert (await level.set("2017-03-01", cap(9_000)))["waits"] is False


async def test_a_set_is_weighed_against_one_before_it_that_still_waits(level: Level) -> None:
    """Else it would lift, once that is confirmed, what it never was compared with."""
    await level.set("2017-01-01", cap(10_000))
    assert (await level.set("2017-03-01", cap(11_000), BARRED))["waits"] is True
    after = await level.set("2017-05-01", cap(10_000))
    assert after["waits_because"] == ["lifts_own"], "it leaves out what is barred from March on, if that is confirmed"


async def test_a_strict_set_that_nothing_loose_follows_needs_nobody_else(level: Level) -> None:
    await level.set("2017-07-01", cap(10_000), BARRED)
    assert (await level.set("2017-02-01", cap(10_000)))["waits"] is False
    assert (await level.set("2017-04-01", cap(10_000), BARRED))["waits"] is False


async def test_of_two_recorded_at_once_the_second_sees_the_first(level: Level) -> None:
    """Each alone would need nobody: the wide one of July has none before it, the narrow one of February none after."""
    answers = await asyncio.gather(level.set("2017-07-01", cap(20_000)), level.set("2017-02-01", cap(10_000)))
    assert [one["waits"] for one in answers].count(True) == 1


async def test_the_nation_puts_its_own_general_rule_aside_by_two_people(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    nation = Level(funds_http, "00", await new_fund(funds_http))
    wider = await nation.set("2017-01-01", {**FEE, "cap_ppm": 20_000})
    assert wider["waits_because"] == ["lifts_general"], "the general rule begins later, and would give way to it"
    fee = {**FEE, "cap_ppm": 5_000}
    assert (await nation.set("2017-02-01", fee))["waits"] is False, "stricter than the general rule"
    assert (await nation.set("2021-03-26", fee, BARRED))["waits_because"] == ["lifts_general"], "it bars two uses only"


async def test_a_set_that_waits_is_withdrawn_and_its_day_set_anew(level: Level, admin: asyncpg.Pool) -> None:
    await level.set("2017-01-01", cap(10_000))
    await level.set("2017-07-01", cap(20_000))
    other = funds_caller(level.clerk.http, "finance_clerk", level.region, subject="li")
    neighbour = funds_caller(level.clerk.http, "finance_clerk", "999999")
    assert (await level.answer("withdrawal", "2017-07-01", neighbour)).status_code == 403
    assert (await level.answer("withdrawal", "2017-07-01", level.reviewer)).status_code == 403
    assert (await level.answer("withdrawal", "2017-07-01", other, document="别的文件")).status_code == 404
    done = await level.answer("withdrawal", "2017-07-01", other)
    told = done.json()
    assert (done.status_code, told["withdrawn_by"], told["withdrawn_because"]) == (201, "li", "日期有误")

    for what in ("withdrawal", "confirmation"):
        again = await level.answer(what, "2017-07-01")
        assert (again.status_code, again.json()["type"]) == (409, "/problems/terms-not-waiting")
        assert (again.json()["figures"]["withdrawn_by"], "已经撤回" in again.json()["detail"]) == ("li", True)
    anew = await level.set("2017-07-01", cap(8_000))
    assert anew["waits"] is False
    asked = {"fiscal_year": 2017, "as_of": "2017-07-01"}
    seen = (await level.clerk.get(level.path, params=asked)).json()
    assert [(one["rules"][0]["cap_fen"], one["withdrawn_by"]) for one in seen["withdrawn"]] == [(20_000, "li")]
    assert ([one["rules"][0]["cap_fen"] for one in seen["items"]], seen["waiting"]) == ([8_000], [])
    assert [one["rule"]["cap_fen"] for one in seen["binding"] if one["origin"] == "own"] == [8_000]
    holding = await level.answer("withdrawal", "2017-07-01")
    assert (holding.status_code, holding.json()["type"]) == (409, "/problems/terms-not-waiting"), "what holds, stays"
    told = "SELECT body ->> 'reason' FROM funds.event WHERE stream = $1 AND kind = 'FundTermsWithdrawn'"
    assert [row[0] for row in await admin.fetch(told, level.region)] == ["日期有误"]


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["funds"])
    yield connection
    await connection.close()


async def test_the_database_lets_a_set_be_answered_once_by_its_own_region_and_changes_nothing_else(
    level: Level, role: asyncpg.Connection, admin: asyncpg.Pool
) -> None:
    await level.set("2017-01-01", cap(10_000))
    await level.set("2017-07-01", cap(20_000))
    now = clock.now()

    async def write(region: str | None, change: str, *values: Any, day: str = "2017-07-01") -> str:
        await role.execute("SELECT set_config('app.region', $1, false)", region or "")
        where = f"fund_code = '{level.code}' AND valid_from = '{day}'"
        return str(await role.execute(f"UPDATE funds.fund_terms SET {change} WHERE {where}", *values))

    confirm = "confirmed_by = $1, confirmed_at = $2"
    for region in (None, "999999", level.region + "101"):
        with pytest.raises(asyncpg.PostgresError, match="another region"):
            await write(region, confirm, "zhao", now)
    with pytest.raises(asyncpg.CheckViolationError, match="second_person"):
        await write(level.region, confirm, "chen", now)
    with pytest.raises(asyncpg.PostgresError, match="once"):
        await write(level.region, confirm, "zhao", now, day="2017-01-01")
    with pytest.raises(asyncpg.PostgresError, match="once"):
        await write(level.region, "confirmed_at = NULL")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write(level.region, "waits = false")
    with pytest.raises(asyncpg.PostgresError, match="nothing else"):
        await admin.execute(
            "UPDATE funds.fund_terms SET confirmed_by = 'zhao', confirmed_at = now(), document = '另文'"
            " WHERE fund_code = $1 AND waits",
            level.code,
        )
    assert await write(level.region, confirm, "zhao", now) == "UPDATE 1"
    for change, values in ((confirm, ("qian", now)), ("confirmed_by = NULL, confirmed_at = NULL", ())):
        with pytest.raises(asyncpg.PostgresError, match="once"):
            await write(level.region, change, *values)
    withdrawn = "withdrawn_by = 'li', withdrawn_at = now(), withdrawn_because = '误'"
    with pytest.raises(asyncpg.PostgresError, match="once"):
        await write(level.region, withdrawn)


@pytest.mark.parametrize("answered", [False, True])
async def test_the_database_takes_no_terms_for_another_region_or_as_if_somebody_had_agreed(
    level: Level, role: asyncpg.Connection, answered: bool
) -> None:
    await level.set("2017-01-01", cap(10_000))
    columns, values = (", confirmed_by, confirmed_at", ", 'zhao', now()") if answered else ("", "")
    same = "region_code, fund_code, fiscal_year, document, set_by"
    copy = (
        f"INSERT INTO funds.fund_terms ({same}, valid_from, waits{columns})"
        f" SELECT {same}, '2017-08-01', true{values} FROM funds.fund_terms WHERE fund_code = '{level.code}'"
    )
    await role.execute("SELECT set_config('app.region', $1, false)", level.region if answered else "999999")
    with pytest.raises(asyncpg.PostgresError, match="answered" if answered else "another region"):
        await role.execute(copy)
