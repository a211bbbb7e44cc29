"""Contracts of a project: within its plan, each by its own number; progress reported by one, accepted by another."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.callers import funds_caller
from tests.funds_api.library import Library, plan
from tests.funds_api.test_project_money import library
from tests.funds_api.test_projects import refusal

__all__ = ["library"]  # a fixture


async def test_contracts_stay_within_the_plan_and_go_to_contractors(library: Library) -> None:
    await library.walk("planned")
    assert refusal(await library.sign(1)) == (409, "contract-not-now")
    await library.step("tendering")
    over = await library.sign(800_001)
    assert refusal(over) == (409, "over-plan")
    treasury = (await library.clerk.get("/funds/v1/units", params={"kind": "treasury"})).json()["items"][0]["id"]
    assert refusal(await library.sign(1, contractor_id=treasury)) == (409, "no-contractor")
    nobody = await library.sign(1, contractor_id="019a0000-0000-7000-8000-000000000001")
    assert refusal(nobody) == (404, "not-found")
    assert (await library.sign(1, retention_ppm=1)).status_code == 422
    contract = (await library.sign(800_000)).json()["id"]
    path = f"/funds/v1/projects/{library.id}/contracts/{contract}/progress"
    body = {"progress_ppm": 1, "document": "进度表", "reached_on": "2017-04-15"}
    assert refusal(await library.lister.post(path, body)) == (409, "contract-not-now")
    await library.step("building")
    both = funds_caller(library.http, ["township_clerk", "township_reviewer"], library.county + "101", subject="某一人")
    own = (await both.post(path, body)).json()["id"]
    accept = {"document": "验收单", "accepted_on": "2017-04-16"}
    assert refusal(await both.post(f"{path}/{own}/acceptance", accept)) == (403, "step-by-maker")
    assert (await library.reviewer.post(f"{path}/{own}/acceptance", accept)).status_code == 201
    assert refusal(await library.reviewer.post(f"{path}/{own}/acceptance", accept)) == (409, "progress-accepted")
    assert refusal(await library.lister.post(path, body)) == (409, "progress-not-forward")
    assert (await library.neighbour.post(path, body)).status_code == 404


async def test_a_number_names_one_contract_however_it_is_written(library: Library) -> None:
    await library.walk("building")
    signed = await library.sign(100_000, number="合同〔2017〕1号")
    assert signed.status_code == 201, signed.text
    for number in ("合同〔2017〕1号", "合同[2017] 1号"):
        again = await library.sign(100_000, number=number)
        assert refusal(again) == (409, "contract-known")
        assert again.json()["figures"] == {
            "number": "合同〔2017〕1号",
            "contract_id": signed.json()["id"],
            "amount_fen": 100_000,
            "signed_on": "2017-04-01",
        }
    assert (await library.sign(100_000, number="合同〔2017〕2号")).status_code == 201


async def test_progress_is_told_as_it_stood(library: Library) -> None:
    await library.walk("building")
    contract = (await library.sign(100_000)).json()["id"]
    report = await library.progress(contract, 500_000, "2017-05-01", accepted=False)
    path = f"/funds/v1/projects/{library.id}/contracts/{contract}/progress/{report}/acceptance"
    accepted = await library.approver.post(path, {"document": "验收单", "accepted_on": "2017-06-02"})
    assert accepted.json()["accepted_on"] == "2017-06-02"

    async def told(as_of: str) -> tuple[Any, ...]:
        [one] = (await library.shown(as_of))["contracts"]
        [row] = one["progress"]
        return one["progress_ppm"], row["accepted_on"], row["accepted_by"], row["acceptance_document"]

    assert await told("2017-06-01") == (0, None, None, None)
    assert await told("2017-06-02") == (500_000, "2017-06-02", f"finance_reviewer.{library.county}", "验收单")


async def test_progress_is_accepted_while_the_project_is_at_work(library: Library) -> None:
    await library.walk("building")
    contract = (await library.sign(100_000)).json()["id"]
    report = await library.progress(contract, 500_000, "2017-05-01", accepted=False)
    assert (await library.step("removed", effective_on="2017-06-01", reason="取消")).status_code == 201
    path = f"/funds/v1/projects/{library.id}/contracts/{contract}/progress/{report}/acceptance"
    late = await library.approver.post(path, {"document": "验收单", "accepted_on": "2017-06-02"})
    assert refusal(late) == (409, "contract-not-now")
    assert late.json()["figures"] == {"stage": "removed"}


def planned(fen: int) -> dict[str, Any]:
    return plan(planned_fen=fen, sources=[{"fund_code": "TEST-FUND", "planned_fen": fen}])


async def test_a_plan_cannot_shrink_below_its_contracts(library: Library) -> None:
    await library.walk("building")
    assert (await library.sign(400_000)).status_code == 201
    contract = (await library.sign(300_000)).json()["id"]
    path = f"/funds/v1/projects/{library.id}"
    change = {"document": "变更", "reason": "核减", "reported_on": "2017-05-02", "plan": planned(400_000)}
    assert (await library.lister.post(f"{path}/versions", change)).status_code == 201
    approval = {"document": "批复", "effective_on": "2017-05-03"}
    refused = await library.approver.post(f"{path}/versions/2/approval", approval)
    assert refusal(refused) == (409, "plan-under-contracts")
    figures = {"project_id": library.id, "planned_fen": 400_000, "contracts_fen": 700_000}
    assert refused.json()["figures"] == figures
    ended = {"document": "解除协议", "cancelled_on": "2017-05-02", "settled_fen": 0}
    assert (await library.clerk.post(f"{path}/contracts/{contract}/cancellation", ended)).status_code == 201
    assert (await library.approver.post(f"{path}/versions/2/approval", approval)).status_code == 201


async def test_the_database_keeps_contracts_within_the_plan(library: Library, admin: asyncpg.Pool) -> None:
    await library.walk("building")
    contract = (await library.sign(700_000)).json()["id"]
    change = {"document": "变更", "reason": "核减", "reported_on": "2017-05-02", "plan": planned(699_999)}
    assert (await library.lister.post(f"/funds/v1/projects/{library.id}/versions", change)).status_code == 201
    with pytest.raises(asyncpg.PostgresError, match="cost more than its plan"):
        await admin.execute("UPDATE funds.project SET version = 2 WHERE id = $1", library.id)
    with pytest.raises(asyncpg.PostgresError, match="cost more than its plan"):
        await admin.execute(
            "INSERT INTO funds.project_contract (county_code, id, project_id, region_code, contractor_id, number,"
            " winning_bid, signed_on, amount_fen, retention_ppm, signed_by) SELECT county_code, gen_random_uuid(),"
            " project_id, region_code, contractor_id, '另一合同', winning_bid, signed_on, 100001, 0, signed_by"
            " FROM funds.project_contract WHERE id = $1",
            contract,
        )


async def test_a_plan_edited_after_going_back_cannot_shrink_below_its_contracts(library: Library) -> None:
    await library.walk("building")
    assert (await library.sign(700_000)).status_code == 201
    back = await library.step("declared", by=library.approver, effective_on="2017-05-01", reason="重报")
    assert back.status_code == 201, back.text
    change = {"document": "重报", "reason": "核减", "reported_on": "2017-05-02"}
    path = f"/funds/v1/projects/{library.id}/versions"
    refused = await library.lister.post(path, {**change, "plan": planned(699_999)})
    assert refusal(refused) == (409, "plan-under-contracts")
    assert (await library.lister.post(path, {**change, "plan": planned(700_000)})).status_code == 201
