"""What the auditee answers, and what is decided after it: in time, late, silent."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from chassis import clock
from tests.audit_api.engaged import Office, done, period, problem


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
    assert [one["weighed"] for one in (await office.read())["documents"] if one["paper"] == "reply"] == [True]


async def test_an_opinion_in_time_recorded_after_the_confirmation_stops_the_delivery(
    office: Office, admin: asyncpg.Pool
) -> None:
    """Two people decided without it: what they decided is not delivered, and is drawn up anew."""
    await office.consulted()
    drawn = done(await office.decision("2023-04-19"))
    assert done(await office.confirm(drawn, "2023-04-20"))["stage"] == "decided"
    known = clock.now().isoformat()
    replied = done(await office.reply("2023-04-18"))
    assert (replied["stage"], replied["document"]["late"], replied["document"]["weighed"]) == ("consulted", False, None)
    refused = await office.deliver(drawn, "2023-04-21")
    assert problem(refused) == (409, "engagement-step-out-of-turn")
    assert "应研究意见后另行拟定" in refused.json()["figures"]["needs"]
    with pytest.raises(asyncpg.PostgresError) as behind:
        await admin.execute(
            "UPDATE audit.engagement_document SET delivered_on = '2023-04-21', delivered_by = 'li'"
            " WHERE engagement_id = $1 AND no = $2",
            UUID(office.id),
            drawn["document"]["no"],
        )
    assert behind.value.sqlstate == "QL449"
    assert (await office.read(as_of="2023-05-01", known_at=known))["stage"] == "decided", "as it was known"
    assert problem(await office.decision("2023-04-19")) == (409, "engagement-day-refused"), "before it was confirmed"
    again = done(await office.decision("2023-04-21"))
    done(await office.confirm(again, "2023-04-21"))
    told = done(await office.deliver(again, "2023-04-22"))
    assert told["stage"] == "effective", "the one that was overtaken counts for nothing"
    assert problem(await office.deliver(drawn, "2023-04-22")) == (409, "engagement-step-out-of-turn")
    await office.ended("2023-04-23")


@pytest.mark.parametrize(("on", "late"), [("2023-04-18", False), ("2023-04-19", True)])
async def test_an_opinion_recorded_after_the_delivery_or_the_end_is_kept_and_told_as_not_weighed(
    office: Office, on: str, *, late: bool
) -> None:
    await office.consulted()
    drawn = done(await office.decision("2023-04-19"))
    done(await office.confirm(drawn, "2023-04-20"))
    assert done(await office.deliver(drawn, "2023-04-21"))["stage"] == "effective"
    if late:
        await office.ended("2023-04-23")
    stage = "concluded" if late else "effective"
    told = done(await office.reply(on))
    assert told["stage"] == stage
    assert (told["document"]["late"], told["document"]["weighed"]) == (late, False)
    assert (await office.read(as_of="2023-04-20"))["stage"] == "decided", "it was delivered before it was recorded"


async def test_an_opinion_that_came_too_late_stops_nothing(office: Office) -> None:
    await office.consulted()
    drawn = done(await office.decision("2023-04-19"))
    done(await office.confirm(drawn, "2023-04-20"))
    replied = done(await office.reply("2023-04-19"))
    assert (replied["document"]["late"], replied["document"]["weighed"]) == (True, False)
    assert done(await office.deliver(drawn, "2023-04-21"))["stage"] == "effective"
