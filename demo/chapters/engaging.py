"""Chapter 15: an audit from the notice to the decision, its periods told from their days; a campaign's countdown."""

from __future__ import annotations

from typing import Any, Final

from demo.client import Caller, Unexpected
from demo.county import COUNTY, JIAHE, office_name
from demo.story import Story

TITLE = "审计项目：通知书、取证、底稿、征求意见、决定；专项整治倒计时"
PATH: Final = "/audit/v1/engagements"
LEAD, SECOND = "jiwei", "jiwei-fuhe"
# 2017-12-04 was a Monday: three working days later is Thursday the 7th; ten after 2 January 2018 end on the 16th.
PLANNED_ON, SERVED_ON, TOO_EARLY, STARTS_ON = "2017-11-27", "2017-12-04", "2017-12-06", "2017-12-07"
TAKEN_ON, DRAWN_ON, REVIEWED_ON = "2017-12-11", "2017-12-18", "2017-12-20"
REPORTED_ON, DUE_ON, SILENT_ON = "2018-01-02", "2018-01-16", "2018-01-17"
CONFIRMED_ON, DELIVERED_ON = "2018-01-18", "2018-01-19"


def tell(story: Story) -> None:
    lead, second = story.who(LEAD), story.who(SECOND)
    for one in (lead, second):
        one.post("/audit/v1/interest-declarations", {"kind": "none"})
    campaign = _campaign(story, lead, second)
    audit = _plan(story, lead, campaign)
    _notice(story, lead, audit)
    _fieldwork(story, lead, second, audit)
    _silence(story, lead, second, audit)
    _parts(story, second, campaign)


def _plan(story: Story, lead: Caller, campaign: str) -> str:
    unit = office_name(story.place[JIAHE])
    title = f"{unit}2017年产业到户资金审计"
    team = [
        {"person": LEAD, "role": "lead", "from_on": PLANNED_ON},
        {"person": SECOND, "from_on": PLANNED_ON},
    ]
    told = lead.post(
        PATH,
        {
            "kind": "audit",
            "part_of": campaign,
            "title": title,
            "question": "产业到户奖补资金是否及时足额发放",
            "office": "郧西县审计局（演示）",
            "regions": [JIAHE],
            "auditee_unit_id": story.units[unit],
            "auditee_name": unit,
            "planned_on": PLANNED_ON,
            "starts_on": SERVED_ON,
            "ends_on": "2018-03-31",
            "team": team,
        },
    )
    story.must(told["stage"] == "planned", f"立项“{title}”，项目组 {told['members_n']} 人")
    return str(told["id"])


def _notice(story: Story, lead: Caller, audit: str) -> None:
    notice = {"document": "县审通〔2017〕12号", "title": "审计通知书", "content": "就地审计", "on": SERVED_ON}
    refused = lead.ask("POST", f"{PATH}/{audit}/notice", json={**notice, "starts_on": TOO_EARLY}).json()
    story.must(refused["type"] == "/problems/notice-too-late", refused["detail"])
    lead.post(f"{PATH}/{audit}/notice", {**notice, "starts_on": STARTS_ON})
    started = lead.post(f"{PATH}/{audit}/start", {"on": STARTS_ON, "content": "进点见面会"})
    story.same("阶段", started["stage"], "fieldwork")


def _fieldwork(story: Story, lead: Caller, second: Caller, audit: str) -> None:
    record = {
        "title": "专户余额",
        "content": "专户余额与台账核对",
        "on": TAKEN_ON,
        "supplier": "夹河镇财政所出纳",
    }
    unsigned = lead.ask("POST", f"{PATH}/{audit}/records", json=record)
    story.must(not unsigned.is_success, "取证单既无签名又未注明原因，不予登记")
    taken = second.post(f"{PATH}/{audit}/records", {**record, "signed_on": TAKEN_ON})
    paper = {"title": "资金滞留", "content": "停留天数与原因", "on": DRAWN_ON, "rests_on": [taken["document"]["no"]]}
    drawn = second.post(f"{PATH}/{audit}/papers", paper)["document"]
    review = {"version_hash": drawn["version_hash"], "decision": "agreed", "opinion": "依据充分", "on": REVIEWED_ON}
    own = second.ask("POST", f"{PATH}/{audit}/papers/{drawn['no']}/review", json=review).json()
    story.must(own["type"] == "/problems/own-decision", own["detail"])
    lead.post(f"{PATH}/{audit}/papers/{drawn['no']}/review", review)
    report = lead.post(f"{PATH}/{audit}/report", {"title": "征求意见稿", "content": "滞留问题", "on": REPORTED_ON})
    story.same("答复期限", report["document"]["due_on"], DUE_ON)


