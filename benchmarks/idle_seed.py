"""A county with a million lots over three years, written as sets; afterwards the laws of the ledger are counted out.

40,000 receipts, each handed down in 12 parts to townships; each part goes on after up to 240 days, one in two of them
whole, two in ten to a builder and eight to another office. So more than six in ten of all lots rest on the last day:
a county that sits on its money, the hard case for a report on what sits.

Each row is recorded on its day, all by one act. Written by a superuser straight into the tables with foreign keys
unchecked and secondary indexes built afterwards, because a million postings would take an hour; `verified` then asks
the tables whether the money is all there.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import asyncpg

from benchmarks.county import FUND, Place
from benchmarks.server import COUNTY
from migrations import responsibility_v1

LAST: Final = date(2020, 12, 31)
RECEIPTS: Final = 40_000
LINES_PER_NOTICE: Final = 100
LOTS: Final = 1_000_000

# What the statements below share: `office` is the n-th township's account, `day` the first of the three years.
_PLAN: Final = f"""
CREATE TEMP TABLE office AS SELECT row_number() OVER (ORDER BY a.id) - 1 AS n, a.id, a.region_code
  FROM funds.account a WHERE a.county_code = '{COUNTY}' AND a.kind = 'township_office';
CREATE TEMP TABLE top AS SELECT i, uuidv7() AS id, uuidv7() AS move, uuidv7() AS tranche,
       DATE '{LAST}' - 1095 + (i * 7919) % 1000 AS arrived, NULL::bigint AS fen
  FROM generate_series(0, {RECEIPTS - 1}) AS i ORDER BY i;
CREATE TEMP TABLE mid AS SELECT t.i, j, uuidv7() AS id, NULL::uuid AS move, o.id AS account, o.region_code AS region,
       least(t.arrived + 1 + (t.i * 31 + j * 17) % 180, DATE '{LAST}') AS arrived,
       10000 + (t.i * 13 + j * 7) % 9000 AS fen
  FROM top t CROSS JOIN generate_series(0, 11) AS j
  JOIN office o ON o.n = (t.i + j) % (SELECT count(*) FROM office);
UPDATE top SET fen = (i % 10 / 9) * 50000 + m.fen FROM (SELECT i AS of, sum(fen)::bigint AS fen FROM mid GROUP BY i) m
 WHERE m.of = top.i;
CREATE TEMP TABLE low AS SELECT m.i, m.j, uuidv7() AS id, NULL::uuid AS move,
       CASE WHEN (m.i * 3 + m.j) % 10 < 2 THEN $builder$ ELSE o.id END AS account,
       CASE WHEN (m.i * 3 + m.j) % 10 < 2 THEN '{COUNTY}' ELSE o.region_code END AS region,
       (m.i * 3 + m.j) % 10 < 2 AS spent,
       least(m.arrived + 1 + (m.i * 7 + m.j * 29) % 240, DATE '{LAST}') AS arrived,
       CASE WHEN (m.i + m.j * 5) % 8 > 3 THEN m.fen ELSE m.fen / 2 END AS fen,
       m.account AS source, m.region AS source_region
  FROM mid m JOIN office f ON f.id = m.account JOIN office o ON o.n = (f.n + 1) % (SELECT count(*) FROM office);
CREATE TEMP TABLE down AS SELECT uuidv7() AS id, account, arrived, sum(fen)::bigint AS fen FROM mid
 GROUP BY account, arrived;
CREATE TEMP TABLE onward AS SELECT uuidv7() AS id, source, account, arrived, spent, sum(fen)::bigint AS fen
  FROM low GROUP BY source, account, arrived, spent;
UPDATE mid SET move = d.id FROM down d WHERE d.account = mid.account AND d.arrived = mid.arrived;
UPDATE low SET move = o.id FROM onward o
 WHERE o.source = low.source AND o.account = low.account AND o.arrived = low.arrived AND o.spent = low.spent;
