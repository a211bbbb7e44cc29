"""Chapter 4: townships upload messy rosters; bad rows come back by line, good rows wait for a second person."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from demo.client import Caller
from demo.county import (
    CHENGGUAN,
    COUNTY,
    FIRST_FUND,
    GRANT_FEN,
    OTHERS_PAID_ON,
    PAID_SHARE,
    ROSTERS_PAID_ON,
    SHANGJIN,
    STORY_TOWNSHIPS,
    TUMEN,
)
from demo.files import BUILD
from demo.people import Household, of_place
from demo.rosters import Planted, RosterFile, as_csv, as_workbook, lines_of
from demo.screen import in_wan
from demo.story import Batch, Story
from treasury.money import yuan

TITLE = "乡镇上传名册：错行逐行退回，好行由第二个人批准"
ENTITLEMENT = "产业到户奖补2017"
MISTAKES = 3
OVER_CAP_FEN = 520_000  # 5,200 元; the cap is a policy value of 5,000 元
WORDS = {
    Planted.CHECK_DIGIT: "校验位不符",
    Planted.UNKNOWN: "不在册",
    Planted.DUPLICATE: "重复",
    Planted.OVER_CAP: "超上限",
    Planted.NO_MONEY: "资金不足",
}
BEYOND_MONEY = 20  # rows of 上津镇 that its account cannot pay


def tell(story: Story) -> None:
    cap = story.clerk.get("/funds/v1/policy-values", key="household_cap_fen", as_of=ROSTERS_PAID_ON.isoformat())[
        "items"
    ][0]
    story.must(cap["value"] < OVER_CAP_FEN, f"每户上限 {yuan(cap['value'])} 元（依据：{cap['source']}）")
    files = {
        CHENGGUAN: ("chengguan", _plain(story, CHENGGUAN, "城关镇产业奖补花名册.csv", 1200, "utf-8-sig")),
        TUMEN: ("tumen", _plain(story, TUMEN, "土门镇产业奖补花名册（财政所导出）.csv", 760, "gb18030")),
        SHANGJIN: ("shangjin", _workbook(story)),
    }
    shown = []
    for township, (username, file) in files.items():
        batch = upload(story, story.who(username), township, file, ROSTERS_PAID_ON.isoformat(), f"{ENTITLEMENT} 首批")
        shown.append(_row(story, batch))
        _rejected(story, story.who(username), batch)
    story.screen.table(
        "名册检查结果", ("乡镇", "文件", "好行", "退回", "待付金额（元）", "退回原因"), shown, right=(2, 3, 4)
    )
    _second_person(story, files)
    _others(story)


def _plain(story: Story, township: str, name: str, paid: int, encoding: str) -> RosterFile:
    people = of_place(story.people, township)[: paid + MISTAKES]
    lines = lines_of(people, GRANT_FEN, mistakes=MISTAKES, over_cap_fen=OVER_CAP_FEN)
    return as_csv(name, lines, story.place, encoding=encoding)


def _workbook(story: Story) -> RosterFile:
    """上津镇 lists more people than its account can pay."""
    money = STORY_TOWNSHIPS[SHANGJIN] * 1_000_000 // GRANT_FEN
    people = of_place(story.people, SHANGJIN)[: money + BEYOND_MONEY + MISTAKES]
    lines = lines_of(people, GRANT_FEN, mistakes=MISTAKES, over_cap_fen=OVER_CAP_FEN, without_money=BEYOND_MONEY)
    return as_workbook("上津镇产业奖补花名册.xlsx", "上津镇2017年产业到户奖补资金发放花名册", lines, story.place)


def upload(
    story: Story, clerk: Caller, township: str, file: RosterFile, on: str, document: str, entitlement: str = ENTITLEMENT
) -> Batch:
    """Open a batch on the township's account, send the file, and hold the answer against what is in it."""
    opened = clerk.post(
        "/funds/v1/payment-batches",
        {
            "account_id": story.accounts[township],
            "fund_code": FIRST_FUND,
            "entitlement": entitlement,
            "document": document,
            "effective_on": on,
            "use": "production",
        },
    )
    path = f"/funds/v1/payment-batches/{opened['id']}"
    checked = clerk.send_file("PUT", f"{path}/roster", file.name, file.content, file.kind)
    story.same(f"{file.name} 好行", checked["rows_good"], len(file.good))
    story.same(f"{file.name} 退回行", checked["rows_bad"], len(file.planted))
    story.same(f"{file.name} 待付金额", checked["total_fen"], file.good_fen)
    story.same(f"{file.name} 合计行与明细之差", checked["printed_difference_fen"], 0)
    batch = Batch(opened["id"], township, file, checked, on)
    story.batches[f"{township}/{on}"] = batch
    return batch


