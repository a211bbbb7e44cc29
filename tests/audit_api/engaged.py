"""An engagement at work, for tests: an office of inspectors, and the steps from the notice to the conclusion."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.callers import Caller, audit_caller

PATH = "/audit/v1/engagements"


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class Office:
    """A county's office: li leads, wang is a member, zhao decides, chen is on no team."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.li, self.wang, self.zhao, self.chen = (self.person(one) for one in ("li", "wang", "zhao", "chen"))
        self.unit = str(uuid4())
        self.id = ""
        self.declared: set[str] = set()

    def person(self, subject: str) -> Caller:
        return audit_caller(self.http, "inspector", self.county, subject=subject)

    def plan_of(self, **more: Any) -> dict[str, Any]:
        return {
            "kind": "audit",
            "title": "县农业农村局2022年衔接资金审计",
            "question": "衔接资金是否及时下达、合规使用",
            "office": "县审计局",
            "regions": [self.county],
            "fund_codes": ["TEST-FUND"],
            "auditee_unit_id": self.unit,
            "auditee_name": "县农业农村局",
            "planned_on": "2023-02-20",
            "starts_on": "2023-03-01",
            "ends_on": "2023-06-30",
            "team": [
                {"person": "li", "role": "lead", "from_on": "2023-02-20"},
                {"person": "wang", "from_on": "2023-02-20"},
            ],
            **more,
        }

    async def declare(self, *subjects: str) -> None:
        """Each says, once, that there is nothing to declare."""
        for subject in set(subjects) - self.declared:
            done(await self.person(subject).post("/audit/v1/interest-declarations", {"kind": "none"}))
            self.declared.add(subject)

    async def plan(self, **more: Any) -> dict[str, Any]:
        plan = self.plan_of(**more)
        await self.declare(*(one["person"] for one in plan["team"]))
        told = done(await self.chen.post(PATH, plan))
        self.id = told["id"]
        return told

    async def post(self, step: str, said: dict[str, Any], by: Caller | None = None, **more: Any) -> httpx.Response:
        return await (by or self.li).post(f"{PATH}/{self.id}/{step}", said, **more)

    async def notice(self, on: str, starts_on: str, **more: Any) -> httpx.Response:
        said = {
            "document": "县审通〔2023〕1号",
            "title": "审计通知书",
            "content": "就地审计",
            "on": on,
            "starts_on": starts_on,
        }
        return await self.post("notice", {**said, **more})

    async def approve(self, drawn: dict[str, Any], on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        said = {"version_hash": drawn["document"]["version_hash"], "decision": "agreed", "opinion": "同意", "on": on}
        return await self.post(f"notice/{drawn['document']['no']}/approval", {**said, **more}, by or self.zhao)

    async def start(self, on: str, by: Caller | None = None) -> httpx.Response:
        return await self.post("start", {"on": on, "content": "进点见面会"}, by)

    async def record(self, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        said = {
            "title": "专户余额",
            "content": "专户余额与账面一致",
            "on": on,
            "supplier": "县农业农村局财务股",
            "signed_on": on,
        }
        return await self.post("records", {**said, **more}, by)

    async def paper(self, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        return await self.post("papers", {"title": "资金滞留", "content": "滞留资金底稿", "on": on, **more}, by)

    async def review(self, drawn: dict[str, Any], on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        said = {"version_hash": drawn["document"]["version_hash"], "decision": "agreed", "opinion": "同意", "on": on}
        return await self.post(f"papers/{drawn['document']['no']}/review", {**said, **more}, by)

    async def report(self, on: str, by: Caller | None = None) -> httpx.Response:
        return await self.post("report", {"title": "审计报告征求意见稿", "content": "发现的问题", "on": on}, by)

    async def reply(self, on: str, stance: str = "objection") -> httpx.Response:
        said = {"title": "反馈意见", "content": "有不同意见", "on": on, "stance": stance}
        return await self.post("reply", said)

    async def decision(self, on: str, by: Caller | None = None, form: str = "decision", **more: Any) -> httpx.Response:
        said = {
            "form": form,
            "document": f"县审〔2023〕1号{form}",
            "title": "审计决定书",
            "content": "限期整改",
            "on": on,
        }
        return await self.post("decisions", {**said, **more}, by)

    async def confirm(self, drawn: dict[str, Any], on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        said = {"version_hash": drawn["document"]["version_hash"], "decision": "agreed", "opinion": "同意", "on": on}
        return await self.post(f"decisions/{drawn['document']['no']}/confirmation", {**said, **more}, by or self.zhao)

    async def deliver(self, drawn: dict[str, Any], on: str) -> httpx.Response:
        return await self.post(f"decisions/{drawn['document']['no']}/delivery", {"on": on})

    async def conclude(self, on: str, by: Caller | None = None) -> httpx.Response:
        """That nothing is left to do, as li draws it up."""
        return await self.post("conclusion", {"title": "结项", "content": "已归档", "on": on}, by)

    async def terminate(self, on: str, by: Caller | None = None) -> httpx.Response:
        """That it is given up, as li draws it up."""
        said = {"document": "县审〔2023〕9号", "title": "终止", "content": "该单位已并入县农业农村局", "on": on}
        return await self.post("termination", said, by)

    async def end(self, drawn: dict[str, Any], on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        """What zhao says of an end that was drawn up."""
        of = drawn["document"]
        said = {"version_hash": of["version_hash"], "decision": "agreed", "opinion": "同意结束", "on": on}
        return await self.post(f"{of['paper']}/{of['no']}/decision", {**said, **more}, by or self.zhao)

    async def ended(self, on: str) -> dict[str, Any]:
        """Concluded by two on a day."""
        return done(await self.end(done(await self.conclude(on)), on))

    async def change(self, ends_on: str, on: str, document: str = "县审〔2023〕3号") -> httpx.Response:
        """Another last day as li draws it up."""
        return await self.post("period", {"ends_on": ends_on, "document": document, "on": on})

    async def agree(self, drawn: dict[str, Any], on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        """What zhao says of the last day that waits."""
        waits = drawn["period_waits"]
        said = {"version_hash": waits["version_hash"], "decision": "agreed", "opinion": "同意变更期限", "on": on}
        return await self.post(f"period/{waits['no']}/decision", {**said, **more}, by or self.zhao)

    async def read(self, **params: Any) -> dict[str, Any]:
        answer = await self.chen.get(f"{PATH}/{self.id}", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def at_work(self, **more: Any) -> None:
        """Noticed on 6 March 2023, started on the 9th."""
        await self.plan(**more)
        done(await self.notice("2023-03-06", "2023-03-09"))
        done(await self.start("2023-03-09"))

    async def consulted(self) -> None:
        """At work, one paper agreed to, the report with the auditee since 3 April 2023, to answer by the 18th."""
        await self.at_work()
        drawn = done(await self.paper("2023-03-20", self.wang))
        done(await self.review(drawn, "2023-03-21"))
        done(await self.report("2023-04-03"))


def period(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(one) for one in told["periods"] if one["name"] == name)