def _silence(story: Story, lead: Caller, second: Caller, audit: str) -> None:
    decision = {"form": "decision", "document": "县审决〔2018〕1号", "title": "审计决定书", "content": "限期整改"}
    early = lead.ask("POST", f"{PATH}/{audit}/decisions", json={**decision, "on": DUE_ON}).json()
    story.must(early["type"] == "/problems/reply-period-open", early["detail"])
    told = {on: _period(lead, audit, "reply", on)["said"] for on in (DUE_ON, SILENT_ON)}
    story.screen.table("答复期限", ("日期", "系统所说"), list(told.items()))
    drawn = lead.post(f"{PATH}/{audit}/decisions", {**decision, "on": SILENT_ON})["document"]
    agreed = {"version_hash": drawn["version_hash"], "decision": "agreed", "opinion": "同意", "on": CONFIRMED_ON}
    second.post(f"{PATH}/{audit}/decisions/{drawn['no']}/confirmation", agreed)
    done = lead.post(f"{PATH}/{audit}/decisions/{drawn['no']}/delivery", {"on": DELIVERED_ON})
    ruling = next(one for one in done["periods"] if one["name"] == "ruling")
    story.must(done["stage"] == "effective", f"决定 {DELIVERED_ON} 送达生效；{ruling['said']}")


def _campaign(story: Story, lead: Caller, second: Caller) -> str:
    told = lead.post(
        PATH,
        {
            "kind": "campaign",
            "title": "扶贫领域专项整治",
            "question": "六个方面问题",
            "office": "郧西县整治办（演示）",
            "regions": [COUNTY],
            "planned_on": "2017-09-20",
            "starts_on": "2017-10-01",
            "team": [{"person": LEAD, "role": "lead", "from_on": "2017-09-20"}],
        },
    )
    days = ("2017-10-01", "2018-03-01", told["ends_on"], "2018-06-01")
    rows = [(on, _period(second, told["id"], "engagement", on)["said"]) for on in days]
    story.screen.table(f"专项整治 {told['starts_on']} 至 {told['ends_on']}", ("日期", "倒计时"), rows)
    late = [one["id"] for one in second.every(PATH, as_of="2018-06-01", overdue="true", kind="campaign")]
    story.must(late == [told["id"]], "八个月的整治自 2018-06-01 起列为超期未结项")
    return str(told["id"])


def _parts(story: Story, second: Caller, campaign: str) -> None:
    days = (STARTS_ON, SILENT_ON, "2018-04-02")
    told = {on: second.get(f"{PATH}/{campaign}", as_of=on)["parts"] for on in days}
    rows = [
        (
            on,
            "、".join(f"{one['stage_name']} {one['parts_n']}" for one in parts["stages"]),
            "、".join(f"{one['paper_name']}逾期 {one['days_over']} 日" for one in parts["owed"]) or "无",
            parts["days_left"],
        )
        for on, parts in told.items()
    ]
    story.screen.table("专项整治的组成部分", ("日期", "各阶段", "逾期文书", "剩余日数"), rows)
    story.same("逾期未结项的组成部分", [one["paper"] for one in told["2018-04-02"]["owed"]], ["conclusion"])


def _period(caller: Caller, engagement: str, name: str, on: str) -> dict[str, Any]:
    for one in caller.get(f"{PATH}/{engagement}", as_of=on)["periods"]:
        if one["name"] == name:
            return dict(one)
    msg = f"没有期限 {name}"
    raise Unexpected(msg)
