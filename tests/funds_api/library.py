"""A project on its way through the library, by the people whose step it is; for tests that need one at some stage."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.callers import Caller, funds_caller
from tests.factories import fund, open_account, receive

ORDER = (
    "declared",
    "reviewed",
    "published",
    "admitted",
    "planned",
    "tendering",
    "building",
    "accepted",
    "announced",
    "owned",
    "maintained",
)
DAYS = {
    "declared": "2017-01-05",
    "reviewed": "2017-01-10",
    "published": "2017-01-15",
    "admitted": "2017-01-25",
    "planned": "2017-03-05",
    "tendering": "2017-03-20",
    "building": "2017-04-10",
    "accepted": "2017-10-10",
    "announced": "2017-10-20",
    "owned": "2017-11-10",
    "maintained": "2017-11-20",
}


def plan(**changes: Any) -> dict[str, Any]:
    """A road of 3 km for 800,000 fen, all from the test fund."""
    return {
        "name": "通村公路",
        "kind": "infrastructure",
        "nature": "new",
        "fiscal_year": 2017,
        "responsible_unit": "县交通局",
        "task": "硬化通村公路 3 公里",
        "planned_fen": 800_000,
        "sources": [{"fund_code": "TEST-FUND", "planned_fen": 800_000}],
        "households_n": 120,
        "persons_n": 400,
        "targets": [{"code": "KM", "text": "硬化里程", "unit": "公里", "target": "3.5"}],
        "participation": "村民代表大会议定，务工优先",
        "benefit_mechanism": "改善出行，务工增收",
        "starts_on": "2017-04-01",
        "ends_on": "2017-10-01",
        **changes,
    }


class Library:
    """The people of a county's library, and one project of township 101 that they take from stage to stage."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.village = county + "101201"
        self.lister = funds_caller(http, "township_clerk", county + "101")
        self.reviewer = funds_caller(http, "township_reviewer", county + "101")
        self.clerk = funds_caller(http, "finance_clerk", county)
        self.approver = funds_caller(http, "finance_reviewer", county)
        self.neighbour = funds_caller(http, "township_clerk", county + "102")
        self.id = self.treasury = self.contractor = self.contractor_unit = self.cash = ""

    def who(self, stage: str) -> Caller:
        if stage in {"declared", "tendering", "building"}:
            return self.lister
        if stage == "reviewed":
            return self.reviewer
        return self.approver if stage in {"admitted", "accepted", "removed"} else self.clerk

    async def declare(self, by: Caller | None = None, **changes: Any) -> httpx.Response:
        await fund(self.http)
        body = {
            "region_code": self.village,
            "code": f"P{uuid4().hex[:10]}",
            "document": "村申报〔2017〕1号",
            "effective_on": DAYS["declared"],
            "plan": plan(),
            **changes,
        }
        answer = await (by or self.lister).post("/funds/v1/projects", body)
        if answer.status_code == 201:
            self.id = answer.json()["id"]
        return answer

    async def step(self, stage: str, by: Caller | None = None, **changes: Any) -> httpx.Response:
        body = {"stage": stage, "document": f"{stage}文件", "effective_on": DAYS.get(stage, "2017-12-01"), **changes}
        return await (by or self.who(stage)).post(f"/funds/v1/projects/{self.id}/steps", body)

    async def walk(self, until: str, **changes: Any) -> dict[str, Any]:
        """Declare a project and take it to a stage; returns the answer of the last step."""
        answer = await self.declare(**changes)
        assert answer.status_code == 201, answer.text
        for stage in ORDER[1 : ORDER.index(until) + 1]:
            if stage == "announced":
                assert (await self.measure()).status_code == 201
            answer = await self.step(stage)
            assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def measure(self, reached: str = "3.5", by: Caller | None = None, **changes: Any) -> httpx.Response:
        """What the plan's one target reached, measured by the county's reviewer on the day of acceptance."""
        results = [{"code": "KM", "reached": reached}]
        body = {"document": "绩效自评报告", "reached_on": DAYS["accepted"], "results": results, **changes}
        return await (by or self.approver).post(f"/funds/v1/projects/{self.id}/target-results", body)

    async def shown(self, as_of: str = "2017-12-31", by: Caller | None = None) -> dict[str, Any]:
        answer = await (by or self.clerk).get(f"/funds/v1/projects/{self.id}", params={"as_of": as_of})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def fund_it(self) -> None:
        """A treasury with 1,000,000 fen, and a contractor of the township."""
        self.treasury = await open_account(self.http, self.county, "treasury", "县国库")
        self.contractor = await open_account(self.http, self.county + "101", "contractor", "施工单位")
        held = (await self.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
        self.contractor_unit = held[0]["id"]
        await receive(self.http, self.county, self.treasury, 1_000_000)

    async def move(
        self, kind: str, source: str, target: str, fen: int, on: str, by: Caller | None = None, **more: Any
    ) -> httpx.Response:
        order = {
            "kind": kind,
            "document": f"文{uuid4().hex[:8]}",
            "effective_on": on,
            "fund_code": "TEST-FUND",
            "from_account_id": source,
            "lines": [{"to_account_id": target, "amount_fen": fen}],
            **more,
        }
        return await (by or self.clerk).post("/funds/v1/movements", order)

    async def sign(self, fen: int, by: Caller | None = None, **changes: Any) -> httpx.Response:
        body = {
            "contractor_id": self.contractor_unit,
            "number": f"合同{uuid4().hex[:6]}",
            "winning_bid": "中标通知书1号",
            "signed_on": "2017-04-01",
            "amount_fen": fen,
            **changes,
        }
        return await (by or self.clerk).post(f"/funds/v1/projects/{self.id}/contracts", body)

    async def progress(self, contract: str, ppm: int, on: str, *, accepted: bool = True) -> str:
        """Report progress as the township clerk and, unless told otherwise, accept it as the county's reviewer."""
        path = f"/funds/v1/projects/{self.id}/contracts/{contract}/progress"
        body = {"progress_ppm": ppm, "document": "进度表", "reached_on": on}
        reported = await self.lister.post(path, body)
        assert reported.status_code == 201, reported.text
        if accepted:
            answer = await self.approver.post(
                f"{path}/{reported.json()['id']}/acceptance", {"document": "验收单", "accepted_on": on}
            )
            assert answer.status_code == 201, answer.text
        return str(reported.json()["id"])

    async def finish(self, fen: int = 600_000) -> None:
        """A project that was built and paid for with `fen`, and accepted."""
        await self.fund_it()
        planned = await self.walk("building")
        self.cash = planned["cash_account_id"]
        signed = await self.sign(fen)
        assert signed.status_code == 201, signed.text
        await self.progress(signed.json()["id"], 1_000_000, "2017-10-01")
        for moved in (
            await self.move("hand_down", self.treasury, self.cash, 800_000, "2017-04-20"),
            await self.move("pay", self.cash, self.contractor, fen, "2017-10-05", by=self.lister),
        ):
            assert moved.status_code == 201, moved.text
        accepted = await self.step("accepted")
        assert accepted.status_code == 201, accepted.text
        assert (await self.measure()).status_code == 201
