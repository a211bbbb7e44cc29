"""Units and accounts: opening, seeing, and not seeing the neighbour's."""

from __future__ import annotations

import asyncpg
import httpx

from tests.callers import funds_caller


async def test_a_unit_opens_once_per_key_and_only_its_own_people_see_it(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    order = {
        "region_code": county + "101",
        "name": "第一镇财政所",
        "kind": "township_office",
        "accounts": [{"name": "专户"}],
    }
    first = await clerk.post("/funds/v1/units", order, key="open-once-1")
    assert first.status_code == 201, first.text
    again = await clerk.post("/funds/v1/units", order, key="open-once-1")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await clerk.post("/funds/v1/units", {**order, "name": "别的"}, key="open-once-1")
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    twice = await clerk.post("/funds/v1/units", order)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/unit-known")
    assert twice.json()["figures"]["unit_id"] == first.json()["id"]
    assert twice.json()["detail"] == f"{county}101 已有名为“第一镇财政所”的单位（乡镇财政所）"
    wrong = await clerk.put("/funds/v1/units", b"")
    assert (wrong.status_code, wrong.json()["title"]) == (405, "该地址不支持这种请求方法")
    own = funds_caller(funds_http, "township_clerk", county + "101")
    assert [unit["name"] for unit in (await own.get("/funds/v1/units")).json()["items"]] == ["第一镇财政所"]
    neighbour = funds_caller(funds_http, "township_clerk", county + "102")
    answer = (await neighbour.get("/funds/v1/units")).json()
    assert answer["items"] == []
    assert answer["empty_because"]
    account = first.json()["accounts"][0]["id"]
    assert (await neighbour.get(f"/funds/v1/accounts/{account}")).status_code == 404
    balance = (await own.get(f"/funds/v1/accounts/{account}", params={"as_of": "2017-06-01"})).json()
    assert (balance["balance_fen"], balance["unexplained_fen"]) == (0, 0)


async def test_a_unit_is_opened_in_a_code_that_stands_on_its_day(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    village = county + "101202"
    await admin.execute("UPDATE funds.region SET valid_to = '2016-01-01' WHERE code = $1", village)
    clerk = funds_caller(funds_http, "finance_clerk", county)
    unit = {"region_code": village, "name": "村集体", "kind": "village_collective", "accounts": [{"name": "专户"}]}
    for day in ("2016-01-01", None):
        late = await clerk.post("/funds/v1/units", {**unit, "opened_on": day})
        assert (late.status_code, late.json()["type"]) == (409, "/problems/region-not-valid")
        assert (late.json()["figures"]["code"], late.json()["figures"]["valid_to"]) == (village, "2016-01-01")
    entered = await clerk.post("/funds/v1/units", {**unit, "opened_on": "2015-12-31"})
    assert entered.status_code == 201, "a unit of before is entered with its day"
    missing = await clerk.post("/funds/v1/units", {**unit, "region_code": county + "999"})
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")


async def test_a_unit_names_each_of_its_accounts_once(funds_http: httpx.AsyncClient, county: str) -> None:
    unit = {"region_code": county, "name": "县农业局", "kind": "department", "accounts": [{"name": "专户"}] * 2}
    answer = await funds_caller(funds_http, "finance_clerk", county).post("/funds/v1/units", unit)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert "不得重复" in answer.text
