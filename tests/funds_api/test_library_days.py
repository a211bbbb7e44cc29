"""What the library holds against each other over the days: plans, contracts, assets and what they earn."""

from __future__ import annotations

from typing import Any

import httpx

from tests.factories import open_account
from tests.funds_api.desk import refused
from tests.funds_api.library import Library, plan
from tests.funds_api.test_assets import Register, register
from tests.funds_api.test_project_money import building, library

__all__ = ["library", "register"]  # fixtures


async def second_contractor(library: Library) -> tuple[str, str]:
    """Another contractor of the township: its account and its unit."""
    account = await open_account(library.http, library.county + "101", "contractor", "第二施工队")
    held = (await library.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
    return account, next(one["id"] for one in held if one["accounts"][0]["id"] == account)


async def test_what_one_contractor_got_later_stands_in_no_others_way(library: Library) -> None:
    await building(library)
    first = (await library.sign(300_000)).json()["id"]
    account, unit = await second_contractor(library)
    assert (await library.sign(200_000, contractor_id=unit)).status_code == 201
    await library.progress(first, 1_000_000, "2017-07-10")
    assert (await library.move("pay", library.cash, library.contractor, 300_000, "2017-07-10")).status_code == 201
    late = await library.move("pay", library.cash, account, 60_000, "2017-05-01")
    assert late.status_code == 201, late.text
    over = await library.move("pay", library.cash, account, 1, "2017-05-01")
    refused(over, 409, "over-progress", {"contracts_fen": 200_000, "due_fen": 60_000, "paid_fen": 60_001})
    retained = await library.move("pay", library.cash, library.contractor, 1, "2017-07-11")
    refused(retained, 409, "over-progress", {"contracts_fen": 300_000, "due_fen": 300_000, "paid_fen": 300_001})


async def test_a_change_leaves_a_project_a_performance_target(library: Library) -> None:
    await library.walk("admitted")
    change = {"document": "变更", "reason": "调整", "reported_on": "2017-02-01", "plan": plan(targets=[])}
    answer = await library.lister.post(f"/funds/v1/projects/{library.id}/versions", change)
    refused(answer, 409, "no-performance-target", {"targets_n": 0})


async def cancel(library: Library, contract: str, on: str, fen: int) -> httpx.Response:
    body: dict[str, Any] = {"document": "协议", "cancelled_on": on, "settled_fen": fen}
    return await library.clerk.post(f"/funds/v1/projects/{library.id}/contracts/{contract}/cancellation", body)


async def test_a_contract_is_not_cancelled_before_the_work_that_was_accepted_of_it(library: Library) -> None:
    await building(library)
    contract = (await library.sign(300_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-10")
    assert (await library.move("pay", library.cash, library.contractor, 150_000, "2017-07-11")).status_code == 201
    early = await cancel(library, contract, "2017-07-09", 150_000)
    refused(early, 409, "step-date-refused", {"earliest_on": "2017-07-10"})
    assert (await cancel(library, contract, "2017-07-12", 150_000)).status_code == 201


async def test_an_asset_is_registered_once_its_project_is_accepted(register: Register) -> None:
    early = await register.register(registered_on="2017-10-09")
    refused(early, 409, "project-not-accepted", {"stage": "building"})
    assert (await register.register(registered_on="2017-10-10")).status_code == 201


async def dispose(register: Register, asset: str, on: str) -> httpx.Response:
    body: dict[str, Any] = {"document": "处置批复", "reason": "报废", "disposed_on": on, "proceeds_fen": 0}
    return await register.reviewer.post(f"/funds/v1/assets/{asset}/disposal", body)


async def test_an_asset_is_not_disposed_of_before_what_it_earned(register: Register) -> None:
    asset = await register.station()
    assert (await register.earn(asset)).status_code == 201
    early = await dispose(register, asset, "2017-10-19")
    refused(early, 409, "step-date-refused", {"earliest_on": "2017-10-20"})
    assert (await dispose(register, asset, "2017-10-20")).status_code == 201
    later = {"period_from": "2017-11-01", "period_to": "2017-11-30", "arrived_on": "2017-12-05"}
    refused(await register.earn(asset, **later), 409, "asset-disposed", {"disposed_on": "2017-10-20"})


async def test_an_asset_that_is_gone_is_not_titled_and_keeps_no_project_from_going_on(register: Register) -> None:
    asset = str((await register.register()).json()["id"])
    assert (await dispose(register, asset, "2017-10-16")).status_code == 201
    refused(await register.confirm(asset), 409, "asset-disposed", {"disposed_on": "2017-10-16"})
    for stage in ("announced", "owned"):
        answer = await register.step(stage)
        assert answer.status_code == 201, answer.text


async def test_money_comes_within_the_plan_of_its_day(library: Library) -> None:
    await building(library)
    more = plan(planned_fen=900_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 900_000}])
    change = {"document": "变更", "reason": "扩大规模", "reported_on": "2017-06-01", "plan": more}
    path = f"/funds/v1/projects/{library.id}/versions"
    assert (await library.lister.post(path, change)).status_code == 201
    approval = {"document": "批复", "effective_on": "2017-06-10"}
    assert (await library.approver.post(f"{path}/2/approval", approval)).status_code == 201
    early = await library.move("hand_down", library.treasury, library.cash, 1, "2017-06-09")
    refused(early, 409, "over-plan", {"planned_fen": 800_000, "asked_fen": 800_001})
    assert (await library.move("hand_down", library.treasury, library.cash, 100_000, "2017-06-10")).status_code == 201
    over = await library.move("hand_down", library.treasury, library.cash, 1, "2017-06-11")
    refused(over, 409, "over-plan", {"planned_fen": 900_000, "asked_fen": 900_001})


async def test_a_contract_is_within_the_plan_of_its_day(library: Library) -> None:
    await building(library)
    assert (await library.sign(700_000, signed_on="2017-04-15")).status_code == 201
    more = plan(planned_fen=900_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 900_000}])
    change = {"document": "变更", "reason": "扩大规模", "reported_on": "2017-06-01", "plan": more}
    path = f"/funds/v1/projects/{library.id}/versions"
    assert (await library.lister.post(path, change)).status_code == 201
    approval = {"document": "批复", "effective_on": "2017-06-10"}
    assert (await library.approver.post(f"{path}/2/approval", approval)).status_code == 201
    early = await library.sign(200_000, signed_on="2017-06-09")
    refused(early, 409, "over-plan", {"planned_fen": 800_000, "asked_fen": 900_000})
    assert (await library.sign(200_000, signed_on="2017-06-10")).status_code == 201
