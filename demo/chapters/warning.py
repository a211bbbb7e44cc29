"""Chapter 14: a warning goes to the unit and its leader, and onward when a day passes; a killed runner goes on."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any, Final

import chinese_calendar

from demo.chapters.clocking import STANDS_FEN
from demo.client import Unexpected
from demo.county import JIAHE, STORY_TOWNSHIPS, WAN, office_name
from demo.screen import in_wan
from demo.story import LEADER, Story

TITLE = "预警送单位和分管领导，逾期逐级升级；规则运行中途被杀，接着做完，一条不多一条不少"
AGAIN_ON: Final = date(2018, 4, 27)  # the day on which the lot of the stopped clock is over its limit as well
RUN_ON: Final = date(2018, 12, 31)
TRIES: Final = 5
SATURDAY: Final = 5
DAY: Final = timedelta(days=1)


def tell(story: Story) -> None:
    warning = _sent(story)
    _escalates(story, warning)
    _killed(story)


def _later(on: date, days: int) -> date:
    """The `days`-th working day after a day, counted with the published holidays, else with weekends."""
    while days:
        on += DAY
        try:
            days -= chinese_calendar.is_workday(on)
        except NotImplementedError:
            days -= on.weekday() < SATURDAY
    return on


def _sent(story: Story) -> dict[str, Any]:
    """The second lot is over its limit: the unit is told again, and its leader in charge; the neighbour is not."""
    run = story.inspector.run_rules(AGAIN_ON.isoformat(), rules=["R19"], region=JIAHE)
    unit = story.units[office_name(story.place[JIAHE])]
    issued = list(story.inspector.every("/funds/v1/warnings", unit=unit, rule="R19"))
    [warning] = [one for one in issued if one["run_id"] == run["id"]]
    story.same("预警金额", (warning["flags_n"], warning["amount_fen"]), (1, STANDS_FEN))
    to = {one["party"]: one.get("unit_name") or one.get("post") for one in warning["recipients"]}
    story.same("送达", set(to), {"unit", "leader"})
    seen = {
        name: [one["id"] for one in story.who(name).every("/funds/v1/warnings", to=party)]
        for name, party in (("jiahe", "unit"), (LEADER.username, "leader"), ("tumen", "unit"))
    }
    told = [name for name, found in seen.items() if warning["id"] in found]
    story.same("收到该预警的人", told, ["jiahe", LEADER.username])
    # The first of all was about what was paid out in December: it is over, and counts for nothing any more.
    over, first = issued[0], issued[1]
    chain = [(one["first_warning_id"], one["times"]) for one in (over, first, warning)]
    story.same("首次与再次", (chain, len(issued)), ([(None, 1), (None, 1), (first["id"], 2)], 3))
    story.must(
        over["amount_fen"] == STORY_TOWNSHIPS[JIAHE] * WAN,
        f"R19 预警 {in_wan(warning['amount_fen'])} 同时送{to['unit']}和{to['leader']}，邻镇看不到；是第 "
        f"{warning['times']} 次，指向 4 月的首次；上年已付清的 {in_wan(over['amount_fen'])} 那次不再计数",
    )
    return warning


def _escalates(story: Story, warning: dict[str, Any]) -> None:
    """What was acknowledged and not explained goes to the leader, then to the inspectors, by the days alone."""
    on = date.fromisoformat(warning["issued_on"])
    days = {}
    for step in ("ack", "explain", "leader"):
        [value] = [
            one
            for one in story.clerk.get("/funds/v1/policy-values", key=f"warning_{step}_workdays", as_of=str(on))[
                "items"
            ]
            if one["key"] == f"warning_{step}_workdays"
        ]
        days[step] = value["value"]
    acknowledge = _later(on, days["ack"])
    explain = _later(acknowledge, days["explain"])
    leader = _later(explain, days["leader"])
    story.same(
        "签收与说明的期限", (warning["acknowledge_by_on"], warning["explain_by_on"]), (str(acknowledge), str(explain))
    )
    path = f"/funds/v1/warnings/{warning['id']}"
    unheard = {
        str(one + DAY): story.inspector.get(path, as_of=str(one + DAY))["escalated_to"]
        for one in (acknowledge, _later(acknowledge, days["leader"]))
    }
    story.same("未签收的升级", list(unheard.values()), ["leader", "inspectors"])
    foreign = story.who("tumen").ask("POST", f"{path}/acknowledgement", json={})
    story.same("邻镇签收", foreign.status_code, 404)
    story.who("jiahe").post(f"{path}/acknowledgement")
    expected = (
        (acknowledge + DAY, None), (explain, None), (explain + DAY, "leader"),
        (leader, "leader"), (leader + DAY, "inspectors"),
    )  # fmt: skip
    shown = []
    for day, told in expected:
        seen = story.inspector.get(path, as_of=str(day))
        story.same(f"{day} 升级到", seen["escalated_to"], told)
        shown.append((day, {None: "单位自行办理", "leader": "分管领导", "inspectors": "纪委监委"}[told]))
    story.screen.table("已签收、未说明的预警在谁手上", ("日期", "在"), shown)
    why = {"text": "名单公示后即组织发放", "document": "夹政函〔2018〕9号"}
    story.who("jiahe").post(f"{path}/explanation", why)
    closed = story.inspector.post(f"{path}/closing", {"text": "情况属实，继续跟踪", "document": "西纪监函〔2018〕4号"})
    after = story.inspector.get(path, as_of=str(leader + DAY))
    story.must(
        (closed["state"], after["escalated_to"]) == ("answered", None),
        f"单位须在 {days['ack']} 个工作日内签收、再 {days['explain']} 个工作日内说明，否则 {explain + DAY} 到分管领导、"
        f"{leader + DAY} 到纪委监委；已签收并说明，监督人员办结，不再升级",
    )


def _killed(story: Story) -> None:
    """Kill -9 of the runner with rules done and rules to do; started again it does the rest, and nothing twice."""
    run, broken = _cut_short(story)
    story.stack.restart("runner")
    whole = story.inspector.finished(run["id"])
    story.same("做完的规则", (whole["done_n"], len(whole["rules"])), (whole["rules_n"], whole["rules_n"]))
    before = {one["rule_code"]: one["new_n"] for one in broken["rules"]}
    story.same(
        "被杀前做完的规则的结果",
        before,
        {one["rule_code"]: one["new_n"] for one in whole["rules"] if one["rule_code"] in before},
    )
    day = whole["as_of"]
    raised = list(story.inspector.every("/funds/v1/flags", as_of=day, run=run["id"]))
    keys = {(one["rule_code"], one["subject_id"], one["mark"]) for one in raised}
    story.same("红旗各只一条", (len(raised), len(keys)), (whole["new_n"], whole["new_n"]))
    # The idle report and the flags are read from different places: by them the same lots are over their limits.
    resting = {one["lot_id"]: one for one in story.inspector.every("/funds/v1/idle", as_of=day)}
    for code, judged in (("R19", "retained"), ("I01", "idle")):
        flagged = {one["lot_id"] for one in story.inspector.every("/funds/v1/flags", as_of=day, rule=code)}
        over = {lot for lot, one in resting.items() if one[judged] is not None}
        story.same(f"{code} 与停留报告", flagged & resting.keys(), over)
    again = story.inspector.run_rules(day)
    story.must(
        again["new_n"] == 0,
        f"全县 {whole['rules_n']} 条规则，做完 {broken['done_n']} 条时运行进程被 kill -9，重启后接着做完：新红旗 "
        f"{whole['new_n']} 条，各只一条，与停留报告逐笔一致；再运行一次，新增 {again['new_n']} 条",
    )


def _cut_short(story: Story) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run of which the runner was killed after its first rule and before its last, as it then stood."""
    for turn in range(TRIES):
        run = story.inspector.post("/funds/v1/rule-runs", {"as_of": (RUN_ON + turn * DAY).isoformat()})
        deadline = time.monotonic() + 30
        while not story.inspector.get(f"/funds/v1/rule-runs/{run['id']}")["done_n"]:
            if time.monotonic() > deadline:
                msg = "规则运行没有开始"
                raise Unexpected(msg)
        story.stack.child("runner").kill()
        broken = story.inspector.get(f"/funds/v1/rule-runs/{run['id']}")
        if broken["done_n"] < broken["rules_n"]:
            return run, broken
        story.stack.restart("runner")
    msg = f"{TRIES} 次都没能在规则运行的中途杀掉运行进程"
    raise Unexpected(msg)