def _row(story: Story, batch: Batch) -> tuple[Any, ...]:
    reasons = Counter(batch.file.planted.values())
    return (
        story.place[batch.township],
        f"{batch.file.name}（{batch.checked['batch']['file_format']}）",
        batch.checked["rows_good"],
        batch.checked["rows_bad"],
        yuan(batch.checked["total_fen"]),
        "，".join(f"{WORDS[code]} {n}" for code, n in reasons.items()),
    )


def _rejected(story: Story, clerk: Caller, batch: Batch) -> None:
    """Each planted mistake comes back on its own line with its own reason, in a file the clerk can open."""
    path = f"/funds/v1/payment-batches/{batch.id}/rejected-rows"
    came_back = {row["line"]: {one["code"] for one in row["reasons"]} for row in clerk.every(path)}
    planted = {line: {mistake.value} for line, mistake in batch.file.planted.items()}
    story.same(f"{batch.file.name} 退回的行与原因", came_back, planted)
    BUILD.mkdir(parents=True, exist_ok=True)
    for ending in ("xlsx", "csv"):
        file = BUILD / f"{story.place[batch.township]}-退回行.{ending}"
        file.write_bytes(clerk.fetch_file(f"{path}.{ending}"))


def _second_person(story: Story, files: dict[str, tuple[str, RosterFile]]) -> None:
    """The uploader cannot approve; a second person can, and the money reaches the cards."""
    for township, (username, _) in files.items():
        batch = story.batches[f"{township}/{ROSTERS_PAID_ON.isoformat()}"]
        own = story.who(username).ask("POST", f"/funds/v1/payment-batches/{batch.id}/approval", json={})
        story.same("经办人自己批准", own.status_code, 403)
        approve(story, story.who(f"{username}-fuhe"), batch)
    total = sum(batch.checked["total_fen"] for batch in story.batches.values())
    rows = sum(batch.checked["rows_good"] for batch in story.batches.values())
    story.must(rows > 0, f"三份名册由复核人批准：{rows:,} 户、{in_wan(total)} 到卡；经办人自己批准被拒绝")
    story.must(
        BUILD.exists(), f"退回行文件在 {BUILD.relative_to(BUILD.parents[1])}/（XLSX 与 CSV，带行号、原因与办法）"
    )


def approve(story: Story, reviewer: Caller, batch: Batch) -> dict[str, Any]:
    """A second person approves; Σ paid is what was checked."""
    answer: dict[str, Any] = reviewer.post(f"/funds/v1/payment-batches/{batch.id}/approval", {})
    story.same("批次状态", answer["batch"]["status"], "posted")
    story.same("批准金额", (answer["total_fen"], answer["unexplained_fen"]), (batch.checked["total_fen"], 0))
    return answer


def _others(story: Story) -> None:
    """The households of the other townships, paid by the county itself with one roster and one approval."""
    others = [township for township in story.townships if township not in STORY_TOWNSHIPS]
    people: list[Household] = []
    for township in others:
        there = of_place(story.people, township)
        people += there[: int(len(there) * PAID_SHARE)]
    lines = lines_of(people, GRANT_FEN, mistakes=0, over_cap_fen=OVER_CAP_FEN)
    file = as_csv("郧西县其余乡镇产业奖补花名册.csv", lines, story.place, encoding="utf-8")
    with story.screen.waiting("全县统一代发"):
        batch = upload(story, story.clerk, COUNTY, file, OTHERS_PAID_ON.isoformat(), f"{ENTITLEMENT} 全县代发")
        began = time.monotonic()
        paid = approve(story, story.who("caizheng-fuhe"), batch)
        took = time.monotonic() - began
    story.must(
        paid["rows"] == len(people),
        f"其余 {len(others)} 个乡镇 {paid['rows']:,} 户由县财政一份名册代发，共 {in_wan(paid['total_fen'])}；"
        f"一次批准用时 {took:.1f} 秒",
    )
