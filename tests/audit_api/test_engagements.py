"""Engagements over HTTP: from the notice to the conclusion, each period with its near miss, and who may not."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from tests.audit_api.engaged import PATH, Office, done, period, problem
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import finding
from tests.audit_api.test_finding import alerted
from tests.callers import audit_caller


@pytest.fixture
def office(audit_http: httpx.AsyncClient, county: str) -> Office:
    return Office(audit_http, county)


async def test_from_the_notice_to_the_conclusion(office: Office, admin: asyncpg.Pool) -> None:
    planned = await office.plan()
    assert (planned["stage"], planned["stage_name"], planned["members_n"]) == ("planned", "已立项", 2)
    assert "title" not in planned, "the receipt is repeated from the journal, which holds no prose"
    assert (await office.read())["empty_because"].endswith("尚无文书")
    assert done(await office.notice("2023-03-06", "2023-03-09"))["stage"] == "noticed"
    assert done(await office.start("2023-03-09"))["stage"] == "fieldwork"
    taken = done(await office.record("2023-03-10", office.wang))
    drawn = done(await office.paper("2023-03-20", office.wang, rests_on=[taken["document"]["no"]]))
    checked = done(await office.review(drawn, "2023-03-21"))["document"]
    assert (checked["verdict"], checked["checked_by"], checked["made_by"]) == ("agreed", "li", "wang")
    report = done(await office.report("2023-04-03"))
    assert (report["stage"], report["document"]["due_on"]) == ("consulted", "2023-04-18")
    reply = done(await office.reply("2023-04-12"))
    assert (period(reply, "reply")["outcome"], period(reply, "reply")["said"]) == ("met", "已按期答复：有异议")
    decision = done(await office.decision("2023-04-20", office.li))
    assert decision["stage"] == "drawn"
    assert done(await office.confirm(decision, "2023-04-24"))["stage"] == "decided"
    delivered = done(await office.deliver(decision, "2023-04-25"))
    assert delivered["stage"] == "effective"
    ruling = period(delivered, "ruling")
    assert (ruling["began_on"], ruling["ends_on"]) == ("2023-04-25", "2023-06-25"), "24 June is a holiday"
    assert "第五十二条" in ruling["source"]
    ended = done(await office.post("conclusion", {"title": "结项", "content": "已归档", "on": "2023-06-20"}))
    assert ended["stage"] == "concluded"
    assert period(ended, "engagement")["said"] == "已于 2023-06-20 结项"
    told = await office.read()
    assert [one["paper"] for one in told["documents"]] == [
        *("notice", "start", "record", "working_paper", "report", "reply", "decision", "conclusion")
    ]
    assert len({one["version_hash"] for one in told["documents"]}) == 8
    assert [one["no"] for one in told["documents"]] == list(range(1, 9))
    journal = await admin.fetch(
        "SELECT body::text || outcome::text AS told FROM audit.event WHERE stream = $1", office.county
    )
    assert len(journal) == 12
    written = ("县农业农村局", "滞留资金底稿", "有不同意见", "同意", "限期整改", "已归档")
    assert not [one for one in journal for text in written if text in one["told"]], "the journal holds no prose"


@pytest.mark.parametrize(
    ("on", "starts_on", "fits"),
    [
        ("2023-03-06", "2023-03-08", False),
        ("2023-03-06", "2023-03-09", True),
        ("2023-03-09", "2023-03-13", False),
        ("2023-03-09", "2023-03-14", True),
        ("2023-04-03", "2023-04-06", False),
        ("2023-04-03", "2023-04-07", True),
    ],
)
async def test_a_notice_is_served_three_working_days_before(
    office: Office, on: str, starts_on: str, *, fits: bool
) -> None:
    """Midweek, over a weekend, and over 清明节."""
    await office.plan()
    answer = await office.notice(on, starts_on)
    if fits:
        assert done(answer)["document"]["starts_on"] == starts_on
        return
    assert problem(answer) == (409, "notice-too-late")
    told = answer.json()["figures"]
    assert (told["served_on"], told["starts_on"], told["limit"]) == (on, starts_on, "3 个工作日")
    assert "第四十二条" in told["source"]
    assert done(await office.notice(on, told["earliest_on"]))["stage"] == "noticed"


async def lay_down(office: Office, key: str, value: Any) -> str:
    said = {"key": key, "region": office.county, "valid_from": "2023-01-01", "value": value}
    told = done(
        await office.chen.post("/audit/v1/policy-values", {**said, "source": "县审〔2023〕2号", "basis": "practice"})
    )
    done(await office.zhao.post("/audit/v1/policy-values/confirmation", {"ref": told["ref"]}))
    return str(told["ref"])


async def test_a_county_asks_more_than_the_law_and_each_document_keeps_what_it_was_judged_by(office: Office) -> None:
    ref = await lay_down(office, "engagement_notice_days.audit", {"days": 5, "counted": "working"})
    await office.plan()
    early = await office.notice("2023-03-06", "2023-03-10")
    assert problem(early) == (409, "notice-too-late")
    figures = early.json()["figures"]
    assert (figures["earliest_on"], figures["limit"], figures["source"]) == (
        "2023-03-13",
        "5 个工作日",
        "县审〔2023〕2号",
    )
    done(await office.notice("2023-03-06", "2023-03-13"))
    done(await office.start("2023-03-13"))
    reply = await lay_down(office, "auditee_reply_days.audit", {"days": 12, "counted": "working"})
    done(await office.review(done(await office.paper("2023-03-20", office.wang)), "2023-03-20"))
    done(await office.report("2023-04-03"))
    told = period(await office.read(as_of="2023-04-03"), "reply")
    assert (told["ends_on"], told["policy_ref"]) == ("2023-04-20", reply)
    await lay_down(office, "auditee_reply_days.audit", {"days": 15, "counted": "working"})
    told = period(await office.read(as_of="2023-04-03"), "reply")
    assert (told["ends_on"], told["policy_ref"]) == ("2023-04-20", reply), "a later edition moves no day that was told"
    assert ref.startswith("engagement_notice_days.audit@")


async def test_where_no_period_is_laid_down_silence_says_nothing(office: Office) -> None:
    """No law counts days for a patrol: it needs no notice, and what it decides rests on an opinion that is there."""
    await office.plan(kind="patrol")
    done(await office.start("2023-03-01"))
    done(await office.review(done(await office.paper("2023-03-20", office.wang)), "2023-03-20"))
    report = done(await office.report("2023-04-03"))
    assert report["document"]["due_on"] is None
    assert [one["name"] for one in report["periods"]] == ["engagement"]
    silent = await office.decision("2023-06-03")
    assert problem(silent) == (409, "engagement-step-out-of-turn")
    assert "不能推定无异议" in silent.json()["figures"]["needs"]
    done(await office.reply("2023-04-10", "no_objection"))
    assert done(await office.decision("2023-04-10"))["stage"] == "drawn"


async def test_in_special_circumstances_another_person_lets_the_notice_be_brought_along(office: Office) -> None:
    await office.plan()
    own = {"because": "涉嫌严重违法违规", "approved_by": "li"}
    assert problem(await office.notice("2023-03-06", "2023-03-06", at_once=own)) == (403, "own-decision")
    told = done(await office.notice("2023-03-06", "2023-03-06", at_once={**own, "approved_by": "zhao"}))
    assert told["document"]["at_once_approved_by"] == "zhao"
    assert done(await office.start("2023-03-06"))["stage"] == "fieldwork"


@pytest.mark.parametrize(("on", "late"), [("2023-04-18", False), ("2023-04-19", True)])
async def test_a_reply_after_its_days_is_kept_and_told_as_late(office: Office, on: str, *, late: bool) -> None:
    await office.consulted()
    told = done(await office.reply(on))
    assert told["document"]["late"] is late
    assert period(told, "reply")["outcome"] == ("met_late" if late else "met")
    assert period(told, "reply")["days_over"] == int(late)
    assert problem(await office.reply(on)) == (409, "engagement-step-out-of-turn"), "one reply is kept"


async def test_silence_is_no_objection_from_the_day_after(office: Office) -> None:
    await office.consulted()
    said = {day: period(await office.read(as_of=day), "reply") for day in ("2023-04-03", "2023-04-18", "2023-04-19")}
    assert [(one["outcome"], one["days_left"]) for one in said.values()] == [
        ("running", 15),
        ("running", 0),
        ("silent", 0),
    ]
    assert said["2023-04-19"]["said"] == "至 2023-04-18 未答复，视同无异议"
    early = await office.decision("2023-04-18")
    assert problem(early) == (409, "reply-period-open")
    assert early.json()["figures"]["due_on"] == "2023-04-18"
    assert "第三十九条" in early.json()["figures"]["source"]
    assert done(await office.decision("2023-04-19"))["stage"] == "drawn"


async def test_maker_is_not_checker_and_a_version_is_named(office: Office, admin: asyncpg.Pool) -> None:
    await office.at_work()
    drawn = done(await office.paper("2023-03-20", office.wang))
    assert problem(await office.review(drawn, "2023-03-21", office.wang)) == (403, "own-decision")
    other = await office.review(drawn, "2023-03-21", version_hash="0" * 64)
    assert problem(other) == (409, "version-changed")
    assert other.json()["figures"]["stands"] == drawn["document"]["version_hash"]
    assert problem(await office.review(drawn, "2023-03-21", office.chen)) == (403, "not-on-team")
    assert problem(await office.review(drawn, "2023-03-19")) == (409, "engagement-day-refused")
    assert problem(await office.report("2023-03-22")) == (409, "papers-unreviewed")
    done(await office.review(drawn, "2023-03-21", decision="returned", opinion="补充依据"))
    again = await office.review(drawn, "2023-03-21")
    assert problem(again) == (409, "document-decided")
    assert again.json()["figures"]["verdict"] == "退回"
    done(await office.review(done(await office.paper("2023-03-22", office.wang)), "2023-03-22"))
    done(await office.report("2023-04-03"))
    decision = done(await office.decision("2023-04-19"))
    assert problem(await office.confirm(decision, "2023-04-20", office.li)) == (403, "own-decision")
    assert problem(await office.deliver(decision, "2023-04-20")) == (409, "engagement-step-out-of-turn")
    done(await office.confirm(decision, "2023-04-20"))
    assert problem(await office.deliver(decision, "2023-04-19")) == (409, "engagement-day-refused")
    done(await office.deliver(decision, "2023-04-20"))
    assert problem(await office.deliver(decision, "2023-04-20")) == (409, "engagement-step-out-of-turn")
    place = "WHERE county_code = $1 AND no = $2"
    for statement, state in (
        (f"UPDATE audit.engagement_document SET opinion = '改' {place}", "QL448"),
        (f"UPDATE audit.engagement_document SET delivered_on = '2023-05-01' {place}", "QL448"),
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await admin.execute(statement, office.county, decision["document"]["no"])
        assert refused.value.sqlstate == state


async def test_an_audit_ends_in_a_report_a_decision_and_transfers(office: Office) -> None:
    await office.consulted()
    drawn = {form: done(await office.decision("2023-04-19", form=form)) for form in ("report", "decision", "transfer")}
    assert problem(await office.decision("2023-04-19")) == (409, "engagement-step-out-of-turn"), "one decision in hand"
    drawn["another"] = done(await office.decision("2023-04-19", form="transfer"))
    for one in drawn.values():
        assert done(await office.confirm(one, "2023-04-20"))["document"]["verdict"] == "agreed"
    stages = [done(await office.deliver(one, "2023-04-21"))["stage"] for one in drawn.values()]
    assert stages == ["decided", "decided", "decided", "effective"]
    rulings = [one for one in (await office.read())["documents"] if one["ruling_until_on"]]
    assert [one["form"] for one in rulings] == ["decision"], "a ruling is asked for about a decision"


async def test_an_opinion_in_time_recorded_after_the_draft_is_weighed_first(office: Office) -> None:
    await office.consulted()
    drawn = done(await office.decision("2023-04-19"))
    done(await office.reply("2023-04-18"))
    refused = await office.confirm(drawn, "2023-04-20")
    assert problem(refused) == (409, "engagement-step-out-of-turn")
    assert "应退回重拟" in refused.json()["figures"]["needs"]
    done(await office.confirm(drawn, "2023-04-20", decision="returned", opinion="研究书面意见"))
    assert problem(await office.decision("2023-04-19")) == (409, "engagement-day-refused")
    again = done(await office.decision("2023-04-20"))
    assert done(await office.confirm(again, "2023-04-20"))["stage"] == "decided"


async def test_nothing_is_decided_while_a_paper_waits(office: Office) -> None:
    await office.consulted()
    waiting = done(await office.paper("2023-04-10", office.wang))
    assert problem(await office.decision("2023-04-19")) == (409, "papers-unreviewed")
    done(await office.review(waiting, "2023-04-11"))
    done(await office.decision("2023-04-19"))


@pytest.mark.parametrize(
    ("paper", "columns", "values", "state"),
    [
        ("notice", ", starts_on", ", DATE '2023-05-08'", "QL449"),
        ("record", ", supplier, signed_on", ", '人', DATE '2023-04-18'", None),
        ("decision", ", form", ", 'decision'", "QL449"),
        ("conclusion", "", "", "QL449"),
        ("report", "", "", "23505"),
        ("reply", ", stance", ", 'objection'", None),
    ],
)
async def test_the_database_takes_no_document_out_of_turn(
    office: Office, admin: asyncpg.Pool, paper: str, columns: str, values: str, state: str | None
) -> None:
    """Consulted since 3 April, to answer by the 18th: on that day nothing is decided behind the service."""
    await office.consulted()
    insert = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        f" done_on, version_hash, made_by{columns}) SELECT county_code, id, $3, county_code, $2, '题', '文',"
        f" DATE '2023-04-18', repeat('0', 64), 'li'{values} FROM audit.engagement WHERE county_code = $1"
    )
    with pytest.raises(asyncpg.PostgresError) as behind:
        await admin.execute(insert, office.county, paper, 1)
    assert behind.value.sqlstate == "QL449", "numbered behind the last"
    if state is None:
        await admin.execute(insert, office.county, paper, 90)
        return
    with pytest.raises(asyncpg.PostgresError) as error:
        await admin.execute(insert, office.county, paper, 90)
    assert error.value.sqlstate == state


async def test_a_record_is_signed_or_says_why_not(office: Office, admin: asyncpg.Pool) -> None:
    await office.at_work()
    both = await office.record("2023-03-10", unsigned_because="拒绝签字")
    neither = await office.record("2023-03-10", signed_on=None)
    early = await office.record("2023-03-10", signed_on="2023-03-09")
    for answer in (both, neither, early):
        assert problem(answer) == (422, "invalid-request"), answer.text
    told = done(await office.record("2023-03-10", signed_on=None, unsigned_because="拒绝签字，见证人在场"))["document"]
    kept = next(one for one in (await office.read())["documents"] if one["no"] == told["no"])
    assert (kept["signed_on"], kept["unsigned_because"]) == (None, "拒绝签字，见证人在场")
    assert done(await office.record("2023-03-10", signed_on="2023-03-12"))["document"]["signed_on"] == "2023-03-12"
    insert = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, supplier, signed_on, unsigned_because, version_hash, made_by)"
        " SELECT county_code, id, 90, county_code, 'record', '题', '文', '2023-03-10', '人', $2::text::date, $3,"
        " repeat('0', 64), 'li' FROM audit.engagement WHERE county_code = $1"
    )
    for signed, because in ((None, None), ("2023-03-10", "拒绝签字")):
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(insert, office.county, signed, because)
    missing = await office.paper("2023-03-20", rests_on=[99])
    assert problem(missing) == (404, "not-found")


async def test_steps_come_in_turn_and_on_their_day(office: Office) -> None:
    await office.plan()
    assert problem(await office.start("2023-03-09")) == (409, "engagement-step-out-of-turn")
    assert problem(await office.record("2023-03-09")) == (409, "engagement-step-out-of-turn")
    assert problem(await office.notice("2023-02-19", "2023-03-09")) == (409, "engagement-day-refused")
    assert problem(await office.notice("2199-03-06", "2199-03-20")) == (409, "engagement-day-refused")
    done(await office.notice("2023-03-06", "2023-03-10"))
    assert problem(await office.notice("2023-03-06", "2023-03-10")) == (409, "engagement-step-out-of-turn")
    assert problem(await office.start("2023-03-09")) == (409, "engagement-day-refused")
    done(await office.start("2023-03-10"))
    assert problem(await office.record("2023-03-09")) == (409, "engagement-day-refused")
    assert problem(await office.decision("2023-03-20")) == (409, "engagement-step-out-of-turn"), "nobody was heard"
    early = await office.post("conclusion", {"title": "结项", "content": "归档", "on": "2023-03-20"})
    assert problem(early) == (409, "engagement-step-out-of-turn")


async def test_the_team_is_two_with_a_lead_and_only_members_act(office: Office) -> None:
    await office.plan(team=[{"person": "li", "role": "lead", "from_on": "2023-02-20"}])
    done(await office.notice("2023-03-06", "2023-03-09"))
    alone = await office.start("2023-03-09")
    assert problem(alone) == (409, "team-too-small")
    told = alone.json()["figures"]
    assert (told["members_n"], told["leads_n"], told["least_n"]) == (1, 1, 2)
    assert "第四十三条" in told["source"]
    done(await office.post("members", {"person": "wang", "from_on": "2023-03-09"}))
    assert problem(await office.post("members", {"person": "wang", "from_on": "2023-03-10"})) == (
        409,
        "already-on-team",
    )
    assert problem(await office.start("2023-03-09", office.wang)) == (403, "not-on-team")
    assert problem(await office.start("2023-03-09", office.chen)) == (403, "not-on-team")
    done(await office.start("2023-03-09"))
    done(await office.post("members/2/end", {"until_on": "2023-03-15"}))
    assert problem(await office.record("2023-03-16", office.wang)) == (403, "not-on-team")
    done(await office.record("2023-03-15", office.wang))
    assert problem(await office.post("members/2/end", {"until_on": "2023-03-16"})) == (404, "not-found")
    people = [(one["person"], one["until_on"]) for one in (await office.read())["team"]]
    assert people == [("li", None), ("wang", "2023-03-15")]
    assert (await office.read(as_of="2023-03-15"))["members_n"] == 2
    assert (await office.read(as_of="2023-03-16"))["members_n"] == 1


async def test_who_is_tied_to_the_unit_keeps_off(office: Office) -> None:
    member = {"person": "sun", "from_on": "2023-02-20"}
    refused = await office.chen.post(PATH, office.plan_of(team=[{**member, "unit_id": office.unit}]))
    assert problem(refused) == (409, "recusal-needed")
    assert refused.json()["figures"] == {"person": "sun", "unit": "县农业农村局", "because": "为该单位人员"}
    await office.at_work()
    done(await office.post("members", {**member, "unit_id": str(uuid4())}))
    tie = {"kind": "unit", "related_unit_id": office.unit, "related_unit_name": "县农业农村局", "relation": "kin"}
    done(await office.record("2023-03-15", office.wang))
    done(await office.wang.post("/audit/v1/interest-declarations", tie))
    tied = await office.record("2023-03-15", office.wang)
    assert problem(tied) == (409, "recusal-needed")
    assert "kin" not in tied.text, "which tie it is, is told to nobody"
    other = {**tie, "related_unit_id": str(uuid4()), "related_unit_name": "县水利局"}
    done(await office.li.post("/audit/v1/interest-declarations", other))
    done(await office.record("2023-03-15", office.li))
    ming = office.person("ming")
    done(await ming.post("/audit/v1/interest-declarations", tie))
    assert problem(await office.post("members", {**member, "person": "ming"})) == (409, "recusal-needed")
    drawn = done(await office.paper("2023-03-20", office.li))
    assert problem(await office.review(drawn, "2023-03-21", office.wang)) == (409, "recusal-needed")
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    assert problem(await office.record("2023-03-20", of_it)) == (409, "recusal-needed")


async def test_a_tie_to_a_place_counts_where_the_engagement_lies_in_it(office: Office) -> None:
    township = {"kind": "region", "related_region_code": office.county + "101", "relation": "former_post"}
    done(await office.wang.post("/audit/v1/interest-declarations", township))
    await office.plan()
    inside = await office.chen.post(PATH, office.plan_of(regions=[office.county + "101201"]))
    assert problem(inside) == (409, "recusal-needed")
    beside = await office.chen.post(PATH, office.plan_of(regions=[office.county + "102"]))
    assert beside.status_code == 201


async def test_a_campaign_of_eight_months_counts_down(office: Office) -> None:
    told = await office.plan(
        kind="campaign",
        auditee_unit_id=None,
        auditee_name=None,
        planned_on="2017-09-20",
        starts_on="2017-10-01",
        ends_on=None,
        team=[{"person": "li", "role": "lead", "from_on": "2017-09-20"}],
    )
    assert told["ends_on"] == "2018-05-31"
    days = {
        day: period(await office.read(as_of=day), "engagement") for day in ("2017-10-01", "2018-05-31", "2018-06-01")
    }
    assert [(one["outcome"], one["days_left"], one["days_over"]) for one in days.values()] == [
        ("running", 242, 0),
        ("running", 0, 0),
        ("overdue", 0, 1),
    ]
    assert days["2017-10-01"]["policy_ref"].startswith("engagement_months.campaign@00@")
    assert problem(await office.start("2017-09-30")) == (409, "engagement-day-refused")
    assert done(await office.start("2017-10-01"))["stage"] == "fieldwork", "an unannounced visit needs no notice"

    async def overdue(day: str, **more: Any) -> list[str]:
        answer = await office.chen.get(PATH, params={"as_of": day, "overdue": "true", **more})
        return [one["id"] for one in answer.json()["items"]]

    assert (await overdue("2018-05-31"), await overdue("2018-06-01")) == ([], [office.id])
    longer = {"ends_on": "2018-07-31", "document": "县整治办〔2018〕3号", "on": "2018-05-20"}
    assert problem(await office.post("period", {**longer, "ends_on": "2017-09-30"})) == (409, "engagement-day-refused")
    before = clock.now().isoformat()
    done(await office.post("period", longer))
    assert (await overdue("2018-06-01"), await overdue("2018-08-01")) == ([], [office.id])
    assert await overdue("2018-06-01", known_at=before) == [office.id]
    assert (await office.read(as_of="2018-05-19"))["ends_on"] == "2018-05-31", "approved on the 20th"
    assert problem(await office.report("2018-06-01")) == (409, "engagement-step-out-of-turn"), "there is nobody to hear"
    done(await office.post("conclusion", {"title": "总结", "content": "销号", "on": "2018-07-31"}))
    assert await overdue("2018-08-01") == []
    assert period(await office.read(as_of="2018-08-01"), "engagement")["outcome"] == "met"
    assert problem(await office.post("period", longer)) == (409, "engagement-step-out-of-turn")


async def test_an_end_is_given_where_no_value_says_it(office: Office) -> None:
    refused = await office.chen.post(PATH, office.plan_of(ends_on=None))
    assert problem(refused) == (422, "engagement-end-missing")
    assert refused.json()["figures"] == {"kind": "审计项目", "starts_on": "2023-03-01"}


@pytest.mark.parametrize(
    "more",
    [
        {"auditee_unit_id": None, "auditee_name": None},
        {"auditee_name": None},
        {"ends_on": "2023-02-28"},
        {"planned_on": "2023-03-02"},
        {"regions": []},
        {"kind": "raid"},
        {"team": [{"person": "li", "from_on": "2023-02-20"}, {"person": "li", "from_on": "2023-02-21"}]},
        {"fund_codes": ["A", "A"]},
    ],
)
async def test_bad_input_writes_nothing(office: Office, admin: asyncpg.Pool, more: dict[str, Any]) -> None:
    answer = await office.chen.post(PATH, office.plan_of(**more))
    assert problem(answer) == (422, "invalid-request")
    assert await admin.fetchval("SELECT count(*) FROM audit.engagement WHERE county_code = $1", office.county) == 0


async def test_who_may_not_see_or_do(office: Office, audit_http: httpx.AsyncClient, urls: dict[str, str]) -> None:
    await office.at_work()
    for role in ("township_clerk", "finance_clerk", "feed_reader"):
        caller = audit_caller(audit_http, role, office.county + ("101" if role == "township_clerk" else ""))
        assert (await caller.get(f"{PATH}/{office.id}")).status_code == 403, role
        assert (await caller.get(PATH)).status_code == 403, role
        assert (await caller.post(PATH, office.plan_of())).status_code == 403, role
    township = audit_caller(audit_http, "inspector", office.county + "101")
    assert (await township.get(f"{PATH}/{office.id}")).status_code == 404
    assert (await township.get(PATH)).json()["items"] == []
    neighbour = audit_caller(audit_http, "inspector", str(int(office.county) - 1))
    assert (await neighbour.get(f"{PATH}/{office.id}")).status_code == 404
    assert problem(await neighbour.get(f"{PATH}/{office.id}", params={"county": office.county})) == (
        403,
        "outside-region",
    )
    abroad = await office.chen.post(PATH, office.plan_of(regions=[str(int(office.county) - 1)]))
    assert problem(abroad) == (403, "outside-region")
    role = await asyncpg.connect(urls["audit"])
    try:
        await role.execute("SELECT set_config('app.region', $1, false)", office.county + "101")
        for table in ("", "_scope", "_period", "_member", "_document"):
            assert await role.fetchval(f"SELECT count(*) FROM audit.engagement{table}") == 0, table
    finally:
        await role.close()


async def test_a_finding_is_made_in_one_engagement(
    office: Office, audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    [alert] = await alerted(feed, database, county, uuid4())
    made = (await office.chen.post("/audit/v1/findings", finding(alert))).json()["id"]
    await office.plan()
    said = {"finding_id": made, "on": "2023-03-15"}
    assert problem(await office.post("findings", said)) == (409, "engagement-step-out-of-turn")
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    assert problem(await office.post("findings", {**said, "on": "2023-03-08"})) == (409, "engagement-day-refused")
    assert problem(await office.post("findings", said, office.chen)) == (403, "not-on-team")
    assert problem(await office.post("findings", {**said, "finding_id": str(uuid4())})) == (404, "not-found")
    before = clock.now().isoformat()
    assert done(await office.post("findings", said))["findings_n"] == 1
    again = await office.post("findings", said)
    assert problem(again) == (409, "finding-named-already")
    assert again.json()["figures"] == {"finding_id": made, "engagement_id": office.id}
    assert [one["finding_id"] for one in (await office.read(as_of="2023-03-15"))["findings"]] == [made]
    assert (await office.read(as_of="2023-03-14"))["findings"] == []
    assert (await office.read(known_at=before))["findings"] == []


async def test_of_two_that_serve_a_notice_at_once_one_is_refused(office: Office) -> None:
    await office.plan()
    both = await asyncio.gather(office.notice("2023-03-06", "2023-03-09"), office.notice("2023-03-06", "2023-03-10"))
    assert sorted(one.status_code for one in both) == [201, 409]
    assert len((await office.read())["documents"]) == 1


async def test_the_same_key_acts_once(office: Office) -> None:
    await office.at_work()
    first = await office.post("papers", {"title": "题", "content": "文", "on": "2023-03-20"}, key="paper-once")
    again = await office.post("papers", {"title": "题", "content": "文", "on": "2023-03-20"}, key="paper-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = await office.post("papers", {"title": "题", "content": "另", "on": "2023-03-20"}, key="paper-once")
    assert problem(other) == (422, "idempotency-key-reused")
    papers = [one for one in (await office.read())["documents"] if one["paper"] == "working_paper"]
    assert len(papers) == 1


async def test_an_engagement_is_read_as_it_was_known(office: Office) -> None:
    before_all = clock.now().isoformat()
    await office.consulted()
    consulted = clock.now().isoformat()
    then = await office.read(as_of="2023-05-01", known_at=consulted)
    assert period(then, "reply")["outcome"] == "silent"
    done(await office.reply("2023-04-12"))
    decision = done(await office.decision("2023-04-20"))
    drawn = clock.now().isoformat()
    done(await office.confirm(decision, "2023-04-21"))
    confirmed = clock.now().isoformat()
    done(await office.deliver(decision, "2023-04-25"))
    told = {at: await office.read(as_of="2023-05-01", known_at=at) for at in (consulted, drawn, confirmed)}
    assert [one["stage"] for one in told.values()] == ["consulted", "drawn", "decided"]
    assert (await office.read(as_of="2023-05-01"))["stage"] == "effective"
    assert (await office.read(as_of="2023-04-24"))["stage"] == "decided", "delivered on the 25th"
    assert (await office.read(as_of="2023-04-20"))["stage"] == "drawn"
    again = await office.read(as_of="2023-05-01", known_at=consulted)
    assert again == then, "what was known does not change"
    hidden = told[drawn]["documents"][-1]
    assert (hidden["verdict"], hidden["opinion"], hidden["checked_by"]) == (None, None, None)
    unknown = await office.chen.get(f"{PATH}/{office.id}", params={"known_at": before_all})
    assert unknown.status_code == 404
    listed = await office.chen.get(PATH, params={"as_of": "2023-05-01", "known_at": before_all})
    assert (listed.json()["items"], bool(listed.json()["empty_because"])) == ([], True)
    assert (await office.chen.get(PATH, params={"as_of": "2023-02-19"})).json()["items"] == [], "planned on the 20th"


async def test_a_list_is_narrowed_and_paged(office: Office) -> None:
    await office.plan()
    audit = office.id
    await office.plan(
        kind="inspection", fund_codes=[], regions=[office.county + "101"], auditee_unit_id=None, auditee_name=None
    )
    other = office.id

    async def listed(**params: Any) -> set[str]:
        answer = await office.chen.get(PATH, params={"as_of": "2023-03-01", **params})
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    assert await listed() == {audit, other}
    assert await listed(kind="audit") == {audit}
    assert await listed(region=office.county + "101") == {other}
    assert await listed(fund="TEST-FUND") == {audit, other}, "one that names no fund is about every fund"
    assert await listed(fund="OTHER") == {other}
    assert await listed(person="wang") == {audit, other}
    assert await listed(person="zhao") == set()
    assert await listed(overdue="false") == {audit, other}
    first = (await office.chen.get(PATH, params={"as_of": "2023-03-01", "limit": 1})).json()
    second = (await office.chen.get(PATH, params={"as_of": "2023-03-01", "limit": 1, "after": first["next"]})).json()
    assert {one["id"] for one in first["items"] + second["items"]} == {audit, other}
    assert second["next"] is None
    assert first["items"][0]["lead"] == ["li"]
