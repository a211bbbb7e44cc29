"""The second net of leads: what PostgreSQL itself shows and lets the service's role do, whatever the code asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from chassis.database import Database
from tests.audit_api.casework import declared, disposed, inspector, leaving, left, proposed, referred, subject
from tests.callers import Caller

# Days are Chinese days: a server in another zone may still be on the day before.
TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
TABLES = ("lead", "lead_member", "lead_opinion", "lead_letter", "lead_talk", "lead_departure")


class Case:
    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.county = county
        self.an, self.bo = inspector(http, county, "an"), inspector(http, county, "bo")
        self.other = inspector(http, county, "other")
        self.lead_id = UUID(int=0)


@pytest.fixture
async def case(audit_http: httpx.AsyncClient, county: str) -> Case:
    """A lead with a row in every table."""
    made = Case(audit_http, county)
    made.lead_id = UUID(await referred(county, made.an, made.bo))
    await declared(made.other)
    await disposed(made.an, made.bo, str(made.lead_id), "2019-02-01", disposition="talk_or_letter")
    await made.an.post(f"/audit/v1/leads/{made.lead_id}/letters", {"received_on": "2019-02-02"})
    await made.an.post(f"/audit/v1/leads/{made.lead_id}/letter-replies", {"reply": "说明", "on": "2019-02-02"})
    await made.an.post(f"/audit/v1/leads/{made.lead_id}/talk-reports", {"report": "报告", "on": "2019-02-03"})
    await proposed(made.an, str(made.lead_id), "2019-02-03", disposition="preliminary_check")
    await leaving(made.an, str(made.lead_id), made.an)
    return made


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["audit"])
    yield connection
    await connection.close()


@asynccontextmanager
async def acting(role: asyncpg.Connection, region: str, who: Caller | str | None) -> AsyncIterator[None]:
    """A transaction as the service begins it for a caller."""
    async with role.transaction():
        await role.execute("SELECT set_config('app.region', $1, true)", region)
        if who is not None:
            named = who if isinstance(who, str) else subject(who)
            await role.execute("SELECT set_config('app.subject', $1, true)", named)
        yield


async def seen(role: asyncpg.Connection, case: Case, region: str, who: Caller | str | None) -> list[int]:
    async with acting(role, region, who):
        return [await role.fetchval(f"SELECT count(*) FROM audit.{table}") for table in TABLES]


async def test_rows_are_shown_to_members_and_to_nobody_when_nobody_is_named(
    role: asyncpg.Connection, case: Case
) -> None:
    assert await seen(role, case, case.county, case.an) == [1, 2, 2, 1, 1, 1]
    for who in (case.other, None, "", "qingliu-sealer"):
        assert await seen(role, case, case.county, who) == [0] * len(TABLES)
    assert await seen(role, case, case.county[:4], case.other) == [0] * len(TABLES)
    assert await seen(role, case, "98" + case.county[2:], case.an) == [0] * len(TABLES)
    assert await seen(role, case, "", case.an) == [0] * len(TABLES)
    assert await role.fetchval("SELECT count(*) FROM audit.lead") == 0, "what a transaction was told ends with it"


async def test_a_membership_that_ended_shows_nothing(role: asyncpg.Connection, case: Case) -> None:
    await case.an.post(f"/audit/v1/leads/{case.lead_id}/members", {"person": subject(case.other)})
    await left(case.an, case.other, str(case.lead_id), case.bo)
    assert await seen(role, case, case.county, case.bo) == [0] * len(TABLES)


async def test_the_journal_of_leads_is_read_by_nobody_but_the_sealer(role: asyncpg.Connection, case: Case) -> None:
    async def heard(who: Caller | str | None) -> list[int]:
        async with acting(role, case.county, who):
            return [
                await role.fetchval(f"SELECT count(*) FROM audit.{table} WHERE stream = $1", case.county + ".leads")
                for table in ("event", "stream_head")
            ]

    for who in (case.an, case.other, None, "qingliu-follower"):
        assert await heard(who) == [0, 0]
    events, heads = await heard("qingliu-sealer")
    assert (events > 0, heads) == (True, 1)


JOIN = (
    "INSERT INTO audit.lead_member (county_code, region_code, lead_id, id, person, from_on, appointed_by)"
    f" VALUES ($1, $1, $2, $3, $4, {TODAY}, $5)"
)

DECIDE = (
    "UPDATE audit.lead_opinion SET decision = 'approve', decided_by = $1, decided_on = '2019-02-03',"
    " decided_at = now(), decision_opinion = '同意' WHERE decision IS NULL"
)
LEAVE = f"UPDATE audit.lead_member SET until_on = {TODAY}, ended_by = $1, ended_because = 'left'"


async def test_nobody_makes_oneself_a_member(role: asyncpg.Connection, case: Case) -> None:
    own = subject(case.other)
    for by in (own, subject(case.an)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(role, case.county, case.other):
                await role.execute(JOIN, case.county, case.lead_id, uuid4(), own, by)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(role, case.county, case.an):
            await role.execute(JOIN, case.county, case.lead_id, uuid4(), own, subject(case.bo))
    async with acting(role, case.county, case.other):
        for statement in (
            LEAVE,
            "UPDATE audit.lead_opinion SET decision = 'approve', decided_by = $1",
            "UPDATE audit.lead_talk SET reported_by = $1",
            "UPDATE audit.lead_departure SET decision = 'agree', checked_by = $1",
            "UPDATE audit.lead_letter SET reply_recorded_by = $1",
        ):
            assert await role.execute(statement, own) == "UPDATE 0"


async def test_a_member_writes_in_the_own_name_only(role: asyncpg.Connection, case: Case) -> None:
    for statement in (AGREE, DECIDE):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(role, case.county, case.an):
                await role.execute(statement, subject(case.bo))
    with pytest.raises(asyncpg.CheckViolationError):
        async with acting(role, case.county, case.an):
            await role.execute(DECIDE, subject(case.an))


AGREE = (
    "UPDATE audit.lead_departure SET decision = 'agree', opinion = '同意', checked_by = $1,"
    f" decided_on = {TODAY} WHERE decision IS NULL"
)
OWN = f"{LEAVE} WHERE person = $2"


async def test_no_member_ends_a_membership_alone(role: asyncpg.Connection, case: Case, admin: asyncpg.Pool) -> None:
    an, bo = subject(case.an), subject(case.bo)
    recused = OWN.replace("'left'", "'recused'")
    for by, who in ((an, an), (an, bo), (bo, an)):
        for statement in (OWN, recused):
            with pytest.raises(asyncpg.CheckViolationError, match="by two members"):
                async with acting(role, case.county, by):
                    await role.execute(statement, by, who)
    # An's own draft is decided neither by An nor, in An's place, by somebody who signs for Bo.
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        async with acting(role, case.county, case.an):
            await role.execute(AGREE, an)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(role, case.county, case.an):
            await role.execute(AGREE, bo)
    async with acting(role, case.county, case.bo):
        assert await role.execute(AGREE, bo) == "UPDATE 1"
    async with acting(role, case.county, case.bo):
        assert await role.execute(AGREE, bo) == "UPDATE 0", "it is decided once"
    # It ends by whoever agreed, of whoever it was drawn up, and of nobody else.
    with pytest.raises(asyncpg.CheckViolationError, match="by two members"):
        async with acting(role, case.county, case.an):
            await role.execute(OWN, an, an)
    with pytest.raises(asyncpg.CheckViolationError, match="by two members"):
        async with acting(role, case.county, case.bo):
            await role.execute(OWN, bo, bo)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(role, case.county, case.an):
            await role.execute(OWN, bo, an)
    async with acting(role, case.county, case.bo):
        assert await role.execute(OWN, bo, an) == "UPDATE 1"
    # Nor does whoever is to leave decide on that where another drew it up.
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute("UPDATE audit.lead_departure SET person = checked_by WHERE lead_id = $1", case.lead_id)


async def test_what_was_said_is_neither_edited_nor_deleted(role: asyncpg.Connection, case: Case) -> None:
    for statement in (
        *(f"DELETE FROM audit.{table}" for table in (*TABLES, "interest_declaration")),
        "UPDATE audit.lead SET matter = ''",
        "UPDATE audit.lead SET received_on = (now() AT TIME ZONE 'Asia/Shanghai')::date",
        "UPDATE audit.lead_member SET person = 'x'",
        "UPDATE audit.lead_opinion SET disposition = 'closed'",
        "UPDATE audit.lead_departure SET person = 'x'",
        "UPDATE audit.lead_departure SET made_by = 'x'",
        "UPDATE audit.interest_declaration SET kind = 'none'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(role, case.county, case.an):
                await role.execute(statement)


async def test_a_lead_is_never_left_to_nobody(role: asyncpg.Connection, case: Case, admin: asyncpg.Pool) -> None:
    # By their own declarations both may go; at the commit somebody has to be there.
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with admin.acquire() as owner, owner.transaction():
            await owner.execute(
                f"UPDATE audit.lead_member m SET until_on = {TODAY}, ended_by = m.person, ended_because = 'recused',"
                " declaration_id = (SELECT d.id FROM audit.interest_declaration d WHERE d.county_code = m.county_code"
                " AND d.person = m.person LIMIT 1) WHERE lead_id = $1",
                case.lead_id,
            )
    assert (refused.value.sqlstate, refused.value.constraint_name) == ("QL601", "lead_has_member")
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with acting(role, case.county, case.an):
            await role.execute(
                "INSERT INTO audit.lead (county_code, region_code, id, source, subject_unit_id, subject_unit_name,"
                " subject_region_code, matter, received_on, referred_by)"
                " VALUES ($1, $1, $2, 'patrol', $2, '某所', $1, '事项', '2019-01-01', $3)",
                case.county,
                uuid4(),
                subject(case.an),
            )
    assert refused.value.sqlstate == "QL601"


async def test_no_member_is_related_at_any_commit(
    role: asyncpg.Connection, case: Case, audit_http: httpx.AsyncClient
) -> None:
    tied = inspector(audit_http, case.county, "tied")
    await declared(tied, kind="region", related_region_code=case.county, relation="kin")
    for person in (subject(tied), "undeclared"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with acting(role, case.county, case.an):
                await role.execute(JOIN, case.county, case.lead_id, uuid4(), person, subject(case.an))
        assert (refused.value.sqlstate, refused.value.constraint_name) == ("QL602", "lead_member_is_free")
    declares = (
        "INSERT INTO audit.interest_declaration (county_code, region_code, id, person, own_region, kind,"
        f" related_region_code, relation, declared_on) VALUES ($1, $1, $2, $3, $1, 'region', $1, 'kin', {TODAY})"
    )
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with acting(role, case.county, case.bo):
            await role.execute(declares, case.county, uuid4(), subject(case.bo))
    assert refused.value.sqlstate == "QL602"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(role, case.county, case.bo):
            await role.execute(declares, case.county, uuid4(), subject(case.an))


async def test_declarations_are_read_by_their_person(role: asyncpg.Connection, case: Case) -> None:
    for who, n in ((case.an, 1), (case.other, 1), ("somebody", 0), (None, 0)):
        async with acting(role, case.county, who):
            assert await role.fetchval("SELECT count(*) FROM audit.interest_declaration") == n


async def test_counts_come_from_above_the_county_only(role: asyncpg.Connection, case: Case) -> None:
    counted = "SELECT count(*) FROM audit.lead_counts('-infinity', 'infinity')"
    for region, told in (
        (case.county, False),
        (case.county + "101", False),
        ("", False),
        (case.county[:4], True),
        ("99", True),
    ):
        async with acting(role, region, case.an):
            assert (await role.fetchval(counted) > 0) is told


@pytest.mark.parametrize("name", ["o'brien", "审查一室", "a\\'; SELECT 1 --", "\u0000", "\ud800", "x" * 300])
async def test_whoever_calls_is_told_to_the_database_as_is_or_is_nobody(database: Database, name: str) -> None:
    async with database.reading("99", name) as session:
        told = await session.scalar(text("SELECT current_setting('app.subject', true)"))
    assert told == ("" if name in {"\u0000", "\ud800"} else name)
    async with database.reading("99") as session:
        assert not await session.scalar(text("SELECT current_setting('app.subject', true)"))


async def test_no_function_tells_the_role_of_others_leads_or_declarations(
    role: asyncpg.Connection, case: Case, admin: asyncpg.Pool
) -> None:
    asked = "SELECT person, has_declared, is_related FROM audit.recusals($1, $2, $3)"
    people = [subject(case.an), subject(case.other), "nobody"]
    told = {}
    for who in (subject(case.an), subject(case.other), ""):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", case.county)
            await role.execute("SELECT set_config('app.subject', $1, true)", who)
            told[who] = len(await role.fetch(asked, case.county, case.lead_id, people))
            assert not await role.fetchval("SELECT audit.is_own_new_lead($1, $2)", case.county, case.lead_id)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with role.transaction():
                    await role.fetchval("SELECT audit.has_lead_member($1, $2)", case.county, case.lead_id)
    assert told == {subject(case.an): 3, subject(case.other): 0, "": 0}
    assert await admin.fetchval("SELECT to_regprocedure('audit.declared_by(text, text[])')") is None
