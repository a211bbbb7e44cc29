"""Chapter 12: clocks of resting money: one sentence each for 滞留 and 闲置, a stop that expires, 结余 ahead, 无法判定.

Two lots of one day lie with 夹河镇; the clock of the older stands still while the list of those whom it is for is on
show. Days are counted here with a calendar and nothing else, and held against the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from demo.chapters.paying import OVER_CAP_FEN, upload
from demo.county import (
    COUNTY,
    FIRST_FUND,
    GRANT_FEN,
    JIAHE,
    LOOKED_ON,
    STORY_TOWNSHIPS,
    WAN,
    CountyNotice,
    office_name,
)
from demo.files import rows
from demo.library import handed_down, received
from demo.people import of_place
from demo.rosters import as_csv, lines_of
from demo.screen import in_wan
from demo.story import LEADER, Story
from treasury.money import yuan

TITLE = "时限：滞留与闲置各一句话，停表到期自动恢复，结余提前预告，说不清的不判"
ARRIVED: Final = date(2018, 3, 12)
RUNS_FEN, STANDS_FEN = 60 * WAN, 40 * WAN
LISTED: Final = "产业到户奖补2018（名单）"
STOP: Final = (date(2018, 4, 2), date(2018, 4, 22))  # put up, and a limit five days beyond the longest
LIMIT_DAYS: Final = 30  # 惯例 for a township's office; the answers name its source
IDLE_DAYS: Final = 180
AHEAD_DAYS: Final = 90
PAID_OUT_ON: Final = date(2017, 12, 8)  # the rectification of chapter 6
DAY: Final = timedelta(days=1)


def tell(story: Story) -> None:
    lots = _two_lots(story)
    _stop(story, lots)
    _sentences(story, lots)
    _rank(story)
    _forecast(story)
    _undecidable(story)


def _two_lots(story: Story) -> tuple[str, str]:
    """60 and 40 万元 come to 夹河镇 on one day by two documents, the 40 first; its leader in charge is on record."""
    leader = {
        "unit_id": story.units[office_name(story.place[JIAHE])],
        "from_on": "2018-01-01",
        "post": LEADER.name,
        "account": LEADER.username,
        "document": "西政办〔2018〕1号 领导分工",
    }
    story.clerk.post("/funds/v1/unit-leaders", leader)
    found = {}
    for number, fen in ((22, STANDS_FEN), (21, RUNS_FEN)):
        treasury = story.accounts[COUNTY]
        notice = CountyNotice(
            f"鄂财农发〔2018〕{number}号", "湖北省财政厅（演示）", "2018年中央财政专项扶贫资金（演示）", FIRST_FUND,
            date(2018, 3, 1), (("产业到户奖补", fen // WAN),),
        )  # fmt: skip
        lot = received(story, notice.request(treasury), treasury)
        document = f"西财农〔2018〕{number}号"
        found[fen] = handed_down(story, lot, story.accounts[JIAHE], fen, document, ARRIVED.isoformat())["id"]
    return found[RUNS_FEN], found[STANDS_FEN]


def _sitting(story: Story, on: date) -> dict[str, dict[str, Any]]:
    every = story.inspector.every("/funds/v1/idle", as_of=on.isoformat())
    return {one["lot_id"]: one for one in every if one["account_id"] == story.accounts[JIAHE]}


def _listed(story: Story) -> str:
    """夹河镇's list of whom the 40 万元 are for: 400 households."""
    people = of_place(story.people, JIAHE)[: STANDS_FEN // GRANT_FEN]
    lines = lines_of(people, GRANT_FEN, mistakes=0, over_cap_fen=OVER_CAP_FEN)
    file = as_csv("夹河镇2018年产业奖补名单.csv", lines, story.place, encoding="utf-8-sig")
    return upload(story, story.who("jiahe"), JIAHE, file, "2018-05-04", "夹财〔2018〕5号", LISTED).id


def _stop(story: Story, lots: tuple[str, str]) -> None:
    """A list is on show: what it will be paid from stands still meanwhile, and goes on without anybody's act."""
    begins, limit = STOP
    batch = _listed(story)
    body = {
        "kind": "publicity", "document": "夹政公示〔2018〕3号", "reason": "产业奖补名单公示",
        "from_on": begins.isoformat(), "batch_id": batch,
    }  # fmt: skip
    clerk = story.who("jiahe")
    unseen = clerk.ask("POST", "/funds/v1/clock-stops", json={**body, "limit_on": (begins + DAY).isoformat()})
    story.same("没有张贴就以公示停表", unseen.json()["type"], "/problems/stop-not-published")
    hung = {"document": body["document"], "place": "各村村务公开栏", "from_on": body["from_on"]}
    clerk.post(f"/funds/v1/payment-batches/{batch}/publications", hung)
    most = story.clerk.get("/funds/v1/policy-values", key="clock_stop_days.publicity", as_of=begins.isoformat())
    days = most["items"][0]["value"]
    too_long = clerk.ask("POST", "/funds/v1/clock-stops", json={**body, "limit_on": limit.isoformat()})
    story.same("超过最长天数的停表", too_long.json()["type"], "/problems/stop-too-long")
    limit = begins + days * DAY
    stop = clerk.post("/funds/v1/clock-stops", {**body, "limit_on": limit.isoformat()})
    story.same("停表的资金", stop["lots"], [lots[1]])
    path = f"/funds/v1/clock-stops/{stop['id']}"
    states = {on: story.inspector.get(path, as_of=on.isoformat())["state"] for on in (limit - DAY, limit)}
    story.same("停表状态", list(states.values()), ["running", "expired"])
    stood = (limit - begins).days
    last = ARRIVED + (LIMIT_DAYS + stood) * DAY  # the last day in time of the lot whose clock stood still
    shown = []
    for on in (begins + 5 * DAY, ARRIVED + (LIMIT_DAYS + 1) * DAY, last, last + DAY):
        told = _sitting(story, on)
        for lot, name, still in ((lots[0], "未停表", 0), (lots[1], "公示停表", max(0, (min(on, limit) - begins).days))):
            one, whole = told[lot], (on - ARRIVED).days
            found = (one["days"], one["stopped_days"], one["running_days"], one["retained"] is not None)
            story.same(f"{on} {name}", found, (whole, still, whole - still, whole - still > LIMIT_DAYS))
            verdict = f"滞留，超 {one['retained']['over_days']} 天" if one["retained"] else "期内"
            shown.append((on, name, whole, still, whole - still, verdict))
    story.screen.table(
        f"夹河镇两笔资金，同一天（{ARRIVED}）到账，时限 {LIMIT_DAYS} 天",
        ("查看之日", "资金", "停留", "停表", "计时", "判断"),
        shown,
        right=(2, 3, 4),
    )
    story.must(
        stop["until_on"] == limit.isoformat(),
        f"名单张贴以前不能以公示停表；最长 {days} 天，写 {(STOP[1] - begins).days} 天被拒绝；{limit} 到期自动恢复，"
        f"无须任何人办理：多出的正是停掉的 {stood} 天，{last} 仍在期内，{last + DAY} 起滞留",
    )


def _sentences(story: Story, lots: tuple[str, str]) -> None:
    """Either flag's sentence has the figures that are worked out here, on the first day that is beyond its line."""
    shown: Mapping[str, tuple[int, str]] = {"R19": (LIMIT_DAYS, "滞留"), "I01": (IDLE_DAYS, "闲置")}
    for code, (line, name) in shown.items():
        first = ARRIVED + (line + 1) * DAY
        for on, asked_about in ((first - DAY, set[str]()), (first, {lots[0]})):
            run = story.inspector.run_rules(on.isoformat(), rules=[code], region=JIAHE)
            flags = story.inspector.every("/funds/v1/flags", as_of=on.isoformat(), run=run["id"])
            found = {one["lot_id"]: one for one in flags}
            story.same(f"{on} {code} 所问的资金", set(found), asked_about)
        flag = found[lots[0]]
        figures = (yuan(RUNS_FEN), ARRIVED.isoformat(), f"{line + 1} 天", f"{line} 天")
        story.must(
            all(figure in flag["explanation"] for figure in figures) and bool(flag["policy"][0]["source"]),
            f"{name}（{code}）第 {line} 天不提、第 {line + 1} 天提：{flag['explanation']}",
        )
        again = story.inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation", as_of=first.isoformat())
        story.same("凭当时的事实与数值重新判断的差别", (again["differs"], again["same"]), ([], True))


def _rank(story: Story) -> None:
    """夹河镇 answers for what it paid out in December, and for the two lots of March, at any day that is asked."""
    shown = []
    for on in (LOOKED_ON, date(2018, 5, 1)):
        rank = story.inspector.get("/funds/v1/idle/yuan-days", as_of=on.isoformat(), by="township")
        story.same("元·天未解释", (rank["unexplained_fen"], rank["unexplained_fen_days"]), (0, 0))
        jiahe = next(one for one in rank["items"] if one["region_code"] == JIAHE)
        before = STORY_TOWNSHIPS[JIAHE] * WAN * (min(on, PAID_OUT_ON) - date(2017, 3, 20)).days
        since = (RUNS_FEN + STANDS_FEN) * max(0, (on - ARRIVED).days)
        story.same(f"{on} 夹河镇元·天", jiahe["responsible_fen_days"], before + since)
        above = sum(one["responsible_fen_days"] > jiahe["responsible_fen_days"] for one in rank["items"])
        story.same("名次", jiahe["rank"], 1 + above)
        shown.append(f"{on} 第 {jiahe['rank']} 名、{(before + since) // 100:,} 元·天")
    story.must(bool(shown), f"夹河镇：{'；'.join(shown)}。停表不减少元·天：钱停在谁那里，责任就在谁那里")


def _forecast(story: Story) -> None:
    """What was first budgeted for 2017 turns into balance on 1 January 2019; the notices' numbers say which that is."""
    falls = date(2019, 1, 1)
    forecasts = {}
    for on in (falls - (AHEAD_DAYS + 1) * DAY, falls - AHEAD_DAYS * DAY, falls):
        sitting = list(story.inspector.every("/funds/v1/idle", as_of=on.isoformat()))
        of_2017 = sum(one["amount_fen"] for one in sitting if "〔2017〕" in one["document"])
        found = story.inspector.get("/funds/v1/idle/forecast", as_of=on.isoformat())
        story.same(
            "结余预告未解释",
            (found["unexplained_fen"], found["total_fen"] - sum(one["amount_fen"] for one in sitting)),
            (0, 0),
        )
        expected = (0, 0) if on < falls - AHEAD_DAYS * DAY else (0, of_2017) if on == falls else (of_2017, 0)
        story.same(f"{on} 预告与已转结余", (found["due_fen"], found["fallen_fen"]), expected)
        forecasts[on] = found
    ahead = forecasts[falls - AHEAD_DAYS * DAY]
    story.must(
        ahead["due"][0]["balance_on"] == falls.isoformat() and ahead["due"][0]["days_left"] == AHEAD_DAYS,
        f"结余预告：{in_wan(ahead['due_fen'])} 首次列入 2017 年预算，{falls} 转为结余（预算法第四十二条）；"
        f"提前 {AHEAD_DAYS} 天提示，提前 {AHEAD_DAYS + 1} 天不提，当日起列为结余",
    )


def _undecidable(story: Story) -> None:
    """Published sentences about money that sat: whatever dates leave open is answered so, with the reason."""
    decided = undecided = 0
    example = ""
    published = rows("published", "idle_checks.csv")
    for row in published:
        asked = {
            "received_from": row["received_from"] or None, "received_to": row["received_to"] or None,
            "ended_from": row["end_date_from"] or None, "ended_to": row["end_date_to"] or None,
            "stated": row["published_text"], "about": row["kind"],
        }  # fmt: skip
        told = story.inspector.get("/funds/v1/idle/judgement", limit_days=IDLE_DAYS, **asked)
        expected = tuple(int(row[name]) if row[name] else None for name in ("days_min", "days_max"))
        story.same(f"{row['idle_id']} 天数", (told["days_min"], told["days_max"]), expected)
        low, high = expected
        open_end = (low is None or low <= IDLE_DAYS) and (high is None or high > IDLE_DAYS)
        story.same(f"{row['idle_id']} 判定", told["answer"] == "undecidable", open_end)
        undecided += open_end
        decided += not open_end
        if row["received_from"][:4] < row["received_to"][:4] and open_end:
            example = example or f"“{row['published_text']}”——{told['reason']}"
    story.must(
        undecided > 0 and decided > 0,
        f"{len(published)} 条公开的停留表述按 {IDLE_DAYS} 天判断：{decided} 条有答案，{undecided} 条无法判定，不猜。"
        f"例：{example}",
    )
