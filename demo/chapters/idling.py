"""Chapter 5: on a later business date, what sits, on whose desk, how long, against which number of whose law."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from demo.county import FIRST_DOCUMENT, JIAHE, LOOKED_ON, NOTICES, STORY_TOWNSHIPS, WAN
from demo.screen import in_wan
from demo.story import Story
from treasury.money import wan

TITLE = "2017 年 11 月 30 日：哪笔钱停在谁的账上，停了多久"
SHOWN: Final = 14
PPM: Final = 1_000_000
BASES: Final = {"law": "法律", "practice": "惯例", "assumed": "暂定"}


def tell(story: Story) -> None:
    _report(story)
    _flags(story)
    _rank(story)
    _progress(story)


def _report(story: Story) -> None:
    report = story.inspector.get("/funds/v1/idle", as_of=LOOKED_ON.isoformat(), limit=200)
    lots = list(story.inspector.every("/funds/v1/idle", as_of=LOOKED_ON.isoformat()))
    story.same("停留批次数", len(lots), report["lots_n"])
    story.same(
        "停留合计", (sum(one["amount_fen"] for one in lots), report["unexplained_fen"]), (report["total_fen"], 0)
    )
    sources: dict[str, int] = {}
    shown = sorted(lots, key=lambda one: (-one["days"] * one["amount_fen"], one["lot_id"]))[:SHOWN]
    story.screen.table(
        f"停留责任最大的 {SHOWN} 笔（共 {report['lots_n']} 笔，按元·天排列）",
        ("单位", "账户", "依据文件", "金额（万元）", "到账", "天数", "档次", "时限", "依据"),
        [
            (
                one["unit_name"],
                one["account_name"],
                one["document"],
                wan(one["amount_fen"]),
                one["arrived_on"],
                one["days"],
                one["band"],
                *_limit(one["retained"], sources),
            )
            for one in shown
        ],
        right=(3, 5),
    )
    for source, number in sources.items():
        story.screen.say(f"  依据（{number}）{source}")
    story.screen.table(
        "按停留天数分档",
        ("天数", "笔数", "金额（万元）"),
        [(band["band"], band["lots_n"], wan(band["fen"])) for band in report["bands"]],
        right=(1, 2),
    )
    story.must(
        all(one["retained"] is None or one["retained"]["source"] for one in lots),
        f"停留合计 {in_wan(report['total_fen'])}：滞留 {wan(report['retained_fen'])} 万元，"
        f"闲置 {wan(report['idle_fen'])} 万元；每笔都有天数、时限和依据",
    )
    jiahe = next(one for one in lots if one["account_id"] == story.accounts[JIAHE])
    story.same("夹河镇停留", (jiahe["amount_fen"], jiahe["days"]), (STORY_TOWNSHIPS[JIAHE] * WAN, rested_days()))


def _limit(passed: dict[str, Any] | None, sources: dict[str, int]) -> tuple[str, str]:
    """The limit a lot has passed and the number of its source, which is printed once below the table."""
    if passed is None:
        return "未超", ""
    source = f"{passed['source']}〔{BASES[passed['basis']]}〕"
    return f"{passed['limit_days']} 天", f"（{sources.setdefault(source, len(sources) + 1)}）"


def rested_days() -> int:
    """How long 夹河镇 has held its money on the day of the look."""
    arrived: date = FIRST_DOCUMENT[1]
    return (LOOKED_ON - arrived).days


def _flags(story: Story) -> None:
    run = story.inspector.run_rules(LOOKED_ON.isoformat())
    story.flags = list(story.inspector.every("/funds/v1/flags", as_of=LOOKED_ON.isoformat()))
    story.same("新预警数", len(story.flags), run["new_n"])
    story.screen.table(
        "规则运行结果",
        ("规则", "名称", "版本", "查看", "命中", "涉及金额（万元）"),
        [
            (
                one["rule_code"],
                one["title"],
                one["rule_version"],
                one["candidates_n"],
                one["hits_n"],
                wan(one["new_fen"]),
            )
            for one in run["rules"]
            if one["hits_n"]
        ],
        right=(3, 4, 5),
    )
    on_jiahe: list[dict[str, Any]] = [one for one in story.flags if one["region_code"] == JIAHE]
    story.screen.say(f"  例：{on_jiahe[0]['explanation']}")
    again = story.inspector.run_rules(LOOKED_ON.isoformat())
    story.must(again["new_n"] == 0, f"共 {run['new_n']} 条红旗；同一天再运行一次，新增 {again['new_n']} 条")


def _rank(story: Story) -> None:
    rank = story.inspector.get("/funds/v1/idle/yuan-days", as_of=LOOKED_ON.isoformat(), by="township")
    story.same("元·天未解释", rank["unexplained_fen_days"], 0)
    figures = [one["responsible_fen_days"] for one in rank["items"]]
    story.same("元·天排名次序", figures, sorted(figures, reverse=True))
    story.screen.table(
        "各乡镇元·天排名（含已转出资金停留的责任）",
        ("名次", "单位", "现停留（万元）", "元·天"),
        [
            (one["rank"], one["name"], wan(one["resting_fen"]), f"{one['responsible_fen_days'] // 100:,}")
            for one in rank["items"][:8]
        ],
        right=(0, 2, 3),
    )
    jiahe = next(one for one in rank["items"] if one["region_code"] == JIAHE)
    expected = STORY_TOWNSHIPS[JIAHE] * WAN * rested_days()
    story.must(
        jiahe["responsible_fen_days"] == expected,
        f"夹河镇 {STORY_TOWNSHIPS[JIAHE]} 万元 × {rested_days()} 天 = {expected // 100:,} 元·天，与系统一致",
    )


def _progress(story: Story) -> None:
    """Spent ÷ received beside the months that are over: what came stands in the notices, what rests in the report."""
    told = story.inspector.get("/funds/v1/spending-progress", as_of=LOOKED_ON.isoformat(), year=2017)
    rests = story.inspector.get("/funds/v1/idle", as_of=LOOKED_ON.isoformat(), limit=1)["total_fen"]
    received = sum(amount for notice in NOTICES for _, amount in notice.lines) * WAN
    whole, months = told["total"], LOOKED_ON.month
    story.same("收到与支出", (whole["received_fen"], whole["spent_fen"]), (received, received - rests))
    story.same("序时（按月）", told["elapsed"]["months"], _percent(months * PPM // 12, PPM))
    story.same("支出率", whole["rate"], _percent(received - rests, received))
    story.same("未解释", (told["unexplained_fen"], told["unexplained_spent_fen"]), (0, 0))
    items = [one for one in told["items"] if one["rank"] is not None]
    rates = [one["rate_ppm"] for one in items]
    story.same("支出率名次", [one["rank"] for one in items], [1 + sum(rate > own for rate in rates) for own in rates])
    asked = told["curve"]["reached"]
    story.screen.table(
        f"2017 年支出进度（序时 {told['elapsed']['months']}%，{asked['due_on']} 应达 {asked['required']}%）",
        ("名次", "区划", "收到（万元）", "支出（万元）", "支出率 %", "比序时", "比进度要求"),
        [
            (
                one["rank"], one["name"], wan(one["received_fen"]), wan(one["spent_fen"]), one["rate"],
                one["ahead_of_months"], one["ahead_of_curve"] or "—",
            )
            for one in items
        ],
        right=(0, 2, 3, 4, 5, 6),
    )  # fmt: skip
    jiahe = next(one for one in items if one["code"] == JIAHE)
    story.must(
        (jiahe["spent_fen"], jiahe["rank"]) == (0, max(one["rank"] for one in items)),
        f"全县收到 {in_wan(received)}、支出 {wan(received - rests)} 万元，支出率 {whole['rate']}%，比序时 "
        f"{whole['ahead_of_months']} 个百分点；到单位账上不算支出，夹河镇支出率 {jiahe['rate']}%",
    )


def _percent(part: int, whole: int) -> str:
    """A share in per cent with two places, rounded once."""
    exact = Decimal(part * 100) / Decimal(whole)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