CREATE INDEX ON mid (i, j);
CREATE INDEX ON low (i, j);
ANALYZE top; ANALYZE mid; ANALYZE low;
"""
_NOTICES: Final = f"""
CREATE TEMP TABLE paper AS SELECT n, uuidv7() AS id FROM generate_series(0, {RECEIPTS // LINES_PER_NOTICE - 1}) AS n;
INSERT INTO funds.notice (id, region_code, issuer, title, document_key, cites, fund_code, fiscal_year, received_on,
                          received_on_basis, received_fen, brought_by, completeness, source)
SELECT p.id, '{COUNTY}', '十堰市财政局', '资金文件' || n, 'seed-' || n, '{{}}', '{FUND}', 2018, min(t.arrived),
       'assumed', sum(t.fen), 'lines', 'full', '性能测试'
  FROM paper p JOIN top t ON t.i / {LINES_PER_NOTICE} = p.n GROUP BY p.id, n;
INSERT INTO funds.notice_line (notice_id, part, line_no, kind, county_code, amount_printed, amount_fen)
SELECT p.id, 'line', t.i % {LINES_PER_NOTICE} + 1, 'item', '{COUNTY}', t.fen, t.fen
  FROM top t JOIN paper p ON t.i / {LINES_PER_NOTICE} = p.n;
INSERT INTO funds.tranche (county_code, id, notice_id, part, line_no, fund_code, fiscal_year, purpose, amount_fen,
                           received_on)
SELECT '{COUNTY}', t.tranche, p.id, 'line', t.i % {LINES_PER_NOTICE} + 1, '{FUND}', 2018, '用途', t.fen, t.arrived
  FROM top t JOIN paper p ON t.i / {LINES_PER_NOTICE} = p.n;
"""
_MOVEMENTS: Final = f"""
INSERT INTO funds.movement (county_code, id, kind, document, from_account_id, to_account_id, from_region, to_region,
                            effective_on, recorded_at, amount_fen, drawn, actor, position, document_key)
SELECT '{COUNTY}', move, 'receive', '文件', NULL, $treasury$, NULL, '{COUNTY}', arrived, arrived, fen, 'oldest',
       'seed', 1, move::text FROM top
UNION ALL SELECT '{COUNTY}', d.id, 'hand_down', '文件', $treasury$, d.account, '{COUNTY}', o.region_code, d.arrived,
       d.arrived, d.fen, 'oldest', 'seed', 1, d.id::text FROM down d JOIN office o ON o.id = d.account
UNION ALL SELECT '{COUNTY}', m.id, CASE WHEN spent THEN 'pay' ELSE 'hand_down' END, '文件', m.source, m.account,
       f.region_code, a.region_code, m.arrived, m.arrived, m.fen, 'oldest', 'seed', 1, m.id::text
  FROM onward m JOIN office f ON f.id = m.source JOIN funds.account a ON a.id = m.account;
"""
_LOTS: Final = f"""
INSERT INTO funds.lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, arrived_on,
                       clock_from, amount_fen, remaining_fen, last_drawn_on, is_terminal, emptied_on, position,
                       fiscal_year, last_position)
SELECT '{COUNTY}', t.id, t.tranche, '{FUND}', $treasury$, '{COUNTY}', t.move, t.arrived, t.arrived, t.fen,
       t.fen - m.fen, m.latest, false, CASE WHEN t.fen = m.fen THEN m.latest END, 1, 2018, 1
  FROM top t JOIN (SELECT i, sum(fen)::bigint AS fen, max(arrived) AS latest FROM mid GROUP BY i) m ON m.i = t.i
UNION ALL SELECT '{COUNTY}', m.id, t.tranche, '{FUND}', m.account, m.region, m.move, m.arrived, m.arrived, m.fen,
       m.fen - coalesce(l.fen, 0), l.arrived, false, CASE WHEN l.fen = m.fen THEN l.arrived END, 1, 2018,
       CASE WHEN l.i IS NOT NULL THEN 1 END
  FROM mid m JOIN top t ON t.i = m.i LEFT JOIN low l ON l.i = m.i AND l.j = m.j
UNION ALL SELECT '{COUNTY}', l.id, t.tranche, '{FUND}', l.account, l.region, l.move, l.arrived, l.arrived, l.fen,
       l.fen, NULL, l.spent, NULL, 1, 2018, NULL FROM low l JOIN top t ON t.i = l.i
 ORDER BY 2;
INSERT INTO funds.draw (county_code, to_lot_id, movement_id, from_lot_id, from_region, to_region, effective_on,
                        amount_fen, days_rested, position)
SELECT '{COUNTY}', m.id, m.move, t.id, '{COUNTY}', m.region, m.arrived, m.fen, m.arrived - t.arrived, 1
  FROM mid m JOIN top t ON t.i = m.i
UNION ALL SELECT '{COUNTY}', l.id, l.move, m.id, m.region, l.region, l.arrived, l.fen, l.arrived - m.arrived, 1
  FROM low l JOIN mid m ON m.i = l.i AND m.j = l.j
 ORDER BY 2;
"""
_ENTRIES: Final = f"""
INSERT INTO funds.entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, amount_fen,
                         position, recorded_on)
SELECT '{COUNTY}', account_id, movement_id, arrived_on, region_code, effective_on, sum(fen)::bigint, 1, effective_on
  FROM (
  SELECT l.account_id, l.movement_id, l.arrived_on, l.region_code, l.arrived_on AS effective_on, l.amount_fen AS fen
    FROM funds.lot l WHERE l.county_code = '{COUNTY}'
  UNION ALL SELECT f.account_id, d.movement_id, f.arrived_on, f.region_code, d.effective_on, -d.amount_fen
    FROM funds.draw d JOIN funds.lot f ON f.county_code = d.county_code AND f.id = d.from_lot_id
   WHERE d.county_code = '{COUNTY}') ends
 GROUP BY account_id, movement_id, arrived_on, region_code, effective_on ORDER BY 2, 3, 4;
