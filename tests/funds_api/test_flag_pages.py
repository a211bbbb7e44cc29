"""Pages of flags by rule and by subject: each flag once, and no more read than is shown, however many there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.flags import pages
from services.funds_api.flags.named import flag_id
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment
from services.funds_api.outcomes import record
from tests.callers import Caller, funds_caller
from tests.funds_api.asked import database, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_flag_outcomes import raise_flag
from tests.funds_api.test_known_at import now

# A county in which rules found much: 20 runs of 300 flags each, 30 of R05 and 270 of R06; of these 100 are decided.
RUNS, OF_RUN, RARE, DECIDED = 20, 300, 30, 100
FILL = """
WITH run AS (SELECT n, uuidv7(interval '-1 year' + n * interval '1 day') AS id, DATE '2016-01-01' + n::int AS day
               FROM generate_series(0, {runs} - 1) n),
kept AS (
  INSERT INTO funds.flag_run (county_code, id, region_code, kind, as_of, rules, asked_by, ended_at)
  SELECT $1, id, $1, 'daily', day, '["R05", "R06"]', 'seed', now() FROM run RETURNING 1),
raised AS (
  SELECT r.n, r.id AS run, r.day, CASE WHEN i < {rare} THEN 'R05' ELSE 'R06' END AS rule, gen_random_uuid() AS subject,
         $1 || '101' || CASE WHEN i % 2 = 0 THEN '201' ELSE '202' END AS region
    FROM run r CROSS JOIN generate_series(0, {of_run} - 1) i ORDER BY r.n, i),
named AS (SELECT *, md5(rule || '||' || subject) AS hash FROM raised),
done AS (
  INSERT INTO funds.flag_run_rule (county_code, run_id, rule_code, region_code, rule_version, looked_n, candidates_n,
                                   hits_n, new_n, new_fen, covered, figures, began_at, ended_at, position)
  SELECT $1, run, rule, $1, 1, count(*), count(*), count(*), count(*), count(*) * 100, '{{}}', '[]', now(), now(), 1
    FROM raised GROUP BY run, rule RETURNING 1),
tallied AS (
  INSERT INTO funds.flag_tally (county_code, region_code, rule_code, run_id, as_of, rule_version, flags_n, flags_fen,
                                named_fen, position)
  SELECT $1, left(region, d), rule, run, day, 1, count(*), count(*) * 100, count(*) * 100, 1
    FROM raised CROSS JOIN unnest(ARRAY[6, 9, 12]) d GROUP BY left(region, d), rule, run, day RETURNING 1)
INSERT INTO funds.flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of, amount_fen, days,
                        facts, explanation, subject, subject_id, mark, run_id)
SELECT $1, (left(subject::text, 18) || '-8' || substr(hash, 1, 3) || '-' || substr(hash, 4, 12))::uuid, region, rule, 1,
       0, day, 100, 0, '{{}}', 'x', 'payment', subject, '', run FROM named
"""
DECIDE = """
INSERT INTO funds.flag_outcome (county_code, flag_id, seq, region_code, outcome, reason, document, recovered_fen,
                                decided_on, decided_by, position)
SELECT f.county_code, f.id, 1, f.region_code, CASE WHEN n % 2 = 0 THEN 'confirmed' ELSE 'refuted' END, 'r', 'd', 0,
       '2016-12-31', 'x', 1
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM funds.flag
         WHERE county_code = $1 AND rule_code = 'R06' LIMIT {decided}) f
"""
MOMENT = Moment(date(2017, 12, 31))
ASKED_FOR = (
    "SELECT sum(pg_stat_get_xact_blocks_fetched(oid))::int FROM pg_class"
    " WHERE relnamespace = 'funds'::regnamespace AND (starts_with(relname, 'flag') OR relname = ANY(:indexes))"
)
INDEXES = ["pk_flag", "uq_flag_without_run", "ix_flag_without_run_subject", "ix_flag_run"]


# What other counties were asked, under a thousand runs of their own.
OTHERS = """
WITH run AS (SELECT n, uuidv7(interval '-2 years' + n * interval '1 hour') AS id, '99' || (1000 + n % 9) AS county
               FROM generate_series(0, 999) n),
