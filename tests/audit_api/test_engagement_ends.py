"""How an engagement ends: concluded, or given up before its report; by two, and what it may still do afterwards."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from chassis import clock
from tests.audit_api.engaged import PATH, Office, done, period, problem
from tests.audit_api.office import confirmed, finding
from tests.callers import audit_caller


async def test_what_has_begun_is_given_up_by_two(office: Office) -> None:
    await office.at_work()
    done(await office.paper("2023-03-20", office.wang))
    assert problem(await office.terminate("2023-03-19")) == (409, "engagement-day-refused"), "before its last document"
    assert problem(await office.terminate("2023-03-21", office.wang)) == (403, "not-on-team"), "its lead draws it up"
    said = {"document": "县审〔2023〕9号", "title": "终止", "content": "该单位已撤销", "on": "2023-03-21"}
    nameless = await office.post("termination", {**said, "document": ""})
    assert problem(nameless) == (422, "invalid-request")
    drawn = done(await office.post("termination", said, key="give-it-up"))
    again = await office.post("termination", said, key="give-it-up")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (drawn, "true")
    assert drawn["stage"] == "fieldwork", "until another has agreed"
    assert problem(await office.terminate("2023-03-21")) == (409, "engagement-step-out-of-turn"), "one waits"
    assert problem(await office.end(drawn, "2023-03-22", office.li)) == (403, "own-decision")
    assert problem(await office.end(drawn, "2023-03-22", version_hash="0" * 64)) == (409, "version-changed")
    for day in ("2023-03-20", "2199-03-22"):
        assert problem(await office.end(drawn, day)) == (409, "engagement-day-refused"), day
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    assert problem(await office.end(drawn, "2023-03-22", of_it)) == (409, "recusal-needed")
    clerk = audit_caller(office.http, "finance_clerk", office.county)
    assert problem(await office.end(drawn, "2023-03-22", clerk)) == (403, "forbidden")
    assert done(await office.end(drawn, "2023-03-22", decision="returned"))["stage"] == "fieldwork"
    assert problem(await office.end(drawn, "2023-03-22")) == (409, "document-decided")

    drawn = done(await office.terminate("2023-03-23"))
    known = clock.now().isoformat()
    both = await asyncio.gather(office.end(drawn, "2023-03-24"), office.end(drawn, "2023-03-24", office.chen))
    assert sorted(one.status_code for one in both) == [201, 409]
    told = await office.read(as_of="2023-07-15")
    assert (told["stage"], told["stage_name"]) == ("terminated", "已终止")
    assert period(told, "engagement")["said"] == "已于 2023-03-24 终止"
    assert (await office.read(as_of="2023-03-23"))["stage"] == "fieldwork", "agreed to on the 24th"
    assert (await office.read(as_of="2023-07-15", known_at=known))["stage"] == "fieldwork"
    listed = await office.chen.get(PATH, params={"as_of": "2023-07-15", "overdue": "true"})
    assert listed.json()["items"] == []


async def test_what_is_given_up_hands_on_and_does_nothing_else(office: Office) -> None:
    await office.at_work()
    paper = done(await office.paper("2023-03-20", office.wang))
    drawn = done(await office.terminate("2023-03-21"))
    done(await office.end(drawn, "2023-03-21"))
    turned = (409, "engagement-step-out-of-turn")
    assert problem(await office.record("2023-03-22")) == turned
    assert problem(await office.review(paper, "2023-03-22")) == turned, "a paper that waited stays as it was"
    assert problem(await office.report("2023-03-22")) == turned
    assert problem(await office.reply("2023-03-22")) == turned, "it had no report to speak of"
    assert problem(await office.decision("2023-03-22")) == turned
    assert problem(await office.change("2023-07-31", "2023-03-22")) == turned
    assert problem(await office.post("members", {"person": "li", "from_on": "2023-03-22"})) == turned
    assert problem(await office.conclude("2023-03-22")) == turned
    clue = done(await office.decision("2023-03-22", form="transfer", ahead_because="涉嫌职务犯罪"))
    assert clue["stage"] == "terminated"
    done(await office.confirm(clue, "2023-03-22"))
    assert done(await office.deliver(clue, "2023-03-23"))["stage"] == "terminated"


async def test_what_took_effect_is_concluded_and_not_given_up(office: Office, admin: asyncpg.Pool) -> None:
    await office.consulted()
    waits = done(await office.terminate("2023-04-19"))
    drawn = done(await office.decision("2023-04-19"))
    assert problem(await office.end(waits, "2023-04-19")) == (409, "engagement-step-out-of-turn"), "a decision waits"
    done(await office.end(waits, "2023-04-19", decision="returned"))
    done(await office.confirm(drawn, "2023-04-20"))
    done(await office.deliver(drawn, "2023-04-21"))
    assert problem(await office.terminate("2023-04-22")) == (409, "engagement-step-out-of-turn")
    ended = done(await office.conclude("2023-04-22"))
    assert problem(await office.end(ended, "2023-04-22", office.li)) == (403, "own-decision")
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.engagement_document SET verdict = 'agreed', checked_on = '2023-04-22', checked_by = made_by,"
            " opinion = '同意' WHERE engagement_id = $1 AND paper = 'conclusion'",
            UUID(office.id),
        )
    assert done(await office.end(ended, "2023-04-23", decision="returned"))["stage"] == "effective"
    assert (await office.ended("2023-04-24"))["stage"] == "concluded"


async def test_a_conclusion_of_before_there_were_two_stands(office: Office, admin: asyncpg.Pool) -> None:
    """As the migration leaves it."""
    await office.plan(kind="inspection", auditee_unit_id=None, auditee_name=None)
    done(await office.start("2023-03-09"))
    done(await office.conclude("2023-03-20"))
    await admin.execute("ALTER TABLE audit.engagement_document DISABLE TRIGGER checked_position")
    await admin.execute(
        "UPDATE audit.engagement_document SET verdict = 'agreed', checked_on = done_on, checked_position = position"
        " WHERE engagement_id = $1 AND paper = 'conclusion'",
        UUID(office.id),
    )
    await admin.execute("ALTER TABLE audit.engagement_document ENABLE TRIGGER checked_position")
    told = await office.read(as_of="2023-03-20")
    assert (told["stage"], told["documents"][-1]["checked_by"]) == ("concluded", None)


async def test_findings_of_what_is_given_up_stay_and_say_so(office: Office) -> None:
    await office.at_work()
    made = (await confirmed(office.chen, finding(amount_fen=10_000, title="滞留")))["id"]
    done(await office.post("findings", {"finding_id": made, "on": "2023-03-20"}))
    known = clock.now().isoformat()
    done(await office.end(done(await office.terminate("2023-03-21")), "2023-03-22"))

    async def told(**query: str) -> str | None:
        answer = await office.chen.get(f"/audit/v1/findings/{made}", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["engagement"]["id"] == office.id
        return str(answer.json()["engagement_terminated_on"])

    assert await told() == "2023-03-22"
    assert await told(known_at=known) == "None"
    assert (await office.read())["totals"]["findings_n"] == 1


async def test_a_clue_is_handed_on_before_anybody_is_heard(office: Office, admin: asyncpg.Pool) -> None:
    """监察法 art 37: it is handed on, and the unit is not told first; a report or a decision still waits for it."""
    await office.plan()
    ahead = {"form": "transfer", "ahead_because": "涉嫌职务违法"}
    first = done(await office.decision("2023-02-21", **ahead))
    assert (first["stage"], first["document"]["ahead"]) == ("planned", True)
    assert problem(await office.decision("2023-02-19", **ahead)) == (409, "engagement-day-refused"), "before the plan"
    assert problem(await office.decision("2199-02-21", **ahead)) == (409, "engagement-day-refused")
    assert problem(await office.confirm(first, "2023-02-21", office.li)) == (403, "own-decision")
    done(await office.confirm(first, "2023-02-21"))
    done(await office.notice("2023-03-06", "2023-03-09"))
    assert done(await office.deliver(first, "2023-03-07"))["stage"] == "noticed"
    done(await office.start("2023-03-09"))
    second = done(await office.decision("2023-03-10", **ahead))
    assert second["stage"] == "fieldwork", "it goes its own way"
    done(await office.record("2023-03-11"))
    done(await office.review(done(await office.paper("2023-03-20", office.wang)), "2023-03-21"))
    assert done(await office.report("2023-04-03"))["stage"] == "consulted"
    third = done(await office.decision("2023-04-04", **ahead))
    assert third["stage"] == "consulted", "while the unit may still answer"
    for form in ("report", "decision"):
        assert problem(await office.decision("2023-04-04", form=form)) == (409, "reply-period-open")
        refused = await office.decision("2023-04-04", form=form, ahead_because="急")
        assert problem(refused) == (422, "invalid-request")
    assert problem(await office.decision("2023-04-04", form="transfer")) == (409, "reply-period-open"), "no reason"
    done(await office.reply("2023-04-10"))
    assert done(await office.confirm(third, "2023-04-11"))["document"]["verdict"] == "agreed", "no opinion touches it"
    last = (await office.read())["documents"][-2]
    assert (last["ahead_because"], last["verdict"]) == ("涉嫌职务违法", "agreed")
    insert = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, version_hash, made_by, form, ahead_because) SELECT county_code, id, 90, county_code, 'decision',"
        " '题', '文', DATE '2023-04-18', repeat('0', 64), 'li', 'decision', '急' FROM audit.engagement"
        " WHERE county_code = $1"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="ahead_is_a_transfer"):
        await admin.execute(insert, office.county)
