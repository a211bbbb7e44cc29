"""Chapter 16: a township's idle money is quarantined to the fen, and goes back by a recovery that names the finding."""

from __future__ import annotations

from typing import Any, Final

from demo.chapters.supervising import until
from demo.county import WAN
from demo.screen import in_wan
from demo.story import Story

TITLE = "封存与追缴：问题所涉的每一分钱先停住，再归还原渠道"
UNIT: Final = "店子镇财政所"
PARKED_FEN, KEPT_FEN = 90 * WAN, 50 * WAN
FOUND_ON, DECIDED_ON, MOVED_ON = "2019-01-07", "2019-01-08", "2019-01-10"
PATH: Final = "/audit/v1/quarantines"


def tell(story: Story) -> None:
    finding = _finding(story)
    quarantine = _quarantine(story, finding)
    _refused(story, finding)
    _back(story, finding, quarantine)
    story.kept = finding


def _finding(story: Story) -> dict[str, Any]:
    late = [one for one in story.inspector.every("/audit/v1/alerts") if one["unit_name"] == UNIT]
    alert = next(one for one in late if one["rule_code"] == "R19" and one["amount_fen"] == PARKED_FEN)
    draft = story.inspector.post(
        "/audit/v1/findings",
        {
            "alert_ids": [alert["id"]],
            "class_code": "F01",
            "title": f"{UNIT}长期滞留产业到户奖补资金",
            "facts": alert["explanation"],
            "recorded_facts": [{"what": "资金到达财政所后未发放到户", "amount_fen": PARKED_FEN}],
            "found_on": FOUND_ON,
        },
    )
    agreed = {"version_hash": draft["version_hash"], "decision": "confirm", "opinion": "事实清楚", "on": DECIDED_ON}
    found: dict[str, Any] = story.who("jiwei-fuhe").post(f"/audit/v1/findings/{draft['id']}/reviews", agreed)
    return {**found, "alert": alert}


def _quarantine(story: Story, finding: dict[str, Any]) -> str:
    order = {
        "finding_id": finding["id"],
        "document": "县纪封存〔2019〕1号",
        "lots": [{"lot_id": finding["alert"]["lot_id"], "amount_fen": KEPT_FEN}],
        "reason": "查清以前不得转出",
        "on": DECIDED_ON,
    }
    drawn = story.inspector.post(PATH, order)
    decision = {"version_hash": drawn["version_hash"], "decision": "confirm", "opinion": "同意封存", "on": DECIDED_ON}
    own = story.inspector.ask("POST", f"{PATH}/{drawn['id']}/decision", json=decision).json()
    story.same("自己审核自己所拟的封存", own["type"], "/problems/own-decision")
    story.who("jiwei-fuhe").post(f"{PATH}/{drawn['id']}/decision", decision)
    kept = until(
        lambda: story.inspector.get(f"{PATH}/{drawn['id']}"), lambda seen: seen["kept_fen"] is not None, "封存的回告"
    )
    story.same("封存金额", (kept["asked_fen"], kept["kept_fen"], kept["missing_fen"]), (KEPT_FEN, KEPT_FEN, 0))
    story.must(
        kept["unexplained_fen"] == 0,
        f"问题金额 {in_wan(PARKED_FEN)}，其中 {in_wan(KEPT_FEN)} 由一人拟、另一人审后封存，资金账一侧已停住，缺额 0",
    )
    return str(drawn["id"])


def _refused(story: Story, finding: dict[str, Any]) -> None:
    back = {
        "kind": "return",
        "document": "店财退〔2019〕1号",
        "effective_on": MOVED_ON,
        "fund_code": finding["alert"]["fund_code"],
        "account_id": finding["alert"]["account_id"],
        "amount_fen": PARKED_FEN,
    }
    told = story.who("dianzi").ask("POST", "/funds/v1/movements", json=back).json()
    story.same("封存的资金", told["type"], "/problems/money-quarantined")
    story.same("可用金额", told["figures"]["free_fen"], PARKED_FEN - KEPT_FEN)
    story.must(told["figures"]["documents"] == ["县纪封存〔2019〕1号"], f"店子镇要转出全部余额：{told['detail']}")


def _back(story: Story, finding: dict[str, Any], quarantine: str) -> None:
    order = {
        "kind": "recover",
        "document": "县财追〔2019〕1号",
        "effective_on": MOVED_ON,
        "fund_code": finding["alert"]["fund_code"],
        "account_id": finding["alert"]["account_id"],
        "amount_fen": PARKED_FEN,
        "finding_id": finding["id"],
    }
    moved = story.clerk.post("/funds/v1/movements", order)
    story.same("追缴的未解释金额", (moved["total_fen"], moved["unexplained_fen"]), (PARKED_FEN, 0))
    told = story.inspector.get("/funds/v1/recoveries", finding=finding["id"], as_of=MOVED_ON)
    story.same("账上为该问题追回", (told["recovered_fen"], told["unexplained_fen"]), (PARKED_FEN, 0))
    whole = until(
        lambda: story.inspector.get(f"/audit/v1/findings/{finding['id']}", as_of=MOVED_ON),
        lambda seen: seen["rectified_fen"] == PARKED_FEN,
        "追缴金额",
    )
    left = until(
        lambda: story.inspector.get(f"{PATH}/{quarantine}"),
        lambda seen: seen["recovered_fen"] == KEPT_FEN,
        "封存的变动",
    )
    story.must(
        (whole["outstanding_fen"], left["stands_fen"]) == (0, 0),
        f"县财政凭这一问题追缴 {in_wan(PARKED_FEN)}，"
        f"封存的 {in_wan(left['recovered_fen'])} 不经解除只为它放行，未整改 0",
    )
