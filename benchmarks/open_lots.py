"""A county with ten million open lots, 100,000 for each of 100 days, and rules that were asked about them yesterday.

Each day of the run 1 % of all lots crosses the first line of I01 (180 days). Written by a superuser straight into the
tables in the order of arrival, foreign keys unchecked and indexes built afterwards; the daily run of the day before is
one row that says how far it came.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from benchmarks.county import FUND, Place
from benchmarks.server import COUNTY

TODAY: Final = date(2020, 12, 31)
LINE_DAYS: Final = 180
A_DAY: Final = 100_000
DAYS: Final = 100
LOTS: Final = A_DAY * DAYS
# The clocks that have passed 180 days yesterday began up to this day; today those of the next day follow.
COVERED: Final = TODAY - timedelta(days=LINE_DAYS + 2)
CROSSING: Final = COVERED + timedelta(days=1)
FIRST: Final = CROSSING - timedelta(days=DAYS // 2)

_SEED: Final = f"""
CREATE TEMP TABLE office AS SELECT row_number() OVER (ORDER BY a.id) - 1 AS n, a.id, a.region_code
  FROM funds.account a WHERE a.county_code = '{COUNTY}' AND a.kind = 'township_office';
CREATE TEMP TABLE paper AS SELECT n, uuidv7() AS id FROM generate_series(0, 99) AS n;
INSERT INTO funds.notice (id, region_code, issuer, title, document_key, cites, fund_code, fiscal_year, received_on,
                          received_on_basis, received_fen, brought_by, completeness, source)
SELECT id, '{COUNTY}', '十堰市财政局', '资金文件' || n, 'open-' || n, '{{}}', '{FUND}', 2020, DATE '{FIRST}', 'assumed',
       10000000000, 'lines', 'full', '性能测试' FROM paper;
CREATE TEMP TABLE line AS SELECT i, uuidv7() AS id FROM generate_series(0, 9999) AS i;
INSERT INTO funds.tranche (county_code, id, notice_id, part, line_no, fund_code, fiscal_year, purpose, amount_fen,
                           received_on)
SELECT '{COUNTY}', l.id, p.id, 'line', l.i / 100 + 1, '{FUND}', 2020, '用途', 100000000, DATE '{FIRST}'
  FROM line l JOIN paper p ON p.n = l.i % 100;
INSERT INTO funds.lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, arrived_on,
                       clock_from, amount_fen, remaining_fen, is_terminal, position, fiscal_year)
SELECT '{COUNTY}', uuidv7(), l.id, '{FUND}', o.id, o.region_code, l.id, DATE '{FIRST}' + d, DATE '{FIRST}' + d,
       100000, 100000, false, 1, 2020
  FROM generate_series(0, {DAYS - 1}) AS d CROSS JOIN generate_series(0, {A_DAY - 1}) AS g
  JOIN line l ON l.i = g % 10000 JOIN office o ON o.n = g % (SELECT count(*) FROM office)
 ORDER BY d;
"""


async def fill(owner: asyncpg.Connection, place: Place) -> None:
    """Write the lots and gather statistics. `place` has to have its offices."""
    if not place.townships:
        msg = "the county has no townships"
        raise AssertionError(msg)
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica; SET LOCAL work_mem = '512MB'")
        indexes = await owner.fetch(
            "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i"
            " WHERE i.indrelid = 'funds.lot'::regclass AND NOT i.indisunique"
        )
        for index in indexes:
            await owner.execute(f"DROP INDEX {index['name']}")
        await owner.execute(_SEED, timeout=900)
        for index in indexes:
            await owner.execute(index["made"], timeout=300)
    await owner.execute("VACUUM (ANALYZE) funds.lot, funds.tranche, funds.notice, funds.account", timeout=600)
    lots = await owner.fetchval("SELECT count(*) FROM funds.lot WHERE county_code = $1 AND is_resting", COUNTY)
    if lots != LOTS:
        msg = f"{lots} lots were seeded, not {LOTS}"
        raise AssertionError(msg)


async def yesterday(owner: asyncpg.Connection, covered: date = COVERED) -> None:
    """The daily run of the day before, which came as far as `covered`."""
    from services.funds_api.flags.rules import i01_idle  # noqa: PLC0415 - what a benchmark knows of the rules

    run = uuid4()
    kinds = "+".join(sorted(i01_idle.KINDS))
    reached = {f"提示:{kinds}": str(covered), f"第2线:{kinds}": str(FIRST), f"第3线:{kinds}": str(FIRST)}
    await owner.execute(
        "INSERT INTO funds.flag_run (county_code, id, region_code, kind, as_of, rules, asked_by, ended_at)"
        " VALUES ($1, $2, $1, 'daily', $3, '[\"I01\"]', 'seed', now())",
        COUNTY,
        run,
        TODAY - timedelta(days=1),
    )
    await owner.execute("ALTER TABLE funds.flag_run_rule DISABLE TRIGGER known_from")
    await owner.execute(
        "INSERT INTO funds.flag_run_rule (county_code, run_id, rule_code, region_code, rule_version, looked_n,"
        " candidates_n, hits_n, new_n, new_fen, covered, figures, began_at, ended_at, position)"
        " VALUES ($1, $2, 'I01', $1, $3, 0, 0, 0, 0, 0, $4::text::jsonb, '[]', now(), now(), 1)",
        COUNTY,
        run,
        i01_idle.RULE.version,
        str(reached).replace("'", '"'),
    )
    await owner.execute("ALTER TABLE funds.flag_run_rule ENABLE TRIGGER known_from")


async def ask_today(owner: asyncpg.Connection) -> UUID:
    """A daily run for today, waiting to be done."""
    run = uuid4()
    await owner.execute(
        "INSERT INTO funds.flag_run (county_code, id, region_code, kind, as_of, rules, asked_by)"
        " VALUES ($1, $2, $1, 'daily', $3, '[\"I01\"]', 'seed')",
        COUNTY,
        run,
        TODAY,
    )
    return run


async def forget(owner: asyncpg.Connection) -> None:
    """As it was before today's run: for the next measurement."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("TRUNCATE funds.flag, funds.flag_tally, funds.warning CASCADE")
    await owner.execute(
        "DELETE FROM funds.flag_run_rule r USING funds.flag_run f WHERE f.id = r.run_id AND f.as_of = $1",
        TODAY,
    )
    await owner.execute("DELETE FROM funds.flag_run WHERE as_of = $1", TODAY)
    await owner.execute("SET session_replication_role = DEFAULT")
    await owner.execute("CHECKPOINT")
