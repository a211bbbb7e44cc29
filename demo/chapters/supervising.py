"""Chapter 6: an inspector takes up an alert, another confirms it, rectification is ordered, paid and closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from demo.chapters.paying import OVER_CAP_FEN, approve, upload
from demo.county import GRANT_FEN, JIAHE, LOOKED_ON, STORY_TOWNSHIPS, WAN, office_name
from demo.files import BUILD, ROOT
from demo.people import of_place
from demo.rosters import as_csv, lines_of
from demo.screen import in_wan
from demo.story import Story

TITLE = "监督：预警转问题，责令整改，乡镇付出资金，复核销号"
FOLLOWED_WITHIN_SECONDS: Final = 30.0
DRAWN_ON, ISSUED_ON, DEADLINE = "2017-11-30", "2017-12-01", "2017-12-20"
PAID_ON, ASKED_ON, REVIEWED_ON = "2017-12-08", "2017-12-10", "2017-12-12"
PARKED_FEN: Final = STORY_TOWNSHIPS[JIAHE] * WAN


def tell(story: Story) -> None:
    alerts = _alerts(story)
    finding = _finding(story, alerts)
    order = _order(story, finding)
    _pay_out(story)
    _close(story, finding, order)
    _bulletin(story)


def until(ask: Callable[[], Any], fits: Callable[[Any], bool], what: str) -> Any:
    """The first answer that fits; the feed is followed at its own pace, so the story waits a little for it."""
    deadline = time.monotonic() + FOLLOWED_WITHIN_SECONDS
    while not fits(found := ask()):
        if time.monotonic() > deadline:
            msg = f"{what} 在 {FOLLOWED_WITHIN_SECONDS:.0f} 秒内没有到达"
            raise TimeoutError(msg)
        time.sleep(0.1)
    return found


def _alerts(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = until(
        lambda: list(story.inspector.every("/audit/v1/alerts")), lambda seen: len(seen) >= len(story.flags), "预警"
    )
    story.same("预警数", len(found), len(story.flags))
    story.same("预警金额合计", sum(one["amount_fen"] for one in found), sum(one["amount_fen"] for one in story.flags))
    story.must(
        bool(found), f"{len(found)} 条预警由 follower 从资金日志送达 audit_api，条数和金额与红旗一致；预警不等于问题"
    )
    return found


def _finding(story: Story, alerts: list[dict[str, Any]]) -> dict[str, Any]:
    late = [one for one in alerts if one["account_id"] == story.accounts[JIAHE] and one["rule_code"] == "R19"]
    alert = max(late, key=lambda one: one["amount_fen"])
    story.same("夹河镇停留金额", alert["amount_fen"], PARKED_FEN)
    title = "夹河镇财政所滞留产业到户奖补资金"
    draft: dict[str, Any] = story.inspector.post(
        "/audit/v1/findings",
        {
            "alert_ids": [alert["id"]],
            "class_code": "F01",
            "title": title,
            "facts": alert["explanation"],
            "recorded_facts": [{"what": "资金下达到夹河镇财政所后未发放到户", "amount_fen": PARKED_FEN}],
            "found_on": LOOKED_ON.isoformat(),
        },
    )
    story.same("拟稿", (draft["status"], draft["version_no"]), ("draft", 1))
    finding: dict[str, Any] = story.who("jiwei-fuhe").post(
        f"/audit/v1/findings/{draft['id']}/reviews",
        {
            "version_hash": draft["version_hash"],
            "decision": "confirm",
            "opinion": "事实清楚，同意认定",
            "on": LOOKED_ON.isoformat(),
        },
    )
    story.must(finding["confirmed_by"] != finding["opened_by"], "认定由拟稿人以外的另一人作出")
    story.same("问题金额", (finding["amount_fen"], finding["unexplained_fen"]), (PARKED_FEN, 0))
    story.must(
        finding["rectified_fen"] == 0,
        f"拟稿并由另一人认定问题“{title}”，绑定资金批次 {len(finding['lots'])} 个、{in_wan(finding['amount_fen'])}",
    )
    return finding


def _order(story: Story, finding: dict[str, Any]) -> dict[str, Any]:
    unit = office_name(story.place[JIAHE])
    draft: dict[str, Any] = story.inspector.post(
        "/audit/v1/rectification-orders",
        {
            "finding_id": finding["id"],
            "unit_id": story.units[unit],
            "unit_name": unit,
            "region_code": JIAHE,
            "kind": "at_once",
            "demand": "限期将滞留的产业到户奖补资金发放到户，并说明原因",
            "on": DRAWN_ON,
            "deadline": DEADLINE,
        },
    )
    path = f"/audit/v1/rectification-orders/{draft['id']}"
    decision = {"version_hash": draft["version_hash"], "decision": "issue", "opinion": "同意下达", "on": ISSUED_ON}
    own = story.inspector.ask("POST", f"{path}/decision", json=decision).json()
    story.same("拟稿人自己签发", own["type"], "/problems/own-decision")
    story.same("签发以前该镇看到的整改通知", list(story.who("jiahe").every("/audit/v1/rectification-orders")), [])
    story.who("jiwei-fuhe").post(f"{path}/decision", decision)
    order: dict[str, Any] = story.inspector.get(path)
    story.must(
        order["drawn_by"] != order["issued_by"], "整改通知由一人拟稿，另一人就同一版本审核签发，期限自签发之日起计"
    )
    seen = [one["id"] for one in story.who("jiahe").every("/audit/v1/rectification-orders")]
    story.must(seen == [order["id"]], f"整改通知下达{unit}，期限 {order['deadline']}；该镇经办看到且只看到自己的这一份")
    neighbours = list(story.who("tumen").every("/audit/v1/rectification-orders"))
    story.same("邻镇看到的整改通知", neighbours, [])
    return order


def _pay_out(story: Story) -> None:
    """夹河镇 pays what it had parked, to the fen, by one more roster."""
    people = of_place(story.people, JIAHE)[: PARKED_FEN // GRANT_FEN]
    lines = lines_of(people, GRANT_FEN, mistakes=0, over_cap_fen=OVER_CAP_FEN)
    file = as_csv("夹河镇产业奖补花名册（整改）.csv", lines, story.place, encoding="gb18030")
    batch = upload(story, story.who("jiahe"), JIAHE, file, PAID_ON, "夹财〔2017〕21号 整改发放")
    paid = approve(story, story.who("jiahe-fuhe"), batch)
    rested = {span["days_rested"] for span in paid["spans"]}
    story.must(
        paid["total_fen"] == PARKED_FEN,
        f"夹河镇向 {paid['rows']:,} 户发放 {in_wan(paid['total_fen'])}，这笔钱在财政所停留了 {max(rested)} 天",
    )


def _close(story: Story, finding: dict[str, Any], order: dict[str, Any]) -> None:
    path = f"/audit/v1/findings/{finding['id']}"
    until(
        lambda: story.inspector.get(path, as_of=REVIEWED_ON),
        lambda seen: seen["rectified_fen"] == PARKED_FEN,
        "整改金额",
    )
    orders = f"/audit/v1/rectification-orders/{order['id']}"
    asked = story.who("jiahe").post(
        f"{orders}/closure-requests", {"explanation": "已全额发放到户，附发放名册", "on": ASKED_ON}
    )
    story.same("整改状态", asked["status"], "closure_requested")
    closed = story.inspector.post(
        f"{orders}/reviews",
        {
            "version_hash": asked["version_hash"],
            "decision": "close",
            "opinion": "经核对，资金已到户，同意销号",
            "on": REVIEWED_ON,
        },
    )
    story.same("销号状态", closed["status"], "closed")
    story.screen.table(
        "整改过程",
        ("日期", "步骤", "办理人", "说明"),
        [(step["done_on"], _ACTIONS[step["action"]], step["done_by"], step["note"]) for step in closed["steps"]],
    )
    whole = story.inspector.get(path, as_of=REVIEWED_ON)
    story.same("问题状态", whole["status"], "closed")
    story.same("未解释金额", whole["unexplained_fen"], 0)
    story.must(
        (whole["rectified_fen"], whole["outstanding_fen"]) == (PARKED_FEN, 0),
        f"问题已销号：认定 {in_wan(whole['amount_fen'])}，整改 {in_wan(whole['rectified_fen'])}，未整改 0",
    )


def _bulletin(story: Story) -> None:
    """The bulletin of the month, as data and as the file that is handed out."""
    path = "/audit/v1/reports/bulletin"
    told = story.inspector.get(path, as_of=REVIEWED_ON)
    [table] = told["sections"]
    story.same("通报的未解释金额", [one["unexplained"] for one in told["proofs"]], [0] * len(told["proofs"]))
    BUILD.mkdir(parents=True, exist_ok=True)
    file = BUILD / "通报.pdf"
    asked = {"as_of": REVIEWED_ON, "format": "pdf", "issuer": "郧西县纪委监委（演示）"}
    file.write_bytes(story.inspector.fetch_file(f"{path}?{urlencode(asked)}"))
    story.must(
        table["totals"]["amount_fen"] == table["totals"]["rectified_fen"] == PARKED_FEN,
        f"{told['title']}：整改率 {table['shares']['rectified_share']}，合计与问题账一致；"
        f"PDF 存于 {file.relative_to(ROOT)}，取走一事先记入日志",
    )


_ACTIONS: Final = {
    "issued": "下达整改通知",
    "closure_requested": "申请销号",
    "sent_back": "退回",
    "closed": "同意销号",
}