kept AS (
  INSERT INTO funds.flag_run (county_code, id, region_code, kind, as_of, rules, asked_by, ended_at)
  SELECT county, id, county, 'asked', DATE '2016-01-01', '["R05", "R06"]', 'seed', now() FROM run RETURNING 1)
INSERT INTO funds.flag_run_rule (county_code, run_id, rule_code, region_code, rule_version, looked_n, candidates_n,
                                 hits_n, new_n, new_fen, covered, figures, began_at, ended_at, position)
SELECT county, id, rule, county, 1, 0, 0, 0, 0, 0, '{}', '[]', now(), now(), 1
  FROM run CROSS JOIN unnest(ARRAY['R05', 'R06', 'R07', 'R08', 'R09']) rule
"""


@pytest.fixture
async def many(admin: asyncpg.Pool, county: str) -> str:
    """6,000 flags, named as runs name them, in the order in which runs write them; other counties have runs too."""
    async with admin.acquire() as owner, owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(FILL.format(runs=RUNS, of_run=OF_RUN, rare=RARE), county)
        await owner.execute(DECIDE.format(decided=DECIDED), county)
        await owner.execute(OTHERS)
    return county


def inspector(http: httpx.AsyncClient, region: str) -> Caller:
    return funds_caller(http, "inspector", region)


def principal(region: str) -> Principal:
    return Principal("li", "funds", frozenset(), region, None, "t")


async def walked(caller: Caller, **asked: Any) -> list[dict[str, Any]]:
    """Every page to the last."""
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        answer = await caller.get("/funds/v1/flags", params={"limit": 200, **asked, **after})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["items"]
        if told["next"] is None:
            return found
        after = {"after": told["next"]}


async def cost(http: httpx.AsyncClient, region: str, ask: Callable[[AsyncSession], Awaitable[Any]]) -> tuple[Any, int]:
    """What was found, and how many blocks of flags, their runs, outcomes and tallies were asked for."""
    async with database(http).reading(region) as tx:
        before: int = (await tx.execute(text(ASKED_FOR), {"indexes": INDEXES})).scalar_one()
        found = await ask(tx)
        after: int = (await tx.execute(text(ASKED_FOR), {"indexes": INDEXES})).scalar_one()
        return found, after - before


@pytest.mark.parametrize("limit", [7, 30, 31, 200])
async def test_the_flags_of_a_rule_are_told_once_run_by_run(
    funds_http: httpx.AsyncClient, many: str, limit: int, admin: asyncpg.Pool
) -> None:
    """Also those that no run raised, which come first; pages end within runs, and at their end."""
    own = [await raise_flag(admin, many, "R05", "payment", str(uuid4()), 5) for _ in range(3)]
    found = await walked(inspector(funds_http, many), rule="R05", limit=limit)
    assert [flag["id"] for flag in found[:3]] == sorted(own)
    assert len({flag["id"] for flag in found}) == len(found) == 3 + RUNS * RARE
    assert {flag["rule_code"] for flag in found} == {"R05"}
    assert [flag["as_of"] for flag in found[3:]] == sorted(flag["as_of"] for flag in found[3:])
    village = await walked(inspector(funds_http, many + "101201"), rule="R05", limit=limit)
    assert [flag["id"] for flag in village] == [flag["id"] for flag in found if flag["region_code"] == many + "101201"]
    assert await walked(inspector(funds_http, many + "102"), rule="R05", limit=limit) == []
    until = await walked(inspector(funds_http, many), rule="R05", limit=limit, as_of="2016-01-02")
    assert len(until) == 2 * RARE
    assert await walked(inspector(funds_http, many), rule="R04", limit=limit) == []


async def test_a_mark_of_another_list_is_refused(funds_http: httpx.AsyncClient, many: str) -> None:
    """A list by id and one by run go on from marks of their own."""
    by = inspector(funds_http, many)
    page = (await by.get("/funds/v1/flags", params={"limit": 5})).json()
    wrong = await by.get("/funds/v1/flags", params={"limit": 5, "rule": "R05", "after": page["next"]})
    assert (wrong.status_code, wrong.json()["type"].rsplit("/", 1)[1]) == (422, "bad-page-mark"), wrong.text


async def test_a_subject_is_found_by_its_name_whoever_raised_the_flag(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    desk = await Desk(funds_http, county).open()
    before = now()
    await run_rules(funds_http, county, "2017-11-30", "I01", "R19")
    flags = await walked(inspector(funds_http, county))
    lot = flags[0]["subject_id"]
    of_nobody = await raise_flag(admin, county, "B01", "lot", lot, 5)
    about = await walked(inspector(funds_http, county), subject=lot)
    assert {flag["id"] for flag in about} == {of_nobody, *(flag["id"] for flag in flags if flag["subject_id"] == lot)}
    assert len(about) == 3
    assert [flag["id"] for flag in about] == sorted(flag["id"] for flag in about)
    ruled = await walked(inspector(funds_http, county), subject=lot, rule="R19")
    assert [flag["rule_code"] for flag in ruled] == ["R19"]
    run = await walked(inspector(funds_http, county), subject=lot, run=ruled[0]["run_id"])
    assert {flag["rule_code"] for flag in run} == {"I01", "R19"}
    assert await walked(inspector(funds_http, county), subject=lot, known_at=before) == []
    assert await walked(inspector(funds_http, county), rule="R19", known_at=before) == []
    assert await walked(inspector(funds_http, county), run=ruled[0]["run_id"], known_at=before) == []
    assert await walked(inspector(funds_http, county), subject=str(uuid4())) == []
    assert await walked(inspector(funds_http, desk.county + "199"), subject=lot) == []


async def test_pages_read_about_what_they_show(funds_http: httpx.AsyncClient, many: str, admin: asyncpg.Pool) -> None:
    """6,000 flags are some 200 blocks; nobody's page reads them. A run's piece of a rule is read with it."""
    window, who = Window(after=None, limit=4), principal(many)
    [lying] = await admin.fetch(
        "SELECT subject_id FROM funds.flag WHERE county_code = $1 AND rule_code = 'R06' ORDER BY id LIMIT 1", many
    )
    subject = UUID(str(lying["subject_id"]))
    for asked, rows, most in (
        (pages.Asked(subject=subject), 1, 20),
        (pages.Asked(subject=uuid4()), 0, 12),
        (pages.Asked(rule="R04"), 0, 12),
        (pages.Asked(), 5, 60),
    ):

        async def page(tx: AsyncSession, asked: pages.Asked = asked) -> Any:
            return await pages.page(tx, who, many, window, moment=MOMENT, asked=asked)

        found, blocks = await cost(funds_http, many, page)
        assert len(found) == rows
        assert blocks <= most, asked
    assert found[0].FlagRow.id == min(row.FlagRow.id for row in found)


# One run more, whose flags lie together as those of one day's money do; every third is of another rule.
DENSE = """
WITH kept AS (
  INSERT INTO funds.flag_run (county_code, id, region_code, kind, as_of, rules, asked_by, ended_at)
  VALUES ($1, $2, $1, 'asked', '2017-02-01', '["R05", "R06"]', 'seed', now())),
