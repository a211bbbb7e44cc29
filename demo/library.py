"""A project of the story in the project library: its plan, the people whose step each stage is, and its contract.

Knows the way from 申报 to 管护 and who takes which step there; what a chapter shows of it is the chapter's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from demo.client import Caller
from demo.county import BUILDER, WAN
from demo.story import Story

CHINESE: Final = {
    "declared": "申报",
    "reviewed": "审核",
    "published": "公示",
    "admitted": "入库",
    "planned": "计划下达",
    "tendering": "招标",
    "building": "实施",
    "accepted": "验收",
    "announced": "公告",
    "owned": "资产确权",
    "maintained": "管护",
}
COUNTY_CLERK: Final = frozenset({"published", "planned", "announced", "owned", "maintained"})
COUNTY_REVIEWER: Final = frozenset({"admitted", "accepted"})


@dataclass
class Project:
    """A project as its township lists it, and what the library answered: its id and its accounts."""

    story: Story
    code: str
    name: str
    kind: str
    village: str
    lister: str  # the login of its township's clerk; the reviewer's is the same with -fuhe
    sources: dict[str, int]  # 万元 by fund
    target: tuple[str, str, str] | None  # what is to be reached, its unit, how much
    id: str = ""
    cash: str = ""
    quota: str = ""
    contract: str = field(default="", repr=False)

    def who(self, stage: str) -> Caller:
        """Whose step into `stage` it is."""
        if stage in COUNTY_CLERK:
            return self.story.clerk
        if stage in COUNTY_REVIEWER:
            return self.story.who("caizheng-fuhe")
        return self.story.who(f"{self.lister}-fuhe" if stage == "reviewed" else self.lister)

    def declare(self, document: str, on: str) -> None:
        """The township lists the project."""
        planned = sum(self.sources.values()) * WAN
        text, unit, amount = self.target or ("", "", "")
        plan = {
            "name": self.name,
            "kind": self.kind,
            "nature": "new",
            "fiscal_year": int(on[:4]),
            "responsible_unit": "村民委员会",
            "task": self.name,
            "planned_fen": planned,
            "sources": [{"fund_code": fund, "planned_fen": wan * WAN} for fund, wan in self.sources.items()],
            "households_n": 60,
            "persons_n": 180,
            "targets": [{"code": "T1", "text": text, "unit": unit, "target": amount}] if self.target else [],
            "participation": "村民代表大会议定",
            "benefit_mechanism": "收益归村集体，用于公益岗位和小型公益事业",
            "starts_on": f"{on[:4]}-04-01",
            "ends_on": f"{on[:4]}-09-30",
        }
        body = {
            "region_code": self.village,
            "code": self.code,
            "document": document,
            "effective_on": on,
            "plan": plan,
        }
        self.id = self.story.who(self.lister).post("/funds/v1/projects", body)["id"]

    @property
    def path(self) -> str:
        return f"/funds/v1/projects/{self.id}"

    def step(self, stage: str, document: str, on: str) -> dict[str, Any]:
        """The step into `stage` by the one whose step it is; its accounts are there once its plan is given out."""
        body = {"stage": stage, "document": document, "effective_on": on}
        answer: dict[str, Any] = self.who(stage).post(f"{self.path}/steps", body)
        self.story.same(f"{self.name}所处阶段", answer["stage"], stage)
        self.cash, self.quota = answer["cash_account_id"] or "", answer["quota_account_id"] or ""
        return answer

    def sign(self, fen: int, **more: Any) -> None:
        """The contract with the builder who won the bid."""
        body = {
            "contractor_id": self.story.units[BUILDER],
            "number": f"合同-{self.code}",
            "winning_bid": f"中标通知书-{self.code}",
            "signed_on": "2018-04-02",
            "amount_fen": fen,
            **more,
        }
        self.contract = self.story.clerk.post(f"{self.path}/contracts", body)["id"]

    def progress(self, percent: int, on: str) -> None:
        """The township reports how far the work has come, the county's reviewer accepts it."""
        path = f"{self.path}/contracts/{self.contract}/progress"
        reported = self.story.who(self.lister).post(
            path, {"progress_ppm": percent * 10_000, "document": f"进度表 {percent}%", "reached_on": on}
        )
        self.story.who("caizheng-fuhe").post(
            f"{path}/{reported['id']}/acceptance", {"document": f"验收单 {percent}%", "accepted_on": on}
        )

    def shown(self, on: str) -> dict[str, Any]:
        """The whole project on a day; the proof of its money holds in every source."""
        found: dict[str, Any] = self.story.clerk.get(self.path, as_of=on)
        proofs = {one["unexplained_fen"] for one in (found["money"], *found["sources"], *found["tranches"])}
        self.story.same(f"{self.name}资金未解释", proofs, {0})
        return found


def received(story: Story, notice_request: dict[str, Any], account: str) -> dict[str, Any]:
    """Receive a notice of one line; answers the lot that it became in `account`."""
    tranche = story.clerk.post("/funds/v1/notices", notice_request)["tranches"][0]
    asked = {"account": account, "fund": notice_request["fund_code"], "as_of": notice_request["received_on"]}
    [lot] = [one for one in story.clerk.every("/funds/v1/lots", **asked) if one["tranche_id"] == tranche["id"]]
    return lot


def handed_down(story: Story, lot: dict[str, Any], target: str, fen: int, document: str, on: str) -> dict[str, Any]:
    """Hand `fen` of this very lot down by a document; answers the lot it became."""
    line = {"to_account_id": target, "amount_fen": fen, "lots": [{"lot_id": lot["id"], "amount_fen": fen}]}
    body = {
        "kind": "hand_down",
        "document": document,
        "effective_on": on,
        "from_account_id": lot["account_id"],
        "fund_code": lot["fund_code"],
        "lines": [line],
    }
    answer = story.clerk.post("/funds/v1/movements", body)
    story.same(f"{document} 未解释金额", answer["unexplained_fen"], 0)
    [drawn] = answer["movements"][0]["draws"]
    return {**lot, "id": drawn["to_lot_id"], "account_id": target, "remaining_fen": fen}
