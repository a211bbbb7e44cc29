"""Engagements over HTTP: the whole way, what a list says, what was known when, and who may not."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.audit_api.engaged import PATH, Office, done, period, problem
from tests.callers import audit_caller


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
    assert done(await office.conclude("2023-06-20"))["stage"] == "effective", "until another has agreed"
    drawn_up = (await office.read())["documents"][-1]
    ended = done(await office.end({"document": drawn_up}, "2023-06-20"))
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
    assert len(journal) == 13
    written = ("县农业农村局", "滞留资金底稿", "有不同意见", "同意", "限期整改", "已归档", "同意结束")
    assert not [one for one in journal for text in written if text in one["told"]], "the journal holds no prose"


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
    early = await office.conclude("2023-03-20")
    assert problem(early) == (409, "engagement-step-out-of-turn")


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


async def test_of_two_documents_at_once_the_database_lets_the_second_see_the_first(
    office: Office, admin: asyncpg.Pool
) -> None:
    """Behind the service, which locks the engagement: a record while another agrees to the conclusion."""
    await office.plan(kind="inspection", auditee_unit_id=None, auditee_name=None)
    done(await office.start("2023-03-09"))
    insert = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, supplier, signed_on, version_hash, made_by) SELECT county_code, id, $2, county_code, $3, '题', '文',"
        " DATE '2023-03-10', $4, $5::text::date, repeat('0', 64), 'li' FROM audit.engagement WHERE county_code = $1"
    )
    ended = done(await office.conclude("2023-03-10"))
    agree = (
        "UPDATE audit.engagement_document SET verdict = 'agreed', checked_on = '2023-03-10', checked_by = 'zhao',"
        " opinion = '同意' WHERE county_code = $1 AND no = $2"
    )
    async with admin.acquire() as one, admin.acquire() as other:
        first = one.transaction()
        await first.start()
        await one.execute(agree, office.county, ended["document"]["no"])
        second = asyncio.create_task(other.execute(insert, office.county, 91, "record", "人", "2023-03-10"))
        while not await one.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            " AND query LIKE 'INSERT INTO audit.engagement_document%'"
        ):
            assert not second.done()
        await first.commit()
        with pytest.raises(asyncpg.PostgresError) as refused:
            await second
    assert refused.value.sqlstate == "QL449"
