"""The real follower reads the real feed: flags of funds_api become alerts, and its payments become yuan put right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from chassis.identity import SigningKey
from services.audit_api import cursors
from services.audit_api import follower as following
from services.audit_api.follower import ISSUER, Follower
from tests.audit_api.office import confirmed
from tests.callers import FOLLOWER_KEY, Caller, audit_caller, funds_caller
from tests.factories import open_account, receive
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.people import id_number
from tests.funds_api.test_returns import Paid


@pytest.fixture
async def follower(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, county: str
) -> AsyncIterator[Follower]:
    """The follower of one county, with funds_api behind its HTTP client and the audit database behind it."""
    database: Database = audit_http.app.state.database  # type: ignore[attr-defined]
    app: Any = funds_http.app  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://funds") as http:
        yield Follower(database, http, SigningKey.from_jwk(FOLLOWER_KEY, ISSUER, "internal+jwt"), [county])


async def move(clerk: Caller, **order: Any) -> str:
    """A movement through the API; its id."""
    answer = await clerk.post("/funds/v1/movements", {"document": f"文{uuid4().hex[:6]}", **order})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


async def test_flags_arrive_and_payments_are_counted_until_they_are_reversed(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, follower: Follower, county: str, admin: asyncpg.Pool
) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    inspector = audit_caller(audit_http, "inspector", county)
    treasury = await open_account(funds_http, county, "treasury", "县国库")
    township = await open_account(funds_http, county + "101", "township_office", "一镇财政所")
    contractor = await open_account(funds_http, county + "101", "contractor", "施工单位")
    await receive(funds_http, county, treasury, 400_000, "2017-03-01")
    fund = {"fund_code": "TEST-FUND"}
    await move(
        clerk,
        kind="hand_down",
        effective_on="2017-03-10",
        from_account_id=treasury,
        lines=[{"to_account_id": township, "amount_fen": 400_000}],
        **fund,
    )
    assert (await run_rules(funds_http, county, "2017-11-30", "R19", "I01"))["new_n"] > 0

    await follower.round()
    assert follower.stopped == {}
    alerts = (await inspector.get("/audit/v1/alerts")).json()["items"]
    flags = (await funds_caller(funds_http, "inspector", county).get("/funds/v1/flags")).json()["items"]
    assert {one["id"] for one in alerts} == {one["id"] for one in flags}
    assert {one["amount_fen"] for one in alerts} == {400_000}

    request = {
        "alert_ids": [one["id"] for one in alerts],
        "class_code": "F01",
        "title": "一镇滞留",
        "facts": "资金到账后未拨付",
        "recorded_facts": [{"what": "资金到账后未拨付"}],
        "found_on": "2017-12-01",
    }
    opened = await confirmed(inspector, request)
    assert (opened["amount_fen"], len(opened["lots"])) == (400_000, 1)

    async def rectified() -> int:
        await follower.round()
        assert follower.stopped == {}
        answer = await inspector.get(f"/audit/v1/findings/{opened['id']}", params={"as_of": "2017-12-31"})
        assert answer.json()["unexplained_fen"] == 0
        return int(answer.json()["rectified_fen"])

    def pay(fen: int) -> dict[str, Any]:
        lines = [{"to_account_id": contractor, "amount_fen": fen}]
        return {"kind": "pay", "effective_on": "2017-12-05", "from_account_id": township, "lines": lines, **fund}

    wrong = await move(clerk, **pay(150_000))
    assert await rectified() == 150_000
    await move(clerk, kind="return", effective_on="2017-12-06", account_id=township, amount_fen=50_000, **fund)
    assert await rectified() == 200_000
    await move(clerk, kind="reverse", effective_on="2017-12-07", movement_id=wrong)
    assert await rectified() == 50_000
    await move(clerk, **{**pay(350_000), "effective_on": "2017-12-08"})
    assert await rectified() == 400_000

    head = await admin.fetchrow("SELECT position, hash FROM funds.stream_head WHERE stream = $1", county)
    cursor = await admin.fetchrow("SELECT position, hash FROM audit.follower_cursor WHERE stream = $1", county)
    assert cursor == head


async def test_a_row_that_came_back_is_flagged_while_it_waits_and_put_right_when_it_is_paid_again(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, follower: Follower, county: str
) -> None:
    """PaymentReturned as funds_api writes it, its restored lots as a finding, the reissue as yuan put right, twice."""
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    await run_rules(funds_http, county, "2017-11-30")
    await follower.round()
    assert follower.stopped == {}
    inspector = audit_caller(audit_http, "inspector", county)
    restored = {lot["lot_id"]: lot["amount_fen"] for lot in back["lots"]}
    alerts = (await inspector.get("/audit/v1/alerts")).json()["items"]
    waiting = {one["lot_id"]: one for one in alerts if one["lot_id"] in restored}
    assert {lot: one["amount_fen"] for lot, one in waiting.items()} == restored
    request = {
        "alert_ids": [one["id"] for one in waiting.values()],
        "class_code": "F01",
        "title": "退汇未重发",
        "facts": "退汇资金半年未重发",
        "recorded_facts": [{"what": "退汇资金半年未重发"}],
        "found_on": "2017-12-01",
    }
    opened = await confirmed(inspector, request)

    async def rectified() -> int:
        await follower.round()
        assert follower.stopped == {}
        answer = await inspector.get(f"/audit/v1/findings/{opened['id']}", params={"as_of": "2017-12-31"})
        assert answer.json()["unexplained_fen"] == 0
        return int(answer.json()["rectified_fen"])

    async def paid_again() -> str:
        checked = await paid.town.checked(
            [(id_number(2), "300")], entitlement=paid.entitlement, effective_on="2017-12-05"
        )
        return str((await paid.town.approve(checked["batch"]["id"])).json()["movement_id"])

    assert await rectified() == 0
    wrong = await paid_again()
    assert await rectified() == 30_000
    await move(paid.town.finance, kind="reverse", effective_on="2017-12-05", movement_id=wrong)
    assert await rectified() == 0
    await paid_again()
    assert await rectified() == 30_000, "the finding followed the fen into the lots that are kept again"


class Killed(BaseException):
    """The follower's process is gone, in the middle of a transaction."""