UPDATE funds.account a SET sum_fen = e.fen, sum_fen_day = e.fen_day, charged_fen_days = e.charged FROM (
  SELECT account_id, sum(amount_fen) AS fen, sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')) AS fen_day,
         coalesce(sum(-amount_fen::numeric * (effective_on - arrived_on)) FILTER (WHERE amount_fen < 0), 0) AS charged
    FROM funds.entry WHERE county_code = '{COUNTY}' GROUP BY account_id) e
 WHERE a.county_code = '{COUNTY}' AND a.id = e.account_id;
"""
# What postings would have added up by month, by day and by fund.
_COUNTERS: Final = f"""
DELETE FROM funds.account_month;
INSERT INTO funds.account_month (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
SELECT county_code, account_id, date_trunc('month', effective_on)::date, region_code, sum(amount_fen),
       sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')),
       coalesce(sum(-amount_fen::numeric * (effective_on - arrived_on)) FILTER (WHERE amount_fen < 0), 0)
  FROM funds.entry GROUP BY 1, 2, 3, 4;
DELETE FROM funds.account_period;
{responsibility_v1.FILL};
"""
# Each must find nothing.
_LAWS: Final = {
    "a tranche is not where it should be (law 1)": """
      SELECT 1 FROM funds.tranche t JOIN (SELECT tranche_id, sum(remaining_fen) AS fen FROM funds.lot GROUP BY 1) l
        ON l.tranche_id = t.id WHERE l.fen <> t.amount_fen""",
    "a lot was not drawn by what it lost": """
      SELECT 1 FROM funds.lot l LEFT JOIN (SELECT from_lot_id, sum(amount_fen) AS fen FROM funds.draw GROUP BY 1) d
        ON d.from_lot_id = l.id WHERE l.amount_fen - l.remaining_fen <> coalesce(d.fen, 0)""",
    "a movement does not add up": """
      SELECT 1 FROM funds.movement m JOIN (SELECT movement_id, sum(amount_fen) AS fen FROM funds.lot GROUP BY 1) l
        ON l.movement_id = m.id WHERE l.fen <> m.amount_fen""",
    "an account's counter is not its lots": """
      SELECT 1 FROM funds.account a LEFT JOIN (SELECT account_id, sum(remaining_fen) AS fen FROM funds.lot GROUP BY 1) l
        ON l.account_id = a.id WHERE a.sum_fen <> coalesce(l.fen, 0)""",
    "a draw precedes its lot (law 4)": """
      SELECT 1 FROM funds.draw d JOIN funds.lot l ON l.id = d.from_lot_id
       WHERE d.effective_on < l.arrived_on OR d.days_rested <> d.effective_on - l.arrived_on""",
    "a lot is an orphan": """
      SELECT 1 FROM funds.lot l LEFT JOIN funds.movement m ON m.county_code = l.county_code AND m.id = l.movement_id
       WHERE m.id IS NULL OR m.to_account_id <> l.account_id""",
}
_TABLES: Final = ("movement", "lot", "draw", "entry")


async def fill(owner: asyncpg.Connection, place: Place) -> None:
    """Write the county's three years, build the indexes, gather statistics, and prove that the laws hold."""
    accounts = {"$treasury$": place.account("国库"), "$builder$": place.account("施工")}
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica; SET LOCAL work_mem = '256MB'")
        indexes = await owner.fetch(
            "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i"
            " WHERE i.indrelid = ANY(SELECT ('funds.' || t)::regclass FROM unnest($1::text[]) t) AND NOT i.indisunique",
            list(_TABLES),
        )
        for index in indexes:
            await owner.execute(f"DROP INDEX {index['name']}")
        for script in (_PLAN, _NOTICES, _MOVEMENTS, _LOTS, _ENTRIES, _COUNTERS):
            for mark, account in accounts.items():
                script = script.replace(mark, f"CAST('{account}' AS uuid)")  # noqa: PLW2901 - filled in
            await owner.execute(script)
        for index in indexes:
            await owner.execute(index["made"])
    await owner.execute(
        "VACUUM (ANALYZE) funds.lot, funds.draw, funds.movement, funds.entry, funds.tranche, funds.account,"
        " funds.account_month, funds.account_period"
    )
    await verified(owner)


async def verified(owner: asyncpg.Connection) -> None:
    """Raise unless there are a million lots and not a fen is missing."""
    lots = await owner.fetchval("SELECT count(*) FROM funds.lot")
    if lots != LOTS:
        msg = f"{lots} lots were seeded, not {LOTS}"
        raise AssertionError(msg)
    for broken, query in _LAWS.items():
        if await owner.fetchval(f"SELECT count(*) FROM ({query}) AS broken (one)"):
            raise AssertionError(broken)