done AS (
  INSERT INTO funds.flag_run_rule (county_code, run_id, rule_code, region_code, rule_version, looked_n, candidates_n,
                                   hits_n, new_n, new_fen, covered, figures, began_at, ended_at, position)
  SELECT $1, $2, rule, $1, 1, 0, 0, 0, 0, 0, '{}', '[]', now(), now(), 1 FROM unnest(ARRAY['R05', 'R06']) rule),
raised AS (SELECT i, ('a0000000-0000-7' || lpad(to_hex(i / 16), 3, '0') || '-8' || lpad(to_hex(i % 16), 3, '0')
                       || '-000000000000')::uuid AS id FROM generate_series(0, 2999) i)
INSERT INTO funds.flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of, amount_fen, days,
                        facts, explanation, subject, subject_id, mark, run_id)
SELECT $1, id, $1 || '101' || CASE WHEN i % 2 = 0 THEN '201' ELSE '202' END,
       CASE WHEN i % 3 = 0 THEN 'R05' ELSE 'R06' END, 1, 0, '2017-02-01', 100, 0, '{}', 'x', 'payment', id, '', $2
  FROM raised"""


async def test_a_run_is_told_whole_and_a_page_of_it_reads_no_more_than_is_near(
    funds_http: httpx.AsyncClient, many: str, admin: asyncpg.Pool
) -> None:
    run = uuid4()
    async with admin.acquire() as owner, owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(DENSE, many, run)
    told = "SELECT id::text, rule_code, region_code FROM funds.flag WHERE county_code = $1 AND run_id = $2 ORDER BY id"
    thin = await admin.fetchval("SELECT run_id FROM funds.flag WHERE county_code = $1 ORDER BY run_id LIMIT 1", many)
    for asked, flags_n in ((run, 3_000), (thin, OF_RUN)):
        rows = await admin.fetch(told, many, asked)
        assert len(rows) == flags_n
        for region in (many, f"{many}101201"):
            for rule in (None, "R05"):
                seen = await walked(inspector(funds_http, region), run=str(asked), **({"rule": rule} if rule else {}))
                assert [flag["id"] for flag in seen] == [
                    row["id"]
                    for row in rows
                    if row["region_code"].startswith(region) and rule in {None, row["rule_code"]}
                ]
    middle = Window(after=["a0000000-0000-7010-8000-000000000000"], limit=9)

    async def page(tx: AsyncSession) -> Any:
        return await pages.page(
            tx, principal(many), many, middle, moment=MOMENT, asked=pages.Asked(run=run, rule="R05")
        )

    async def left(tx: AsyncSession) -> Any:
        return (
            await tx.execute(text("SELECT count(*) FROM funds.flag WHERE run_id = :run"), {"run": run})
        ).scalar_one()

    found, blocks = await cost(funds_http, many, page)
    assert [row.FlagRow.id.hex[13:20] for row in found] == [
        f"{n >> 4:03x}8{n & 15:03x}"[:7] for n in range(258, 287, 3)
    ]
    everything, all_blocks = await cost(funds_http, many, left)
    assert (everything, len(found)) == (3_000, 10)
    assert blocks <= 100, "fifty are looked at, ten are shown, each by its key"
    assert blocks < all_blocks


async def test_a_record_reads_tallies_and_what_was_decided(funds_http: httpx.AsyncClient, many: str) -> None:
    """40 lines out of 6,000 flags: a look for each decided one, and no more when there are ten times as many flags."""

    async def records(tx: AsyncSession) -> Any:
        return await record.records(tx, Place(many, many), MOMENT)

    async def walking(tx: AsyncSession) -> Any:
        return await record.records(tx, Place(many, many), MOMENT, once=True)

    (items, total), blocks = await cost(funds_http, many, records)
    counted = {one.rule_code: one for one in items if one.hits_n}
    assert {code: one.hits_n for code, one in counted.items()} == {"R05": RUNS * RARE, "R06": RUNS * (OF_RUN - RARE)}
    decided = counted["R06"]
    assert (decided.confirmed_n, decided.refuted_n, decided.precision_ppm) == (DECIDED // 2, DECIDED // 2, 500_000)
    (_, once), all_blocks = await cost(funds_http, many, walking)
    assert (once.distinct_fen, once.hits_n) == (total.flagged_fen, total.hits_n) == (RUNS * OF_RUN * 100, RUNS * OF_RUN)
    # Every decided flag is looked up twice (what became of it, what it names), by some four blocks each.
    assert blocks <= DECIDED * 12 + 400
    assert blocks < all_blocks


def test_what_is_asked_about_a_subject_lies_together() -> None:
    subject = uuid4()
    first, last = pages.named_about(subject)
    for rule in ("I01", "R19", "R25"):
        assert first <= flag_id(rule, subject, "时限") <= last
    assert not first <= flag_id("R19", UUID(int=subject.int ^ (1 << 127)), "时限") <= last
