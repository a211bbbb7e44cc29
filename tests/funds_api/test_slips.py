"""Slips of the pen: a year too many digits on, an instant that no clock shows, a sum nobody has, a filter misspelt."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.fields import MAX_FEN
from tests.factories import notice_request
from tests.funds_api.desk import Desk, written
from treasury.calendar import AHEAD_DAYS, business_date


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


async def test_money_dated_too_far_ahead_is_refused_and_not_locked(desk: Desk, admin: asyncpg.Pool) -> None:
    body = await notice_request(desk.http, desk.county, desk.treasury, amounts=[7], received_on="2199-01-01")
    before = await written(admin)
    latest = business_date(clock.now()) + timedelta(days=AHEAD_DAYS)
    late = await desk.out(5_000, desk.first, str(latest + timedelta(days=1)))
    assert refusal(late) == (422, "dated-ahead")
    assert late.json()["figures"]["latest_on"] == str(latest)
    assert refusal(await desk.clerk.post("/funds/v1/notices", body)) == (422, "dated-ahead")
    batch = {"account_id": desk.first, "fund_code": "TEST-FUND", "entitlement": "补", "document": "文"}
    opened = await desk.clerk.post("/funds/v1/payment-batches", {**batch, "effective_on": "2199-01-01"})
    assert refusal(opened) == (422, "dated-ahead")
    assert await written(admin) == before
    # The last day that may be named is still a day on which money can be paid.
    assert (await desk.out(1_000_000, desk.first, str(latest))).status_code == 201


@pytest.mark.parametrize(
    "instant", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1949-09-30T23:59:59Z", "2200-01-01T00:00:01Z"]
)
async def test_an_instant_beyond_any_clock_is_misshapen(desk: Desk, instant: str) -> None:
    answer = await desk.clerk.get("/funds/v1/tree", params={"known_at": instant})
    assert refusal(answer) == (422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == "/query/known_at"


async def test_more_money_than_anybody_has_is_misshapen_and_the_most_is_still_a_number(desk: Desk) -> None:
    too_much = await desk.out(MAX_FEN + 1, desk.first, "2017-05-01")
    assert refusal(too_much) == (422, "invalid-request")
    body = await notice_request(desk.http, desk.county, desk.treasury, amounts=[MAX_FEN] * 3)
    assert (await desk.clerk.post("/funds/v1/notices", body)).status_code == 201
    for path in (f"accounts/{desk.treasury}", "flow-graph", "idle/yuan-days", "tree"):
        answer = await desk.clerk.get(f"/funds/v1/{path}", params={"as_of": "2047-03-01"})
        assert answer.status_code == 200, (path, answer.text)


@pytest.mark.parametrize("asked", [{"region": "999"}, {"fund": "NO-SUCH"}])
@pytest.mark.parametrize("path", ["tree", "tree/households", "flow-graph"])
async def test_a_place_or_fund_that_is_not_there_is_not_simply_empty(
    desk: Desk, path: str, asked: dict[str, str]
) -> None:
    params = {name: desk.county + code if name == "region" else code for name, code in asked.items()}
    answer = await desk.clerk.get(f"/funds/v1/{path}", params=params)
    assert refusal(answer) == (404, "not-found")
    assert params.popitem()[1] in answer.json()["detail"]


async def test_terms_of_a_fund_that_is_not_there(desk: Desk) -> None:
    answer = await desk.clerk.get("/funds/v1/funds/NO-SUCH/terms", params={"fiscal_year": 2017})
    assert refusal(answer) == (404, "not-found")


async def test_a_filter_that_is_not_there_is_refused_with_those_that_are(desk: Desk) -> None:
    answer = await desk.clerk.get("/funds/v1/tree/households", params={"year": 2017, "region": desk.county})
    assert refusal(answer) == (422, "invalid-request")
    [wrong] = answer.json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/query/year", "unknown_parameter")
    assert "region" in wrong["detail"]
    assert "year" not in wrong["detail"]
    kind = await desk.clerk.get("/funds/v1/movements", params={"kind": "foo"})
    assert refusal(kind) == (422, "invalid-request")
    assert (await desk.clerk.get("/funds/v1/movements", params={"kind": "receive"})).json()["items"]
