"""Notices of engagements: so many days before, or brought along with the approval of the person they name."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.audit_api.engaged import Office, done, period, problem
from tests.callers import audit_caller


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


AT_ONCE = {"because": "涉嫌严重违法违规", "approved_by": "zhao"}


async def test_a_notice_brought_along_is_approved_by_the_person_it_names(office: Office, admin: asyncpg.Pool) -> None:
    await office.plan()
    own = {**AT_ONCE, "approved_by": "li"}
    assert problem(await office.notice("2023-03-06", "2023-03-06", at_once=own)) == (403, "own-decision")
    drawn = done(await office.notice("2023-03-06", "2023-03-06", at_once=AT_ONCE))
    assert (drawn["document"]["at_once_approved_by"], drawn["document"]["verdict"]) == ("zhao", None)
    early = await office.start("2023-03-06")
    assert problem(early) == (409, "engagement-step-out-of-turn")
    assert "尚待所列批准人批准" in early.json()["figures"]["needs"]
    with pytest.raises(asyncpg.PostgresError) as behind:
        await admin.execute(
            "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
            " done_on, version_hash, made_by) SELECT county_code, id, 90, county_code, 'start', '题', '文',"
            " DATE '2023-03-06', repeat('0', 64), 'li' FROM audit.engagement WHERE county_code = $1",
            office.county,
        )
    assert behind.value.sqlstate == "QL449"
    assert problem(await office.approve(drawn, "2023-03-06", office.li)) == (403, "own-decision")
    other = await office.approve(drawn, "2023-03-06", office.chen)
    assert problem(other) == (403, "not-approver")
    assert other.json()["figures"] == {"person": "chen", "approver": "zhao"}
    assert problem(await office.approve(drawn, "2023-03-06", version_hash="0" * 64)) == (409, "version-changed")
    assert problem(await office.approve(drawn, "2023-03-05")) == (409, "engagement-day-refused")
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(
            "UPDATE audit.engagement_document SET checked_on = done_on, checked_by = 'chen', verdict = 'agreed',"
            " opinion = '同意' WHERE county_code = $1",
            office.county,
        )
    told = done(await office.approve(drawn, "2023-03-07"))
    assert (told["document"]["verdict"], told["document"]["checked_by"]) == ("agreed", "zhao")
    assert problem(await office.approve(drawn, "2023-03-07")) == (409, "document-decided")
    assert problem(await office.start("2023-03-06")) == (409, "engagement-day-refused"), "approved on the 7th"
    assert done(await office.start("2023-03-07"))["stage"] == "fieldwork"


async def test_a_notice_that_was_not_approved_is_served_in_time_instead(office: Office) -> None:
    await office.plan()
    drawn = done(await office.notice("2023-03-06", "2023-03-06", at_once=AT_ONCE))
    told = done(await office.approve(drawn, "2023-03-06", decision="returned", opinion="不属特殊情况"))
    assert told["stage"] == "planned"
    assert problem(await office.start("2023-03-06")) == (409, "engagement-step-out-of-turn"), "no notice stands"
    served = done(await office.notice("2023-03-06", "2023-03-09"))
    assert problem(await office.approve(served, "2023-03-06")) == (409, "engagement-step-out-of-turn")
    assert problem(await office.start("2023-03-08")) == (409, "engagement-day-refused")
    done(await office.start("2023-03-09"))
    assert (await office.read(as_of="2023-03-06"))["stage"] == "noticed"


async def test_who_belongs_to_the_unit_approves_nothing(office: Office) -> None:
    await office.plan()
    drawn = done(await office.notice("2023-03-06", "2023-03-06", at_once=AT_ONCE))
    of_it = audit_caller(office.http, "inspector", office.county, subject="zhao", unit="县农业农村局")
    assert problem(await office.approve(drawn, "2023-03-06", of_it)) == (409, "recusal-needed")


@pytest.mark.parametrize(("starts_on", "fits"), [("2023-02-28", False), ("2023-03-01", True), ("2023-06-30", True)])
async def test_fieldwork_lies_in_the_period(office: Office, starts_on: str, *, fits: bool) -> None:
    await office.plan()
    answer = await office.notice("2023-02-20", starts_on)
    if fits:
        done(answer)
        return
    assert problem(answer) == (409, "engagement-day-refused")
    figures = answer.json()["figures"]
    assert (figures["earliest_on"], figures["latest_on"]) == ("2023-03-01", "2023-06-30")


async def test_a_team_starts_within_the_period_or_has_it_changed(office: Office, admin: asyncpg.Pool) -> None:
    await office.plan()
    assert problem(await office.notice("2023-02-20", "2023-07-03")) == (409, "engagement-day-refused")
    done(await office.notice("2023-02-20", "2023-06-30"))
    late = await office.start("2023-07-01")
    assert problem(late) == (409, "engagement-day-refused")
    with pytest.raises(asyncpg.PostgresError) as behind:
        await admin.execute(
            "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
            " done_on, version_hash, made_by) SELECT county_code, id, 90, county_code, 'start', '题', '文',"
            " DATE '2023-07-01', repeat('0', 64), 'li' FROM audit.engagement WHERE county_code = $1",
            office.county,
        )
    assert behind.value.sqlstate == "QL449"
    longer = done(await office.change("2023-07-31", "2023-06-20"))
    assert problem(await office.start("2023-07-01")) == (409, "engagement-day-refused"), "only drawn up"
    done(await office.agree(longer, "2023-06-20"))
    done(await office.start("2023-07-01"))
    refused = await office.change("2023-06-30", "2023-06-25")
    assert problem(refused) == (409, "engagement-day-refused"), "the start would lie outside"
    assert refused.json()["figures"]["earliest_on"] == "2023-07-01"


async def test_of_two_that_serve_a_notice_at_once_one_is_refused(office: Office) -> None:
    await office.plan()
    both = await asyncio.gather(office.notice("2023-03-06", "2023-03-09"), office.notice("2023-03-06", "2023-03-10"))
    assert sorted(one.status_code for one in both) == [201, 409]
    assert len((await office.read())["documents"]) == 1
