"""One movement, one document, one household: who may see how much of it, and what a neighbour's part is told as."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from tests.callers import Caller, funds_caller
from tests.funds_api.desk import Desk
from tests.funds_api.people import Township
from tests.funds_api.test_returns import Paid

ON = {"as_of": "2017-12-31"}


async def told(by: Caller, path: str, **params: Any) -> dict[str, Any]:
    answer = await by.get(path, params={**ON, **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_township_sees_movements_of_its_own_money_and_of_a_document_its_own_part(desk: Desk) -> None:
    lines = [{"to_account_id": to, "amount_fen": fen} for to, fen in ((desk.first, 100_000), (desk.second, 50_000))]
    answer = await desk.out(0, desk.first, "2017-05-01", document="西财农〔2017〕8号", lines=lines)
    own, other = (one["id"] for one in answer.json()["movements"])
    seen = await told(desk.township_clerk, f"/funds/v1/movements/{own}")
    assert (seen["from_end"]["unit_name"], seen["amount_fen"], seen["unexplained_fen"]) == ("县国库", 100_000, 0)
    assert (await desk.township_clerk.get(f"/funds/v1/movements/{other}", params=ON)).status_code == 404
    part = await told(desk.township_clerk, "/funds/v1/documents", document="西财农(2017)8号")
    assert [one["id"] for one in part["movements"]] == [own]
    assert [one["amount_fen"] for one in part["by_kind"]] == [100_000]
    whole = await told(desk.clerk, "/funds/v1/documents", document="西财农(2017)8号")
    assert ([one["amount_fen"] for one in whole["by_kind"]], whole["unexplained_fen"]) == ([150_000], 0)
    nobody = funds_caller(desk.http, "helper", desk.county + "101")
    for path in (f"/funds/v1/movements/{own}", "/funds/v1/documents?document=1"):
        assert (await nobody.get(path)).status_code == 403
    assert (await desk.clerk.get("/funds/v1/documents", params={"document": "没有〔1999〕1号"})).status_code == 404
    assert (await desk.clerk.get("/funds/v1/documents", params={"document": ""})).status_code == 422


async def test_a_movement_is_looked_at_as_of_a_day(desk: Desk) -> None:
    [moved] = (await desk.out(100, desk.first, "2017-05-01")).json()["movements"]
    path = f"/funds/v1/movements/{moved['id']}"
    assert (await desk.clerk.get(path, params={"as_of": "2017-04-30"})).status_code == 404
    assert (await desk.clerk.get(path, params={"as_of": "2017-05-01"})).status_code == 200
    assert (await desk.clerk.get(path, params={"known_at": "2001-01-01T00:00:00Z"})).status_code == 404
    assert (await desk.clerk.get("/funds/v1/movements/1")).status_code == 422


async def test_a_household_is_told_to_the_extract_without_its_register(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """The reader of extracts gets what was received, and may ask neither for members nor for the list."""
    paid = await Paid(funds_http, county).open()
    home = await paid.town.household(admin, 2)
    reader = funds_caller(funds_http, "ledger_reader", county)
    got = await told(reader, f"/funds/v1/households/{home}/receipts")
    assert (got["paid_fen"], got["kept_fen"], got["elsewhere_fen"], got["unexplained_fen"]) == (30_000, 30_000, 0, 0)
    assert {"members", "id_number", "phone"}.isdisjoint(got)
    assert got["items"][0]["card"].startswith("****")
    for path in (f"/funds/v1/households/{home}", "/funds/v1/households"):
        assert (await reader.get(path)).status_code == 403
    path = f"/funds/v1/households/{home}/receipts"
    assert (await told(paid.town.clerk, path))["items"] == got["items"]
    assert (await paid.town.neighbour.get(path, params=ON)).status_code == 404
    assert (await paid.bank.get(path, params=ON)).status_code == 403
    assert (await reader.get(path, params={"as_of": "2015-12-31"})).status_code == 404


async def test_who_moved_on_is_told_what_the_old_township_paid_as_one_figure(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    paid = await Paid(funds_http, county).open()
    home = await paid.town.household(admin, 2)
    await paid.town.change(
        "moves", {"household_ids": [home], "region_code": county + "102201", "effective_on": "2017-06-01"}
    )
    town: Township = paid.town
    path = f"/funds/v1/households/{home}/receipts"
    new = await told(town.neighbour, path)
    assert (new["items"], new["paid_fen"], new["elsewhere_fen"]) == ([], 0, 30_000)
    assert (await told(town.finance, path))["paid_fen"] == 30_000
