"""Another last day of an engagement: drawn up by one person, decided by another, once, over the version."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from chassis import clock
from tests.audit_api.engaged import PATH, Office, done, problem
from tests.callers import audit_caller


async def test_a_last_day_holds_once_another_has_agreed(office: Office) -> None:
    await office.plan()
    said = {"ends_on": "2023-07-31", "document": "县审〔2023〕3号", "on": "2023-03-10"}
    drawn = done(await office.post("period", said, key="longer-once"))
    again = await office.post("period", said, key="longer-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (drawn, "true")
    assert (drawn["ends_on"], drawn["period_waits"]["ends_on"]) == ("2023-06-30", "2023-07-31")
    assert problem(await office.change("2023-08-31", "2023-03-10")) == (409, "decision-waits")
    assert problem(await office.agree(drawn, "2023-03-11", office.li)) == (403, "own-decision")
    stale = await office.agree(drawn, "2023-03-11", version_hash="0" * 64)
    assert problem(stale) == (409, "version-changed")
    for day in ("2023-03-09", "2199-03-11"):
        assert problem(await office.agree(drawn, day)) == (409, "engagement-day-refused"), day
    nobody = {**drawn, "period_waits": {**drawn["period_waits"], "no": 9}}
    assert problem(await office.agree(nobody, "2023-03-11")) == (404, "not-found")
    planned = {**drawn, "period_waits": {**drawn["period_waits"], "no": 1}}
    assert problem(await office.agree(planned, "2023-03-11")) == (404, "not-found"), "the plan is no change"
    assert problem(await office.agree(drawn, "2023-03-11", decision="maybe")) == (422, "invalid-request")
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    assert problem(await office.agree(drawn, "2023-03-11", of_it)) == (409, "recusal-needed")
    clerk = audit_caller(office.http, "finance_clerk", office.county)
    assert problem(await office.agree(drawn, "2023-03-11", clerk)) == (403, "forbidden")

    back = done(await office.agree(drawn, "2023-03-12", decision="returned", opinion="理由不足"))
    assert (back["ends_on"], back["period_waits"]) == ("2023-06-30", None)
    assert problem(await office.agree(drawn, "2023-03-12")) == (409, "decided-already")
    second = done(await office.change("2023-07-31", "2023-03-13", "县审〔2023〕4号"))
    known = clock.now().isoformat()
    assert (await office.read(as_of="2023-12-31"))["ends_on"] == "2023-06-30"
    agreed = done(await office.agree(second, "2023-03-15"))
    assert (agreed["ends_on"], agreed["period_waits"]) == ("2023-07-31", None)

    told = {day: await office.read(as_of=day) for day in ("2023-03-09", "2023-03-10", "2023-03-13", "2023-03-15")}
    ends = [one["ends_on"] for one in told.values()]
    assert ends == ["2023-06-30", "2023-06-30", "2023-06-30", "2023-07-31"], "from the day of the decision"
    verdicts = [[change["decision"] for change in one["period_changes"]] for one in told.values()]
    assert verdicts == [[], [None], ["returned", None], ["returned", "agreed"]]
    assert told["2023-03-13"]["period_waits"]["no"] == 3
    then = await office.read(as_of="2023-12-31", known_at=known)
    assert (then["ends_on"], then["period_changes"][-1]["checked_by"]) == ("2023-06-30", None)
    assert (await office.read())["period_changes"][-1]["opinion"] == "同意变更期限"


async def test_what_became_impossible_meanwhile_is_not_agreed_to(office: Office) -> None:
    await office.plan()
    done(await office.notice("2023-03-06", "2023-03-09"))
    shorter = done(await office.change("2023-03-31", "2023-03-06"))
    done(await office.start("2023-04-03"))
    refused = await office.agree(shorter, "2023-04-04")
    assert problem(refused) == (409, "engagement-day-refused"), "the start would lie outside"
    assert refused.json()["figures"]["earliest_on"] == "2023-04-03"
    done(await office.agree(shorter, "2023-04-04", decision="returned"))


async def test_of_two_who_decide_at_once_one_is_refused(office: Office) -> None:
    await office.plan()
    drawn = done(await office.change("2023-07-31", "2023-03-10"))
    both = await asyncio.gather(
        office.agree(drawn, "2023-03-11", office.zhao),
        office.agree(drawn, "2023-03-11", office.chen, decision="returned"),
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    [change] = (await office.read())["period_changes"]
    assert change["decision"] == ("agreed" if both[0].status_code == 201 else "returned")


async def test_the_database_takes_no_change_by_one(office: Office, admin: asyncpg.Pool) -> None:
    await office.plan()
    drawn = done(await office.change("2023-07-31", "2023-03-10"))
    decide = (
        "UPDATE audit.engagement_period SET decision = 'agreed', opinion = '同意', decided_on = '2023-03-11',"
        " checked_by = $2 WHERE engagement_id = $1 AND period_no = 2"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(decide, UUID(office.id), "li")
    with pytest.raises(asyncpg.CheckViolationError, match="decided_whole"):
        await admin.execute(decide, UUID(office.id), None)
    unversioned = (
        "INSERT INTO audit.engagement_period (county_code, engagement_id, period_no, region_code, starts_on, ends_on,"
        " document, changed_on, made_by) VALUES ($1, $2, 3, $1, '2023-03-01', '2023-09-30', '文', '2023-03-10', 'li')"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="has_its_version"):
        await admin.execute(unversioned, office.county, UUID(office.id))
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.execute(
            unversioned.replace("made_by)", "made_by, version_hash)").replace("'li')", "'li', repeat('0', 64))"),
            office.county,
            UUID(office.id),
        )
    done(await office.agree(drawn, "2023-03-11"))
    with pytest.raises(asyncpg.PostgresError) as twice:
        await admin.execute(decide, UUID(office.id), "chen")
    assert twice.value.sqlstate == "QL448"


async def test_a_change_that_one_person_made_before_holds(office: Office, admin: asyncpg.Pool) -> None:
    """As the migration leaves what was recorded before there were two."""
    await office.plan()
    done(await office.change("2023-07-31", "2023-03-10"))
    await admin.execute(
        "UPDATE audit.engagement_period SET version_hash = NULL, decided_on = changed_on, decided_position = position"
        " WHERE engagement_id = $1 AND period_no = 2",
        UUID(office.id),
    )
    told = await office.read(as_of="2023-03-10")
    assert (told["ends_on"], told["period_waits"], told["period_changes"][0]["decided_on"]) == (
        "2023-07-31",
        None,
        "2023-03-10",
    )
    listed = await office.chen.get(PATH, params={"as_of": "2023-07-15", "overdue": "true"})
    assert listed.json()["items"] == []
