"""Campaigns: eight months, a countdown, and many parts."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis import clock
from tests.audit_api.engaged import PATH, Office, done, period, problem

CAMPAIGN: dict[str, Any] = {
    "kind": "campaign",
    "title": "扶贫领域专项整治",
    "auditee_unit_id": None,
    "auditee_name": None,
    "planned_on": "2023-01-10",
    "starts_on": "2023-02-01",
    "ends_on": None,
    "team": [{"person": "li", "role": "lead", "from_on": "2023-01-10"}],
}


async def campaign(office: Office, **more: Any) -> str:
    """From February to the end of September 2023, of one fund, in the whole county."""
    told = await office.plan(**{**CAMPAIGN, **more})
    assert told["ends_on"] == "2023-09-30"
    return str(told["id"])


async def refused_behind(admin: asyncpg.Pool, statement: str, *values: Any) -> str:
    """The state with which the database itself refuses."""
    with pytest.raises(asyncpg.PostgresError) as error:
        await admin.execute(statement, *values)
    return str(error.value.sqlstate)


async def test_a_campaign_tells_its_parts_by_stage_and_what_they_owe(office: Office) -> None:
    whole = await campaign(office)
    empty = await office.read(as_of="2023-02-01")
    assert empty["parts"]["empty_because"].endswith("尚未分解到被监督单位")
    planned = await office.plan(part_of=whole)
    noticed = office.id
    assert planned["part_of"] == whole
    done(await office.notice("2023-03-06", "2023-03-09"))
    assert (await office.read())["campaign"] == {
        "id": whole,
        "title": "扶贫领域专项整治",
        "kind": "campaign",
        "kind_name": "专项整治",
    }
    assert (await office.read())["parts"] is None, "a part is told by its own documents"
    await office.plan(part_of=whole, kind="inspection", auditee_unit_id=None, auditee_name=None, ends_on="2023-04-30")
    visit = office.id
    done(await office.start("2023-03-01"))
    await office.plan(part_of=whole, ends_on=None)
    assert (await office.read())["ends_on"] == "2023-09-30", "as its campaign"
    await office.plan(part_of=whole)
    silent = office.id
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    done(await office.review(done(await office.paper("2023-03-20", office.wang)), "2023-03-21"))
    done(await office.report("2023-04-03"))

    office.id = whole
    told = {day: (await office.read(as_of=day))["parts"] for day in ("2023-03-09", "2023-03-10", "2023-05-01")}
    assert (told["2023-03-09"]["parts_n"], told["2023-03-09"]["owed"]) == (4, [])
    [late] = told["2023-03-10"]["owed"]
    assert (late["engagement_id"], late["paper"], late["due_on"], late["days_over"]) == (
        noticed,
        "start",
        "2023-03-09",
        1,
    )
    last = told["2023-05-01"]
    stages = {one["stage"]: one["parts_n"] for one in last["stages"]}
    assert stages == {"planned": 1, "noticed": 1, "fieldwork": 1, "consulted": 1}
    assert [(one["engagement_id"], one["paper"], one["days_over"]) for one in last["owed"]] == [
        (noticed, "start", 53),
        (silent, "reply", 13),
        (visit, "conclusion", 1),
    ]
    assert (last["owed_n"], last["open_n"], last["ends_on"], last["days_left"]) == (3, 4, "2023-09-30", 152)
    assert (await office.read(as_of="2023-10-01"))["parts"]["days_over"] == 1
    listed = await office.chen.get(PATH, params={"part_of": whole, "as_of": "2023-05-01", "kind": "inspection"})
    assert [one["id"] for one in listed.json()["items"]] == [visit]


async def test_a_campaign_is_read_as_it_was_known(office: Office) -> None:
    whole = await campaign(office)
    before = clock.now().isoformat()
    await office.plan(part_of=whole)
    office.id = whole
    assert (await office.read(as_of="2023-02-20"))["parts"]["parts_n"] == 1
    assert (await office.read(as_of="2023-02-19"))["parts"]["parts_n"] == 0, "planned on the 20th"
    assert (await office.read(as_of="2023-02-20", known_at=before))["parts"]["parts_n"] == 0


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"starts_on": "2023-02-01", "ends_on": "2023-09-30", "planned_on": "2023-01-10"}, None),
        ({"starts_on": "2023-01-31", "planned_on": "2023-01-10"}, "期限"),
        ({"ends_on": "2023-10-01"}, "期限"),
        ({"fund_codes": ["OTHER"]}, "资金"),
        ({"fund_codes": []}, "资金"),
    ],
)
async def test_a_part_lies_within_its_campaign(office: Office, more: dict[str, Any], what: str | None) -> None:
    whole = await campaign(office)
    await office.declare("wang")
    answer = await office.chen.post(PATH, office.plan_of(part_of=whole, **more))
    if what is None:
        done(answer)
        return
    assert problem(answer) == (409, "part-outside-campaign")
    assert answer.json()["figures"]["what"] == what


async def test_a_part_lies_in_the_places_of_its_campaign(office: Office) -> None:
    whole = await campaign(office, regions=[office.county + "101", office.county + "102"])
    await office.declare("wang")
    inside = office.plan_of(part_of=whole, regions=[office.county + "101", office.county + "102201"])
    done(await office.chen.post(PATH, inside))
    for region in (office.county, office.county + "103"):
        beside = await office.chen.post(PATH, office.plan_of(part_of=whole, regions=[region]))
        assert problem(beside) == (409, "part-outside-campaign")
        assert beside.json()["figures"]["said"] == region


async def test_there_is_one_level_and_only_a_campaign_holds_parts(office: Office) -> None:
    whole = await campaign(office)
    await office.plan(**{**CAMPAIGN, "part_of": whole})
    for holder, because in (
        (office.id, "只分一级"),
        (str((await office.plan())["id"]), "没有被监督单位"),
        (str((await office.plan(kind="campaign"))["id"]), "没有被监督单位"),
        (
            str((await office.plan(kind="inspection", auditee_unit_id=None, auditee_name=None))["id"]),
            "没有被监督单位",
        ),
    ):
        refused = await office.chen.post(PATH, office.plan_of(part_of=holder))
        assert problem(refused) == (409, "not-a-campaign")
        assert because in refused.json()["figures"]["because"]
    nobody = await office.chen.post(PATH, office.plan_of(part_of=str(uuid4())))
    assert problem(nobody) == (404, "not-found")
    early = await office.chen.post(PATH, office.plan_of(part_of=whole, planned_on="2023-01-09"))
    assert problem(early) == (409, "engagement-day-refused"), "before its campaign"


async def test_a_round_of_patrols_holds_patrols_of_units(office: Office) -> None:
    await office.plan(**{**CAMPAIGN, "kind": "patrol", "ends_on": "2023-09-30"})
    whole = office.id
    await office.plan(kind="patrol", part_of=whole)
    nobody = {"kind": "patrol", "part_of": whole, "auditee_unit_id": None, "auditee_name": None}
    assert problem(await office.chen.post(PATH, office.plan_of(**nobody))) == (422, "invalid-request")
    office.id = whole
    assert (await office.read(as_of="2023-03-01"))["parts"]["parts_n"] == 1
    done(await office.start("2023-02-01"))
    assert problem(await office.conclude("2023-06-30")) == (409, "campaign-parts-open")


async def test_a_campaign_ends_after_its_parts_and_lasts_as_long(office: Office, admin: asyncpg.Pool) -> None:
    whole = await campaign(office)
    done(await office.start("2023-02-01"))
    await office.plan(part_of=whole, kind="inspection", auditee_unit_id=None, auditee_name=None)
    part = office.id
    done(await office.start("2023-03-01"))
    assert problem(await office.change("2023-10-01", "2023-03-20")) == (409, "part-outside-campaign")
    office.id = whole
    shorter = await office.change("2023-06-29", "2023-03-20")
    assert problem(shorter) == (409, "engagement-day-refused")
    assert shorter.json()["figures"]["earliest_on"] == "2023-06-30", "its part lasts until then"
    open_part = await office.conclude("2023-05-31")
    assert problem(open_part) == (409, "campaign-parts-open")
    assert open_part.json()["figures"] == {"parts_n": 1, "open_n": 1}
    document = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, version_hash, made_by) VALUES ($1, $2, 90, $1, 'conclusion', '题', '文', '2023-05-31',"
        " repeat('0', 64), 'li')"
    )
    period = (
        "INSERT INTO audit.engagement_period (county_code, engagement_id, period_no, region_code, starts_on, ends_on,"
        " document, changed_on, made_by, version_hash)"
        " VALUES ($1, $2, 2, $1, $3, $4, '文', '2023-03-20', 'li', repeat('0', 64))"
    )
    agreed = (
        "UPDATE audit.engagement_period SET decision = 'agreed', opinion = '同意', decided_on = '2023-03-21',"
        " checked_by = 'zhao' WHERE county_code = $1 AND engagement_id = $2 AND period_no = 2"
    )
    start, first = date(2023, 3, 1), date(2023, 2, 1)
    await admin.execute(document, office.county, UUID(whole))
    agree = (
        "UPDATE audit.engagement_document SET verdict = 'agreed', checked_on = '2023-05-31', checked_by = 'zhao',"
        " opinion = '同意' WHERE county_code = $1 AND engagement_id = $2 AND no = 90"
    )
    assert await refused_behind(admin, agree, office.county, UUID(whole)) == "QL450"
    await admin.execute("DELETE FROM audit.engagement_document WHERE engagement_id = $1 AND no = 90", UUID(whole))
    for of, since, until in ((whole, first, date(2023, 6, 29)), (part, start, date(2023, 10, 1))):
        await admin.execute(period, office.county, UUID(of), since, until)
        assert await refused_behind(admin, agreed, office.county, UUID(of)) == "QL450"
        await admin.execute("DELETE FROM audit.engagement_period WHERE engagement_id = $1 AND period_no = 2", UUID(of))
    office.id = part
    drawn = done(await office.conclude("2023-05-31"))
    office.id = whole
    assert problem(await office.conclude("2023-06-01")) == (409, "campaign-parts-open"), "its end was only drawn up"
    office.id = part
    done(await office.end(drawn, "2023-06-01"))
    office.id = whole
    assert problem(await office.conclude("2023-05-31")) == (409, "engagement-day-refused"), "a day before its part"
    done(await office.agree(done(await office.change("2023-06-15", "2023-03-20")), "2023-03-21"))
    await office.ended("2023-06-01")
    late = await office.chen.post(PATH, office.plan_of(part_of=whole))
    assert problem(late) == (409, "engagement-step-out-of-turn")


async def test_a_part_that_never_started_is_given_up(office: Office, admin: asyncpg.Pool) -> None:
    whole = await campaign(office)
    done(await office.start("2023-02-01"))
    for noticed in (False, True):
        await office.plan(part_of=whole)
        if noticed:
            done(await office.notice("2023-03-06", "2023-03-09"))
        assert problem(await office.conclude("2023-05-31")) == (409, "engagement-step-out-of-turn"), "never begun"
        drawn = done(await office.terminate("2023-05-31"))
        assert drawn["stage"] == ("noticed" if noticed else "planned")
        assert done(await office.end(drawn, "2023-05-31"))["stage"] == "terminated"
        assert problem(await office.start("2023-06-01")) == (409, "engagement-step-out-of-turn")
    await office.plan(part_of=whole)
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    assert problem(await office.conclude("2023-05-31")) == (409, "engagement-step-out-of-turn"), "nobody was heard"
    behind = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, document, version_hash, made_by)"
        " VALUES ($1, $2, 90, $1, $3, '题', '文', '2023-05-31', '号', repeat('0', 64), 'li')"
    )
    assert await refused_behind(admin, behind, office.county, UUID(office.id), "conclusion") == "QL449"
    await office.plan(part_of=whole)
    assert await refused_behind(admin, behind, office.county, UUID(office.id), "working_paper") == "QL449"
    assert await refused_behind(admin, behind, office.county, UUID(office.id), "conclusion") == "QL449"
    await admin.execute(behind, office.county, UUID(office.id), "termination")


async def test_the_database_holds_parts_in_their_campaign(office: Office, admin: asyncpg.Pool) -> None:
    whole = await campaign(office, regions=[office.county + "101"])
    await office.plan(part_of=whole, regions=[office.county + "101"])
    part = office.id
    await office.plan()
    audit = office.id
    scope = (
        "INSERT INTO audit.engagement_scope (county_code, engagement_id, what, code, region_code)"
        " VALUES ($1, $2, $3, $4, $1)"
    )
    beside = office.county + "102"
    assert await refused_behind(admin, scope, office.county, UUID(part), "region", beside) == "QL450"
    assert await refused_behind(admin, scope, office.county, UUID(part), "fund", "OTHER") == "QL450"
    assert await refused_behind(admin, scope, office.county, UUID(whole), "region", beside) == "QL450"
    await admin.execute(scope, office.county, UUID(part), "region", office.county + "101201")
    head = (
        "INSERT INTO audit.engagement (county_code, id, region_code, kind, title, question, office, auditee_unit_id,"
        " auditee_name, part_of, planned_on, planned_by) SELECT county_code, $2, region_code, 'audit', '题', '问',"
        " '局', gen_random_uuid(), '单位', $3, $4, 'li' FROM audit.engagement WHERE county_code = $1 LIMIT 1"
    )
    planned_on, before = date(2023, 1, 10), date(2023, 1, 9)
    for holder, on in ((part, planned_on), (audit, planned_on), (whole, before)):
        assert await refused_behind(admin, head, office.county, uuid4(), UUID(holder), on) == "QL450"
    await admin.execute(head, office.county, uuid4(), UUID(whole), planned_on)
    own = uuid4()
    assert await refused_behind(admin, head, office.county, own, own, planned_on) in ("QL450", "23514")
    moved = "UPDATE audit.engagement SET part_of = NULL WHERE county_code = $1 AND id = $2"
    assert await refused_behind(admin, moved, office.county, UUID(part)) == "QL448"


async def test_of_a_part_and_the_end_of_its_campaign_at_once_one_is_refused(office: Office) -> None:
    whole = await campaign(office)
    await office.declare("wang")
    done(await office.start("2023-02-01"))
    part = office.plan_of(part_of=whole)
    drawn = done(await office.conclude("2023-05-31"))
    planned, ended = await asyncio.gather(office.chen.post(PATH, part), office.end(drawn, "2023-05-31"))
    assert sorted((planned.status_code, ended.status_code)) == [201, 409]
    office.id = whole
    told = (await office.read(as_of="2023-06-01"))["parts"]
    assert told["parts_n"] == int(planned.status_code == 201)


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
    assert problem(await office.change("2017-09-30", "2018-05-20")) == (409, "engagement-day-refused")
    longer = done(await office.change("2018-07-31", "2018-05-19"))
    before = clock.now().isoformat()
    assert await overdue("2018-06-01") == [office.id], "drawn up and not agreed to"
    done(await office.agree(longer, "2018-05-20"))
    assert (await overdue("2018-06-01"), await overdue("2018-08-01")) == ([], [office.id])
    assert await overdue("2018-06-01", known_at=before) == [office.id]
    assert (await office.read(as_of="2018-05-19"))["ends_on"] == "2018-05-31", "approved on the 20th"
    assert problem(await office.report("2018-06-01")) == (409, "engagement-step-out-of-turn"), "there is nobody to hear"
    drawn = done(await office.conclude("2018-07-31"))
    assert await overdue("2018-08-01") == [office.id], "its end was only drawn up"
    before = clock.now().isoformat()
    done(await office.end(drawn, "2018-07-31"))
    assert await overdue("2018-08-01") == []
    assert await overdue("2018-08-01", known_at=before) == [office.id]
    assert period(await office.read(as_of="2018-08-01"), "engagement")["outcome"] == "met"
    assert problem(await office.change("2018-08-31", "2018-05-20")) == (409, "engagement-step-out-of-turn")
