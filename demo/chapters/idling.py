"""Chapter 5: on a later business date, what sits, on whose desk, how long, against which number of whose law."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from demo.county import FIRST_DOCUMENT, JIAHE, LOOKED_ON, STORY_TOWNSHIPS, WAN
from demo.screen import in_wan
from demo.story import Story
from treasury.money import wan

TITLE = "2017 年 11 月 30 日：哪笔钱停在谁的账上，停了多久"
SHOWN: Final = 14
BASES: Final = {"law": "法律", "practice": "惯例", "assumed": "暂定"}


def tell(story: Story) -> None:
    _report(story)
    _flags(story)
    _rank(story)


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
