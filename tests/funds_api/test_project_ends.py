"""What a project reached at its acceptance, and contracts and projects that end before their work does."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import open_account
from tests.funds_api.library import Library, plan
from tests.funds_api.test_project_money import building
from tests.funds_api.test_projects import refusal

TWO = plan(
    targets=[
        {"code": "KM", "text": "硬化里程", "unit": "公里", "target": "3.5"},
        {"code": "JOBS", "text": "务工人数", "unit": "人", "target": "40"},
    ]
)


@pytest.fixture
async def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    opened = Library(funds_http, county)
    await opened.fund_it()
    return opened


async def outcomes(library: Library, as_of: str) -> list[tuple[str, str, str | None, int | None]]:
    shown = (await library.shown(as_of))["target_outcomes"]
    return [(one["code"], one["target"], one["reached"], one["reached_ppm"]) for one in shown]


async def test_a_project_is_announced_once_every_target_was_measured(library: Library) -> None:
    await library.walk("accepted", plan=TWO)
    nothing = await library.step("announced")
    assert refusal(nothing) == (409, "targets-unreported")
    assert nothing.json()["figures"] == {"targets_n": 2, "unreported_n": 2, "codes": ["JOBS", "KM"]}
    first = await library.measure("3.4999")
    assert first.status_code == 201, first.text
    half = await library.step("announced")
    assert half.json()["figures"] == {"targets_n": 2, "unreported_n": 1, "codes": ["JOBS"]}
    both = [{"code": "JOBS", "reached": "52"}, {"code": "KM", "reached": "3.49"}]
    corrected = await library.measure(results=both, reached_on="2017-10-12")
    assert corrected.status_code == 201, corrected.text
    assert await outcomes(library, "2017-10-09") == [("JOBS", "40", None, None), ("KM", "3.5", None, None)]
    assert await outcomes(library, "2017-10-11") == [("JOBS", "40", None, None), ("KM", "3.5", "3.4999", 999_971)]
    assert await outcomes(library, "2017-12-31") == [("JOBS", "40", "52", 1_300_000), ("KM", "3.5", "3.49", 997_142)]
    assert (await library.step("announced")).status_code == 201
    assert refusal(await library.measure()) == (409, "targets-not-now"), "what was announced stays"


async def test_targets_are_measured_at_acceptance_by_others_and_name_what_was_planned(library: Library) -> None:
    await library.walk("building")
    early = await library.measure(reached_on="2017-04-20")
    assert refusal(early) == (409, "targets-not-now")
    assert early.json()["figures"] == {"stage": "building"}
    await library.step("accepted")
    assert (await library.measure(by=library.lister)).status_code == 403
    builder = funds_caller(
        library.http, "finance_reviewer", library.county, subject=f"township_clerk.{library.county}101"
    )
    assert refusal(await library.measure(by=builder)) == (403, "step-by-maker")
    unknown = await library.measure(results=[{"code": "NO-SUCH", "reached": "1"}])
    assert refusal(unknown) == (404, "not-found")
    twice = [{"code": "KM", "reached": "1"}, {"code": "KM", "reached": "2"}]
    assert (await library.measure(results=twice)).status_code == 422
    assert refusal(await library.measure(reached_on="2017-04-09")) == (409, "step-date-refused"), "before it was begun"
    assert (await library.measure(reached_on="2017-04-10")).status_code == 201
    assert (
        await library.measure(by=funds_caller(library.http, "township_reviewer", library.county + "102"))
    ).status_code == 404


async def test_what_is_accepted_anew_is_measured_anew(library: Library) -> None:
    await library.walk("accepted")
    assert (await library.measure()).status_code == 201
    sent = await library.step("building", by=library.clerk, effective_on="2017-10-11", reason="质量不合格")
    assert sent.status_code == 201, sent.text
    assert (await library.step("accepted", effective_on="2017-11-01")).status_code == 201
    again = await library.step("announced", effective_on="2017-11-02")
    assert refusal(again) == (409, "targets-unreported")
    assert (await library.measure("3.6", reached_on="2017-11-01")).status_code == 201
    assert (await library.step("announced", effective_on="2017-11-02")).status_code == 201


async def test_what_was_accepted_and_sent_back_is_measured_again_by_others(library: Library) -> None:
    both = funds_caller(library.http, ["township_clerk", "township_reviewer"], library.county + "101", subject="li")
    await library.walk("tendering")
    assert (await library.step("building", by=both)).status_code == 201
    assert (await library.step("accepted")).status_code == 201
    assert refusal(await library.measure("3.6", by=both)) == (403, "step-by-maker")
    assert (await library.measure()).status_code == 201
    assert (await library.step("announced")).status_code == 201
    sent = await library.step("accepted", by=library.clerk, effective_on="2017-11-01", reason="绩效数据有误")
    assert sent.status_code == 201, sent.text
    assert refusal(await library.measure("3.6", by=both, reached_on="2017-11-02")) == (403, "step-by-maker")
    again = await library.measure("1.2", reached_on="2017-11-02")
    assert [one["reached"] for one in again.json()["items"]] == ["1.2"]
    assert [one["reached"] for one in (await library.shown("2017-11-01"))["target_outcomes"]] == ["3.5"]
    assert (await library.step("announced", effective_on="2017-11-03")).status_code == 201


async def cancel(library: Library, contract: str, settled_fen: int, **changes: Any) -> httpx.Response:
    body = {"document": "解除协议1号", "cancelled_on": "2017-08-01", "settled_fen": settled_fen, **changes}
    return await library.clerk.post(f"/funds/v1/projects/{library.id}/contracts/{contract}/cancellation", body)


async def pay(library: Library, fen: int, on: str, to: str = "") -> httpx.Response:
    return await library.move("pay", library.cash, to or library.contractor, fen, on)


async def test_a_cancelled_contract_keeps_what_was_paid_and_pays_no_more(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    assert (await pay(library, 200_000, "2017-07-02")).status_code == 201
    for wrong in (199_999, 200_001):
        refused = await cancel(library, contract, wrong)
        assert refusal(refused) == (409, "settlement-differs")
        told = {name: refused.json()["figures"][name] for name in ("settled_fen", "least_fen", "most_fen")}
        assert told == {"settled_fen": wrong, "least_fen": 200_000, "most_fen": 200_000}
    ended = await cancel(library, contract, 200_000)
    assert ended.status_code == 201, ended.text
    assert (ended.json()["due_fen"], ended.json()["settled_fen"]) == (200_000, 200_000)

    for day in ("2017-08-02", "2017-07-05"):
        more = await pay(library, 1, day)
        assert refusal(more) == (409, "over-progress"), "also dated back"
        assert more.json()["figures"]["due_fen"] == 200_000
    path = f"/funds/v1/projects/{library.id}/contracts/{contract}/progress"
    report = await library.lister.post(path, {"progress_ppm": 900_000, "document": "表", "reached_on": "2017-07-20"})
    assert refusal(report) == (409, "contract-cancelled")
    again = await cancel(library, contract, 200_000)
    assert (refusal(again), again.json()["figures"]["cancelled_on"]) == ((409, "contract-cancelled"), "2017-08-01")

    before, after = await library.shown("2017-07-31"), await library.shown("2017-08-01")
    assert [(one["due_fen"], one["cancelled_on"]) for one in before["contracts"]] == [(300_000, None)]
    assert [(one["due_fen"], one["cancelled_on"]) for one in after["contracts"]] == [(200_000, "2017-08-01")]
    assert (after["contractors"][0]["payable_fen"], after["money"]["paid_fen"]) == (0, 200_000)


async def test_another_contract_takes_up_what_the_cancelled_one_left_of_the_plan(library: Library) -> None:
    await building(library)
    contract = (await library.sign(700_000)).json()["id"]
    assert (await pay(library, 150_000, "2017-05-01")).status_code == 201
    assert refusal(await library.sign(100_001)) == (409, "over-plan")
    assert (await cancel(library, contract, 150_000)).status_code == 201
    over = await library.sign(650_001, signed_on="2017-08-02")
    assert (refusal(over), over.json()["figures"]["asked_fen"]) == ((409, "over-plan"), 800_001)
    other = await open_account(library.http, library.county + "101", "contractor", "另一施工单位")
    units = (await library.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
    another = next(one["id"] for one in units if one["id"] != library.contractor_unit)
    second = await library.sign(650_000, signed_on="2017-08-02", contractor_id=another)
    await library.progress(second.json()["id"], 1_000_000, "2017-09-01")
    assert (await pay(library, 650_000, "2017-09-02", other)).status_code == 201


async def test_of_two_contracts_of_one_contractor_the_settlement_says_which_was_paid(library: Library) -> None:
    await building(library)
    first = (await library.sign(300_000)).json()["id"]
    second = (await library.sign(400_000)).json()["id"]
    await library.progress(first, 1_000_000, "2017-06-01")
    await library.progress(second, 500_000, "2017-06-01")
    assert (await pay(library, 350_000, "2017-06-02")).status_code == 201
    low, high = await cancel(library, first, 149_999), await cancel(library, first, 300_001)
    for one in (low, high):
        assert refusal(one) == (409, "settlement-differs")
        assert (one.json()["figures"]["least_fen"], one.json()["figures"]["most_fen"]) == (150_000, 300_000)
    assert (await cancel(library, first, 250_000)).status_code == 201
    assert refusal(await pay(library, 100_001, "2017-08-02")) == (409, "over-progress")
    assert (await pay(library, 100_000, "2017-08-02")).status_code == 201


async def test_the_retention_of_a_cancelled_contract_may_still_be_owed(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000, retention_ppm=50_000, release_on="2018-10-01")).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    deposit = await open_account(library.http, library.county + "101", "retention", "质保金专户")
    assert (await pay(library, 285_000, "2017-07-02")).status_code == 201
    kept = await library.move(
        "retain", library.cash, deposit, 15_000, "2017-07-02", release_on="2018-10-01", contract_id=contract
    )
    assert kept.status_code == 201, kept.text
    assert (await cancel(library, contract, 300_001)).json()["figures"]["most_fen"] == 300_000
    assert (await cancel(library, contract, 300_000)).status_code == 201
    assert refusal(await pay(library, 1, "2017-08-02")) == (409, "over-progress"), "it lies in the deposit"
    released = await library.move("pay", deposit, library.contractor, 15_000, "2018-10-01")
    assert released.status_code == 201, released.text
    assert refusal(await pay(library, 1, "2018-10-02")) == (409, "over-progress")


async def test_a_contract_nobody_was_paid_under_ends_at_nothing_by_the_county_only(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    assert refusal(await cancel(library, contract, 1)) == (409, "settlement-differs")
    assert refusal(await cancel(library, contract, 0, cancelled_on="2017-03-31")) == (409, "step-date-refused")
    path = f"/funds/v1/projects/{library.id}/contracts/{contract}/cancellation"
    body = {"document": "协议", "cancelled_on": "2017-08-01", "settled_fen": 0}
    assert (await library.lister.post(path, body)).status_code == 403
    assert (await cancel(library, contract, 0)).status_code == 201
    assert refusal(await pay(library, 1, "2017-08-02")) == (409, "over-progress")


async def test_a_payment_and_a_cancellation_race_and_the_settlement_holds(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 500_000, "2017-07-01")
    ended, paid = await asyncio.gather(cancel(library, contract, 0), pay(library, 100_000, "2017-07-02"))
    assert sorted((ended.status_code, paid.status_code)) == [201, 409]
    shown = await library.shown("2017-12-31")
    assert shown["contractors"][0]["payable_fen"] >= 0


@pytest.mark.parametrize("stage", ["declared", "admitted", "removed"])
async def test_a_project_that_left_its_plan_gets_no_money_of_before(library: Library, stage: str) -> None:
    """It left empty: money dated before would lie with a project that may not pay, and whose plan could shrink."""
    cash = (await library.walk("planned"))["cash_account_id"]
    by = library.approver if stage == "removed" else library.clerk
    left = await library.step(stage, by=by, effective_on="2017-03-10", reason="重报")
    assert left.status_code == 201, left.text
    late = await library.move("hand_down", library.treasury, cash, 500, "2017-03-07")
    assert refusal(late) == (409, "project-not-admitted")
    assert late.json()["figures"] == {"account_id": cash, "stage": stage, "effective_on": "2017-03-07"}