async def test_killed_among_the_pages_of_the_real_list_the_next_follower_goes_on_by_the_mark_it_finds(
    funds_http: httpx.AsyncClient,
    audit_http: httpx.AsyncClient,
    follower: Follower,
    county: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Desk(funds_http, county).open()
    for to in (desk.first, desk.second):
        assert (await desk.out(100_000, to, "2017-05-01")).status_code == 201
    run = await run_rules(funds_http, county, "2017-11-30", "R19", "I01")
    monkeypatch.setattr(following, "FLAG_PAGE", 1)
    asked: list[str] = []
    get, read_on, stored = follower._get, cursors.read_on, 0

    async def counted(region: str, query: dict[str, Any], path: str = following.FEED_PATH) -> Any:
        if path == following.FLAGS_PATH:
            asked.append(f"{query['rule']} {query.get('after')}")
        return await get(region, query, path)

    async def die(*given: Any) -> None:
        nonlocal stored
        stored += 1
        await read_on(*given)
        if stored == 3:
            raise Killed

    monkeypatch.setattr(follower, "_get", counted)
    with monkeypatch.context() as patch:
        patch.setattr(cursors, "read_on", die)
        with pytest.raises(Killed):
            await follower.round()
    await follower.round()
    assert follower.stopped == {}
    alerts = (await audit_caller(audit_http, "inspector", county).get("/audit/v1/alerts")).json()["items"]
    flags = (await funds_caller(funds_http, "inspector", county).get("/funds/v1/flags")).json()["items"]
    assert sorted(one["id"] for one in alerts) == sorted(one["id"] for one in flags)
    assert len(flags) == run["new_n"]
    assert len(flags) > 4
    assert len(asked) == len(flags) + 1, "one flag a page, and one page twice"
    assert len(set(asked)) == len(flags)


async def test_a_number_missing_in_the_real_journal_stops_the_stream(
    funds_http: httpx.AsyncClient, follower: Follower, county: str, admin: asyncpg.Pool
) -> None:
    for name in ("甲", "乙", "丙"):
        await open_account(funds_http, county, "department", name)
    await admin.execute("DELETE FROM funds.event WHERE stream = $1 AND position = 2", county)
    await follower.round()
    assert list(follower.stopped) == [county]
    assert await admin.fetchval("SELECT position FROM audit.follower_cursor WHERE stream = $1", county) == 1


async def test_a_journal_cut_at_its_end_stops_the_stream(
    funds_http: httpx.AsyncClient, follower: Follower, county: str, admin: asyncpg.Pool
) -> None:
    for name in ("甲", "乙"):
        await open_account(funds_http, county, "department", name)
    await follower.round()
    await admin.execute("DELETE FROM funds.event WHERE stream = $1 AND position = 2", county)
    await admin.execute(
        "UPDATE funds.stream_head SET position = 1, hash = (SELECT hash FROM funds.event WHERE stream = $1)"
        " WHERE stream = $1",
        county,
    )
    await follower.round()
    assert list(follower.stopped) == [county]
