"""Assets through the API: within what was paid, titled by another person; income passed on and shared to the fen."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import open_account
from tests.funds_api.library import Library
from tests.funds_api.people import Township
from tests.funds_api.test_projects import refusal
from tests.funds_api.test_row_security import role, seen

__all__ = ["role"]  # a fixture of the other net


class Register(Library):
    """An accepted project that paid 600,000 fen, and the power station it left to a village."""

    async def open(self) -> Register:
        await self.finish()
        village = await open_account(self.http, self.village, "village_collective", "村集体")
        units = (await self.clerk.get("/funds/v1/units", params={"kind": "village_collective"})).json()["items"]
        self.owner = next(one["id"] for one in units if one["accounts"][0]["id"] == village)
        return self

    async def register(self, by: Caller | None = None, **changes: Any) -> httpx.Response:
        body = {
            "project_id": self.id,
            "region_code": self.village,
            "name": "村级光伏电站",
            "kind": "operating",
            "owner_unit_id": self.owner,
            "value_fen": 500_000,
            "capacity_w": 300_000,
            "care_unit": "村委会",
            "document": "资产登记表",
            "registered_on": "2017-10-15",
            **changes,
        }
        return await (by or self.lister).post("/funds/v1/assets", body)

    async def confirm(self, asset: str, by: Caller | None = None) -> httpx.Response:
        body = {"title_document": "确权登记1号", "confirmed_on": "2017-10-18"}
        return await (by or self.reviewer).post(f"/funds/v1/assets/{asset}/confirmation", body)

    async def station(self) -> str:
        asset = str((await self.register()).json()["id"])
        assert (await self.confirm(asset)).status_code == 201
        return asset

    async def earn(self, asset: str, fen: int = 100_001, **changes: Any) -> httpx.Response:
        body = {
            "kind": "pv_feed_in",
            "period_from": "2017-10-20",
            "period_to": "2017-10-31",
            "amount_fen": fen,
            "energy_kwh": 2_500,
            "document": "电费结算单",
            "paid_into": "县光伏收益结转专户",
            "arrived_on": "2017-11-03",
            **changes,
        }
        return await self.clerk.post(f"/funds/v1/assets/{asset}/incomes", body)

    async def share(self, income: str, lines: list[dict[str, Any]] | None = None, **changes: Any) -> httpx.Response:
        body = {
            "document": "村民代表大会决议",
            "decided_on": "2017-11-20",
            "due_on": "2017-12-10",
            "lines": lines or [self.line("public_posts", 6), self.line("small_works", 3), self.line("awards", 1)],
            **changes,
        }
        return await self.lister.post(f"/funds/v1/incomes/{income}/share", body)

    def line(self, use: str, weight: int, **more: Any) -> dict[str, Any]:
        return {"use": use, "place_code": self.village, "weight": weight, **more}


@pytest.fixture
async def register(funds_http: httpx.AsyncClient, county: str) -> Register:
    return await Register(funds_http, county).open()


async def test_assets_cost_no_more_than_the_project_paid(register: Register) -> None:
    assert (await register.register()).status_code == 201
    over = await register.register(value_fen=100_001)
    assert refusal(over) == (409, "asset-over-paid")
    assert over.json()["figures"] == {"project_id": register.id, "paid_fen": 600_000, "assets_fen": 600_001}
    path = f"/funds/v1/projects/{register.id}/assets"
    tied = (await register.clerk.get(path, params={"as_of": "2017-12-31"})).json()
    assert (tied["paid_fen"], tied["assets_fen"], tied["unexplained_fen"]) == (600_000, 500_000, 100_000)
    homes = {"kind": "to_households", "owner_unit_id": None, "households_n": 12, "capacity_w": None}
    assert (await register.register(value_fen=100_000, **homes)).status_code == 201
    tied = (await register.clerk.get(path, params={"as_of": "2017-12-31"})).json()
    assert tied["unexplained_fen"] == 0
    listed = (await register.clerk.get("/funds/v1/assets", params={"as_of": "2017-12-31"})).json()["items"]
    assert [one["kind"] for one in listed] == ["operating", "to_households"]
    assert (await register.register(owner_unit_id=None)).status_code == 422
    nobody = await register.register(value_fen=1, registered_on="2199-12-31")
    assert refusal(nobody) == (409, "step-date-refused")


async def test_a_neighbours_assets_count_as_the_projects_too(register: Register) -> None:
    beyond = await register.register(by=register.clerk, region_code=register.county + "102201")
    assert beyond.status_code == 201, beyond.text
    over = await register.register(value_fen=100_001)
    assert refusal(over) == (409, "asset-over-paid")
    assert over.json()["figures"]["assets_fen"] == 600_001
    path = f"/funds/v1/projects/{register.id}/assets"
    for caller in (register.lister, register.clerk):
        tied = (await caller.get(path, params={"as_of": "2017-12-31"})).json()
        assert (tied["paid_fen"], tied["assets_fen"], tied["unexplained_fen"]) == (600_000, 500_000, 100_000)


async def test_assets_and_shares_lie_where_a_code_stands_on_their_day(register: Register, admin: asyncpg.Pool) -> None:
    ended = register.county + "101202"
    await admin.execute("UPDATE funds.region SET valid_to = '2017-10-15' WHERE code = $1", ended)
    late = await register.register(region_code=ended)
    assert refusal(late) == (409, "region-not-valid")
    assert (await register.register(region_code=ended, registered_on="2017-10-14", value_fen=1)).status_code == 201
    income = (await register.earn(await register.station())).json()["id"]
    gone = await register.share(income, [register.line("awards", 1), register.line("awards", 1, place_code=ended)])
    assert refusal(gone) == (409, "region-not-valid")
    assert gone.json()["figures"]["on"] == "2017-11-20"


async def test_only_an_accepted_project_leaves_assets(funds_http: httpx.AsyncClient, county: str) -> None:
    library = Library(funds_http, county)
    await library.walk("building")
    owner = (await funds_caller(funds_http, "finance_clerk", county).get("/funds/v1/units")).json()["items"][0]["id"]
    register = Register(funds_http, county)
    register.id, register.owner = library.id, owner
    assert refusal(await register.register()) == (409, "project-not-accepted")


async def test_a_title_comes_from_another_person_and_the_project_is_owned_after_it(register: Register) -> None:
    both = funds_caller(
        register.http, ["township_clerk", "township_reviewer"], register.county + "101", subject="某一人"
    )
    asset = (await register.register(by=both)).json()["id"]
    assert (await register.step("announced")).status_code == 201
    waiting = await register.step("owned")
    assert refusal(waiting) == (409, "assets-unconfirmed")
    assert waiting.json()["figures"] == {"unconfirmed_n": 1}
    assert refusal(await register.confirm(asset, by=both)) == (403, "asset-by-maker")
    assert (await register.confirm(asset)).json()["title_document"] == "确权登记1号"
    assert refusal(await register.confirm(asset)) == (409, "asset-confirmed")
    for stage in ("owned", "maintained"):
        assert (await register.step(stage)).status_code == 201
    before = await register.clerk.get(f"/funds/v1/assets/{asset}", params={"as_of": "2017-10-16"})
    assert (before.json()["confirmed_on"], before.json()["name"]) == (None, "村级光伏电站")


async def test_income_of_a_power_station_is_passed_on_in_ten_working_days(register: Register) -> None:
    asset = str((await register.register()).json()["id"])
    assert refusal(await register.earn(asset)) == (409, "asset-earns-nothing")
    await register.confirm(asset)
    earned = await register.earn(asset)
    assert earned.status_code == 201, earned.text
    income = earned.json()["id"]
    # Friday 3 November and ten working days.
    assert (earned.json()["passing_due_on"], earned.json()["passing_due_assumed"]) == ("2017-11-17", False)
    path = f"/funds/v1/incomes/{income}"
    late = (await register.clerk.get(path, params={"as_of": "2017-11-30"})).json()
    assert (late["passing_overdue_days"], late["unshared_fen"], late["unexplained_fen"]) == (13, 100_001, 0)
    passed = {"document": "转付凭证", "passed_on": "2017-11-20"}
    assert (await register.clerk.post(f"{path}/passing-on", passed)).json()["passing_overdue_days"] == 3
    assert refusal(await register.clerk.post(f"{path}/passing-on", passed)) == (409, "income-passed-on")
    assert (await register.clerk.get(path, params={"as_of": "2017-11-30"})).json()["passing_overdue_days"] == 3
    assert refusal(await register.earn(asset, period_from="2017-10-25")) == (409, "income-known")
    subsidy = await register.earn(asset, kind="pv_subsidy", energy_kwh=None)
    assert (subsidy.status_code, subsidy.json()["passing_due_on"]) == (201, None)
    assert (await register.earn(asset, kind="rent")).status_code == 422, "only a power station feeds in energy"


async def test_an_income_is_shared_to_the_fen_and_what_is_not_paid_in_time_shows(register: Register) -> None:
    income = (await register.earn(await register.station())).json()["id"]
    shared = await register.share(income)
    assert shared.status_code == 201, shared.text
    lines = shared.json()["share"]["lines"]
    assert [line["amount_fen"] for line in lines] == [60_000, 30_000, 10_001]
    assert refusal(await register.share(income)) == (409, "income-shared")
    pay = f"/funds/v1/incomes/{income}/share/lines/1/payment"
    paid = {"document": "发放表", "paid_on": "2017-12-01"}
    assert (await register.lister.post(pay, paid)).status_code == 201
    assert refusal(await register.lister.post(pay, paid)) == (409, "share-paid")
    assert (await register.lister.post(pay.replace("/1/", "/9/"), paid)).status_code == 404

    async def overdue(as_of: str) -> list[dict[str, Any]]:
        answer = await register.clerk.get("/funds/v1/incomes", params={"overdue": True, "as_of": as_of})
        return list(answer.json()["items"])

    assert await overdue("2017-12-10") == []
    [late] = await overdue("2017-12-15")
    assert (late["share"]["overdue_fen"], late["share"]["overdue_days"]) == (40_001, 5)
    assert (late["share"]["shared_fen"], late["share"]["paid_fen"], late["unexplained_fen"]) == (100_001, 60_000, 0)
    for number in (2, 3):
        await register.lister.post(pay.replace("/1/", f"/{number}/"), {**paid, "paid_on": "2017-12-20"})
    assert await overdue("2017-12-31") == []
    assert [one["id"] for one in await overdue("2017-12-15")] == [income], "as it was known to stand that day"


async def test_who_benefits_is_told_by_place_without_names(register: Register, admin: asyncpg.Pool) -> None:
    township = await Township(register.http, register.county).open()
    ids = [
        str(row["id"])
        for row in await admin.fetch(
            "SELECT id FROM funds.household WHERE county_code = $1 AND region_code LIKE $2 ORDER BY id LIMIT 3",
            register.county,
            township.region + "%",
        )
    ]
    income = (await register.earn(await register.station())).json()["id"]
    to_homes = register.line("households", 1, households_n=3, household_ids=ids)
    answer = await register.share(income, [register.line("village_reserve", 1), to_homes])
    assert answer.status_code == 201, answer.text
    assert answer.json()["share"]["lines"][1]["per_household_fen"] == 50_001 // 3
    parts = await admin.fetch(
        "SELECT amount_fen FROM funds.share_household WHERE county_code = $1 ORDER BY amount_fen", register.county
    )
    assert [row["amount_fen"] for row in parts] == [16_667, 16_667, 16_667]
    told = (await register.clerk.get("/funds/v1/incomes/benefits", params={"as_of": "2017-12-31"})).json()
    assert [(one["place_code"], one["use"], one["households_n"], one["shared_fen"]) for one in told["items"]] == [
        (register.county + "101", "households", 3, 50_001),
        (register.county + "101", "village_reserve", 0, 50_000),
    ]
    assert (told["income_fen"], told["shared_fen"], told["unshared_fen"], told["unexplained_fen"]) == (
        100_001,
        100_001,
        0,
        0,
    )


async def test_shares_that_do_not_tie_are_refused_here_and_in_the_database(
    register: Register, admin: asyncpg.Pool
) -> None:
    asset = await register.station()
    income = (await register.earn(asset)).json()["id"]
    given = [{"use": "awards", "place_code": register.village, "amount_fen": 100_000}]
    short = await register.share(income, given)
    assert refusal(short) == (409, "share-differs")
    assert short.json()["figures"] == {"income_fen": 100_001, "lines_fen": 100_000}
    assert (await register.share(income, [*given, register.line("awards", 1)])).status_code == 422
    elsewhere = await register.share(income, [{**given[0], "amount_fen": 100_001, "place_code": "980001"}])
    assert refusal(elsewhere) == (404, "not-found")
    nobody = [register.line("households", 1, households_n=1, household_ids=["019a0000-0000-7000-8000-000000000001"])]
    assert refusal(await register.share(income, nobody)) == (404, "not-found")
    cent = (await register.earn(asset, 1, period_from="2017-11-01", period_to="2017-11-02")).json()["id"]
    assert refusal(await register.share(cent)) == (409, "share-too-small")
    assert (await register.share(income)).status_code == 201
    with pytest.raises(asyncpg.PostgresError, match="do not make it"):
        await admin.execute(
            "INSERT INTO funds.share_line (county_code, income_id, decision_no, line_no, region_code, place_code, use,"
            " amount_fen, households_n) VALUES ($1, $2, 1, 9, $3, $3, 'awards', 1, 0)",
            register.county,
            income,
            register.village,
        )


async def test_an_asset_is_disposed_of_by_another_person_and_names_nobody(
    register: Register, admin: asyncpg.Pool
) -> None:
    both = funds_caller(
        register.http, ["township_clerk", "township_reviewer"], register.county + "101", subject="某一人"
    )
    asset = (await register.register(by=both)).json()["id"]
    reason = "转给 990000195001010010"
    body = {"document": "处置批复", "reason": reason, "disposed_on": "2017-11-30", "proceeds_fen": 0}
    alone = await both.post(f"/funds/v1/assets/{asset}/disposal", body)
    assert refusal(alone) == (403, "asset-by-maker")
    assert alone.json()["figures"] == {"asset_id": asset, "act_name": "处置"}
    with pytest.raises(asyncpg.CheckViolationError, match="registrar_does_not_dispose"):
        await admin.execute(
            "UPDATE funds.asset SET disposed_on = '2017-11-30', disposed_by = registered_by, disposal_document = '文',"
            " disposal_reason = '理由', proceeds_fen = 0 WHERE id = $1",
            asset,
        )
    done = await register.reviewer.post(f"/funds/v1/assets/{asset}/disposal", body)
    assert (done.status_code, done.json()["disposal_reason"]) == (201, "转给 ****0010")


async def test_a_disposed_asset_earns_no_more(register: Register) -> None:
    asset = await register.station()
    body = {"document": "处置批复", "reason": "水毁报废", "disposed_on": "2017-11-30", "proceeds_fen": 1_000}
    path = f"/funds/v1/assets/{asset}/disposal"
    assert refusal(await register.lister.post(path, body)) == (403, "forbidden")
    assert (await register.approver.post(path, body)).json()["proceeds_fen"] == 1_000
    assert refusal(await register.approver.post(path, body)) == (409, "asset-disposed")
    after = {"period_from": "2017-12-01", "period_to": "2017-12-31", "arrived_on": "2018-01-05"}
    assert refusal(await register.earn(asset, **after)) == (409, "asset-disposed")
    assert (await register.earn(asset)).status_code == 201, "what was earned before still arrives"


async def test_the_neighbour_sees_no_asset_and_the_same_key_acts_once(
    register: Register, role: asyncpg.Connection
) -> None:
    asset = await register.station()
    income = (await register.earn(asset)).json()["id"]
    assert (await register.share(income)).status_code == 201
    for path in (f"assets/{asset}", f"incomes/{income}", f"projects/{register.id}/assets"):
        assert (await register.neighbour.get(f"/funds/v1/{path}")).status_code == 404
    for path in ("assets", "incomes", "incomes/benefits"):
        answer = (await register.neighbour.get(f"/funds/v1/{path}")).json()
        assert answer["items"] == []
        assert answer["empty_because"]
    for table, rows in (("asset", 1), ("asset_income", 1), ("income_share", 1), ("share_line", 3)):
        for region, visible in ((register.county, rows), (register.county + "102", 0), (None, 0)):
            assert await seen(role, table, register.county, region) == visible, table
    body = {
        "kind": "rent",
        "period_from": "2017-10-01",
        "period_to": "2017-10-31",
        "amount_fen": 5,
        "document": "租金",
        "paid_into": "村账户",
        "arrived_on": "2017-11-01",
    }
    first = await register.clerk.post(f"/funds/v1/assets/{asset}/incomes", body, key="income-once-1")
    again = await register.clerk.post(f"/funds/v1/assets/{asset}/incomes", body, key="income-once-1")
    assert (first.status_code, again.json()) == (201, first.json())
