"""Three years of a county with 300 villages and ten funds, written as sets; afterwards the laws are counted out.

The county is a real one with 287 villages (统计用区划代码 2023); thirteen more are generated and called 生成村.

First what every village gets and spends: ten funds, each handed down quarter by quarter through its township, half of
it paid to a builder. Then payments to households, as many as are asked for: batches of 2,500, each fed by twelve lots
of one tranche that came down the same way. A day's acts are one entry of the journal; one movement in a hundred was
recorded up to 200 days late.

Written by a superuser with foreign keys unchecked, because ten million rows through the API would take a day; the
cells of these payments do not open, and nobody opens them.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import asyncpg

from benchmarks.county import Place
from benchmarks.server import COUNTY
from migrations import household_flows_v1, household_years_v1, responsibility_v1

FIRST: Final = date(2017, 1, 1)
LAST: Final = date(2020, 12, 31)
YEARS: Final = (2017, 2018, 2019)  # of the budgets that the money belongs to
VILLAGES: Final = 300
FUNDS: Final = tuple(f"BENCH-{n}" for n in range(10))
ROWS: Final = 2_500
SPANS: Final = 12
FEN: Final = 10_000

_PLACES: Final = f"""
INSERT INTO funds.fund (code, name, level, stream) SELECT f, f, 'province', '扶贫发展' FROM unnest($funds$) AS f;
-- The list has 287 villages for this county; the missing ones are generated, and their names say so.
INSERT INTO funds.region (code, name, level, parent_code, listed_year)
SELECT t.code || (900 + n), '生成村' || n, 'village', t.code, t.listed_year
  FROM (SELECT *, row_number() OVER (ORDER BY code) AS at, count(*) OVER () AS townships FROM funds.region
         WHERE level = 'township' AND code LIKE '{COUNTY}%') t
  JOIN generate_series(1, {VILLAGES} - (SELECT count(*) FROM funds.region
                                         WHERE level = 'village' AND code LIKE '{COUNTY}%')) AS n
    ON n % t.townships + 1 = t.at;
CREATE TEMP TABLE place AS SELECT code, (row_number() OVER (ORDER BY code))::int - 1 AS n,
       uuidv7() AS unit, uuidv7() AS id
  FROM funds.region WHERE level = 'village' AND code LIKE '{COUNTY}%' ORDER BY code LIMIT {VILLAGES};
INSERT INTO funds.unit (county_code, id, region_code, name, kind)
SELECT '{COUNTY}', unit, code, code || '村集体', 'village_collective' FROM place;
INSERT INTO funds.account (county_code, id, unit_id, region_code, name, book, kind)
SELECT '{COUNTY}', id, unit, code, '专户', 'cash', 'village_collective' FROM place;
CREATE TEMP TABLE village AS
SELECT p.n, p.id, p.code AS region, o.id AS office, o.region_code AS township FROM place p
  JOIN funds.account o ON o.county_code = '{COUNTY}' AND o.kind = 'township_office' AND o.region_code = left(p.code, 9);
"""
# The acts before were recorded before the first of these years, so that the journal's times rise with its numbers.
_JOURNAL: Final = f"""
UPDATE funds.event SET recorded_at = TIMESTAMPTZ '2016-01-01' + position * interval '1 second'
 WHERE stream = '{COUNTY}';
CREATE TEMP TABLE zero AS SELECT position FROM funds.stream_head WHERE stream = '{COUNTY}';
INSERT INTO funds.event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome,
                         recorded_at, hash)
SELECT '{COUNTY}', z.position + day, uuidv7(), 'MoneyMoved', '{{}}', 'seed', 'seed', 'seed-' || day, '', '{{}}',
       (DATE '{FIRST}' + day - 1 + TIME '18:00') AT TIME ZONE 'Asia/Shanghai', ''
  FROM zero z, generate_series(1, DATE '{LAST}' - DATE '{FIRST}' + 1) AS day;
UPDATE funds.stream_head h SET (position, recorded_at) =
  (SELECT e.position, e.recorded_at FROM funds.event e WHERE e.stream = h.stream ORDER BY e.position DESC LIMIT 1)
 WHERE stream = '{COUNTY}';
"""
# A part is a lot with the movement that made it and the lot it was drawn from.
_PART: Final = """
CREATE TEMP TABLE part (id uuid, up uuid, move uuid, kind text, source uuid, source_region text, account uuid,
                        region text, arrived date, fen bigint, fund int, tranche uuid, batch uuid, lo bigint);
"""
_VILLAGES: Final = f"""
CREATE TEMP TABLE cell AS SELECT v.*, f, q, DATE '{FIRST}' + 4 + q * 91 AS top_on, uuidv7() AS low, uuidv7() AS paid,
       DATE '{FIRST}' + 14 + q * 91 + (f + v.n) % 20 AS low_on, 20000 + (v.n * 37 + f * 11 + q) % 900 * 100 AS fen
  FROM village v, generate_series(0, 9) AS f, generate_series(0, 11) AS q;
CREATE TEMP TABLE top AS SELECT f, q, uuidv7() AS id, uuidv7() AS move, uuidv7() AS tranche, top_on,
       sum(fen)::bigint AS fen FROM cell GROUP BY f, q, top_on;
CREATE TEMP TABLE mid AS SELECT f, q, office, township, uuidv7() AS id, uuidv7() AS move, top_on + 7 AS mid_on,
       sum(fen)::bigint AS fen FROM cell GROUP BY f, q, office, township, top_on;
INSERT INTO part SELECT id, NULL, move, 'receive', NULL, NULL, $treasury$, '{COUNTY}', top_on, fen, f, tranche FROM top;
INSERT INTO part SELECT m.id, t.id, m.move, 'hand_down', $treasury$, '{COUNTY}', m.office, m.township, m.mid_on, m.fen,
       m.f, t.tranche FROM mid m JOIN top t USING (f, q);
INSERT INTO part SELECT c.low, m.id, uuidv7(), 'hand_down', c.office, c.township, c.id, c.region, c.low_on, c.fen, c.f,
       t.tranche FROM cell c JOIN mid m USING (f, q, office) JOIN top t USING (f, q);
INSERT INTO part SELECT c.paid, c.low, uuidv7(), 'pay', c.id, c.region, $builder$, '{COUNTY}',
       c.low_on + 10 + (c.n * 3 + f) % 30, c.fen / 2, c.f, t.tranche FROM cell c JOIN top t USING (f, q);
DROP TABLE cell, top, mid;
"""
_BATCHES: Final = f"""
CREATE TEMP TABLE batch AS
SELECT b, uuidv7() AS id, v.id AS account, v.region, v.office, v.township, b / {VILLAGES} % 10 AS f,
       uuidv7() AS top, uuidv7() AS tranche, uuidv7() AS a, uuidv7() AS m, uuidv7() AS l, uuidv7() AS p,
       DATE '{FIRST}' + 9 + (b * 7919) % 980 AS top_on
  FROM generate_series($first$, $last$) AS b JOIN village v ON v.n = b % {VILLAGES} ORDER BY b;
CREATE TEMP TABLE span AS
SELECT b.*, j, uuidv7() AS mid, uuidv7() AS low, uuidv7() AS paid, (j * {ROWS} / {SPANS} * {FEN})::bigint AS lo,
       ((j + 1) * {ROWS} / {SPANS} * {FEN} - j * {ROWS} / {SPANS} * {FEN})::bigint AS fen
  FROM batch b, generate_series(0, {SPANS - 1}) AS j;
INSERT INTO part SELECT top, NULL, a, 'receive', NULL, NULL, $treasury$, '{COUNTY}', top_on, {ROWS * FEN}, f, tranche
  FROM batch;
INSERT INTO part SELECT mid, top, m, 'hand_down', $treasury$, '{COUNTY}', office, township, top_on + 7, fen, f, tranche
  FROM span;
INSERT INTO part SELECT low, mid, l, 'hand_down', office, township, account, region, top_on + 16, fen, f, tranche
  FROM span;
INSERT INTO part SELECT paid, low, p, 'disburse', account, region, $cards$, '{COUNTY}', top_on + 30, fen, f, tranche,
       id, lo FROM span;
INSERT INTO funds.payment_batch (county_code, id, region_code, account_id, fund_code, entitlement, document,
                                 effective_on, status, rows_good, total_fen, uploaded_by, approved_by, created_by)
SELECT '{COUNTY}', id, region, account, 'BENCH-' || f, 'filler ' || b, '发放', top_on + 30, 'posted', {ROWS},
       {ROWS * FEN}, 'a', 'b', 'a' FROM batch;
DROP TABLE span;
"""
_ROWS: Final = f"""
INSERT INTO funds.payment_rows (county_code, batch_id, line, region_code, household_id, payee_token, payee_cell,
                                amount_fen, cum_fen)
SELECT '{COUNTY}', b.id, at, b.region, b.id, substr(sha256(b.id::text::bytea || int4send(at)), 1, 16),
       decode(repeat(md5(at::text), 7), 'hex'), {FEN}, at * {FEN}::bigint
  FROM batch b CROSS JOIN generate_series(1, {ROWS}) AS at WHERE b.b BETWEEN $1 AND $2"""
# A movement's own number decides how late it was recorded.
_TIMED: Final = f"""
CREATE TEMP TABLE timed AS
SELECT p.*, r.recorded_on, z.position + (r.recorded_on - DATE '{FIRST}') + 1 AS position,
       extract(year FROM min(p.arrived) OVER (PARTITION BY p.tranche))::int AS year
  FROM part p, zero z, LATERAL (
    SELECT least(p.arrived + CASE WHEN abs(hashtext(p.move::text)) % 100 = 0
                                  THEN 20 + abs(hashtext(p.move::text)) / 100 % 180 ELSE 0 END, DATE '{LAST}')
           AS recorded_on) r;
CREATE TEMP TABLE seeded AS SELECT t.*, coalesce(d.fen, 0) AS drawn, d.latest, d.last_position
  FROM timed t LEFT JOIN (SELECT up, sum(fen)::bigint AS fen, max(arrived) AS latest, max(position) AS last_position
                            FROM timed GROUP BY up) d ON d.up = t.id;
ANALYZE seeded;
"""
_NOTICE: Final = f"""
CREATE TEMP TABLE paper AS SELECT uuidv7() AS id;
INSERT INTO funds.notice (id, region_code, issuer, title, document_key, cites, fund_code, fiscal_year, received_on,
                          received_on_basis, received_fen, brought_by, completeness, source)
SELECT p.id, '{COUNTY}', '十堰市财政局', '资金文件', p.id::text, '{{}}', 'BENCH-0', 2017, min(s.arrived), 'assumed',
       sum(s.fen), 'lines', 'full', '性能测试' FROM paper p, seeded s WHERE s.up IS NULL GROUP BY p.id;
CREATE TEMP TABLE line AS SELECT s.*, row_number() OVER (ORDER BY s.id) AS n, p.id AS notice FROM seeded s, paper p
 WHERE s.up IS NULL;
INSERT INTO funds.notice_line (notice_id, part, line_no, kind, county_code, amount_printed, amount_fen)
SELECT notice, 'line', n, 'item', '{COUNTY}', fen, fen FROM line;
INSERT INTO funds.tranche (county_code, id, notice_id, part, line_no, fund_code, fiscal_year, purpose, amount_fen,
                           received_on)
SELECT '{COUNTY}', tranche, notice, 'line', n, 'BENCH-' || fund, year, '用途', fen, arrived FROM line;
"""
_LEDGER: Final = f"""
INSERT INTO funds.movement (county_code, id, kind, document, document_key, from_account_id, to_account_id, from_region,
                            to_region, effective_on, recorded_at, position, amount_fen, drawn, batch_id, actor)
SELECT '{COUNTY}', move, kind, '文件', move::text, source, account, source_region, region, arrived,
       (recorded_on + TIME '12:00') AT TIME ZONE 'Asia/Shanghai', position, sum(fen), 'oldest', batch, 'seed'
  FROM seeded GROUP BY move, kind, source, account, source_region, region, arrived, recorded_on, position, batch
 ORDER BY 2;
INSERT INTO funds.lot (county_code, id, tranche_id, fund_code, account_id, region_code, movement_id, fiscal_year,
                       arrived_on, clock_from, amount_fen, remaining_fen, last_drawn_on, last_position, is_terminal,
                       emptied_on, position)
SELECT '{COUNTY}', id, tranche, 'BENCH-' || fund, account, region, move, year, arrived, arrived, fen, fen - drawn,
       latest, last_position, kind IN ('pay', 'disburse'), CASE WHEN drawn = fen THEN latest END, position
  FROM seeded ORDER BY 2;
INSERT INTO funds.draw (county_code, to_lot_id, movement_id, from_lot_id, from_region, to_region, effective_on,
                        amount_fen, days_rested, batch_id, lo_fen, hi_fen, first_line, last_line, position)
SELECT '{COUNTY}', s.id, s.move, s.up, s.source_region, s.region, s.arrived, s.fen, s.arrived - u.arrived, s.batch,
       s.lo, s.lo + s.fen, s.lo / {FEN} + 1, (s.lo + s.fen) / {FEN}, s.position
  FROM seeded s JOIN seeded u ON u.id = s.up ORDER BY 2;
INSERT INTO funds.entry (county_code, account_id, movement_id, arrived_on, region_code, effective_on, recorded_on,
                         position, amount_fen)
SELECT '{COUNTY}', account, move, arrived, region, on_day, recorded_on, position, sum(fen) FROM (
  SELECT account, move, arrived, region, arrived AS on_day, recorded_on, position, fen FROM seeded
  UNION ALL SELECT s.source, s.move, u.arrived, s.source_region, s.arrived, s.recorded_on, s.position, -s.fen
    FROM seeded s JOIN seeded u ON u.id = s.up) ends
 GROUP BY account, move, arrived, region, on_day, recorded_on, position ORDER BY 2, 3, 4;
INSERT INTO funds.flow_month AS f (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year,
                                   from_region, to_region, amount_fen)
SELECT '{COUNTY}', date_trunc('month', arrived)::date, kind,
       coalesce(source, '00000000-0000-0000-0000-000000000000'), account, 'BENCH-' || fund, year, source_region, region,
       sum(fen) FROM seeded GROUP BY 2, 3, 4, 5, 6, 7, 8, 9
ON CONFLICT (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year)
  DO UPDATE SET amount_fen = f.amount_fen + excluded.amount_fen;
DELETE FROM funds.flow_period WHERE county_code = '{COUNTY}';
INSERT INTO funds.flow_period (county_code, grain, since, flow, from_account_id, to_account_id, from_region, to_region,
                               amount_fen, payments_n)
SELECT '{COUNTY}', g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date, m.kind,
       coalesce(m.from_account_id, '00000000-0000-0000-0000-000000000000'), m.to_account_id, m.from_region, m.to_region,
       sum(m.amount_fen), coalesce(sum(b.rows_good), 0)
  FROM funds.movement m LEFT JOIN funds.payment_batch b ON b.county_code = m.county_code AND b.id = m.batch_id
 CROSS JOIN (VALUES ('month'), ('year')) AS g(grain) WHERE m.county_code = '{COUNTY}' GROUP BY 2, 3, 4, 5, 6, 7, 8;
DELETE FROM funds.account_month WHERE county_code = '{COUNTY}';
INSERT INTO funds.account_month (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
SELECT county_code, account_id, date_trunc('month', effective_on)::date, region_code, sum(amount_fen),
       sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')),
       coalesce(sum(-amount_fen::numeric * (effective_on - arrived_on)) FILTER (WHERE amount_fen < 0), 0)
  FROM funds.entry WHERE county_code = '{COUNTY}' GROUP BY 1, 2, 3, 4;
DELETE FROM funds.account_period;
{responsibility_v1.FILL};
UPDATE funds.account a SET sum_fen = m.fen, sum_fen_day = m.fen_day, charged_fen_days = m.charged FROM (
  SELECT account_id, sum(net_fen) AS fen, sum(net_fen_day) AS fen_day, sum(charged_fen_days) AS charged
    FROM funds.account_month WHERE county_code = '{COUNTY}' GROUP BY account_id) m
 WHERE a.county_code = '{COUNTY}' AND a.id = m.account_id;
"""
# All rows of a batch are of its village.
_HOUSED: Final = f"""
TRUNCATE funds.batch_place, funds.household_flow, funds.batch_year, funds.household_year;
INSERT INTO funds.batch_place (county_code, batch_id, region_code, rows_n, amount_fen, lines)
SELECT county_code, id, region_code, rows_good, total_fen, array(SELECT generate_series(1, rows_good))
  FROM funds.payment_batch WHERE county_code = '{COUNTY}'"""
# Each must find nothing.
_LAWS: Final = {
    "a tranche is not where it should be (law 1)": """
      SELECT 1 FROM funds.tranche t JOIN (SELECT tranche_id, sum(remaining_fen) AS fen FROM funds.lot GROUP BY 1) l
        ON l.tranche_id = t.id WHERE l.fen <> t.amount_fen""",
    "an account's counter is not its lots": """
      SELECT 1 FROM funds.account a LEFT JOIN (SELECT account_id, sum(remaining_fen) AS fen FROM funds.lot GROUP BY 1) l
        ON l.account_id = a.id WHERE a.sum_fen <> coalesce(l.fen, 0)""",
    "an account did not get what flowed to it": """
      SELECT 1 FROM funds.account a LEFT JOIN (
        SELECT e.id, sum(CASE WHEN e.id = f.to_account_id THEN f.amount_fen ELSE -f.amount_fen END) AS fen
          FROM funds.flow_month f, LATERAL (VALUES (f.from_account_id), (f.to_account_id)) AS e(id)
         GROUP BY e.id) f ON f.id = a.id WHERE a.sum_fen <> coalesce(f.fen, 0)""",
    "the flows of a year are not those of its months, or not those by fund": """
      SELECT 1 FROM (
        SELECT flow, from_account_id, to_account_id, extract(year FROM since) AS year,
               sum(amount_fen) FILTER (WHERE grain = 'year') AS year_fen,
               sum(amount_fen) FILTER (WHERE grain = 'month') AS months_fen,
               sum(payments_n * CASE grain WHEN 'year' THEN 1 ELSE -1 END) AS n
          FROM funds.flow_period GROUP BY 1, 2, 3, 4) p
        FULL JOIN (SELECT flow, from_account_id, to_account_id, extract(year FROM month) AS year, sum(amount_fen) AS fen
                     FROM funds.flow_month GROUP BY 1, 2, 3, 4) f USING (flow, from_account_id, to_account_id, year)
       WHERE p.n <> 0 OR (p.year_fen, p.months_fen) IS DISTINCT FROM (f.fen, f.fen)""",
    "a draw precedes its lot (law 4)": """
      SELECT 1 FROM funds.draw d JOIN funds.lot l ON l.id = d.from_lot_id
       WHERE d.effective_on < l.arrived_on OR d.days_rested <> d.effective_on - l.arrived_on""",
    "the spans of a batch are not its total": """
      SELECT 1 FROM funds.payment_batch b LEFT JOIN (
        SELECT batch_id, sum(amount_fen) AS fen, max(hi_fen) AS hi FROM funds.draw GROUP BY batch_id) d
        ON d.batch_id = b.id WHERE (d.fen, d.hi) IS DISTINCT FROM (b.total_fen::numeric, b.total_fen)""",
    "what households got by budget year is not what they got": """
      SELECT 1 FROM (SELECT fund_code, grain, since, sum(amount_fen) AS fen, sum(payments_n) AS n
                       FROM funds.household_flow WHERE fund_code <> '' GROUP BY 1, 2, 3) h
        FULL JOIN (SELECT fund_code, grain, since, sum(amount_fen) AS fen, sum(payments_n) AS n
                     FROM funds.household_year GROUP BY 1, 2, 3) y USING (fund_code, grain, since)
       WHERE (h.fen, h.n) IS DISTINCT FROM (y.fen, y.n)""",
}
_PIECE: Final = 200  # batches, half a million rows


async def _run(owner: asyncpg.Connection, place: Place, *scripts: str, **numbers: int) -> None:
    marks = {"treasury": "国库", "builder": "施工", "cards": "农户"}
    for script in scripts:
        filled = script.replace("$funds$", f"ARRAY{list(FUNDS)}")
        for mark, unit in marks.items():
            filled = filled.replace(f"${mark}$", f"CAST('{place.account(unit)}' AS uuid)")
        for name, number in numbers.items():
            filled = filled.replace(f"${name}$", str(number))
        await owner.execute(filled)


async def begin(owner: asyncpg.Connection, place: Place) -> None:
    """What every village got and spent in three years, on `owner`'s connection, which goes on with `grow`."""
    await owner.execute("SET session_replication_role = replica; SET work_mem = '256MB'")
    await _run(owner, place, _PLACES, _JOURNAL, _PART, _VILLAGES)
    await _posted(owner, place)


async def grow(owner: asyncpg.Connection, place: Place, first: int, last: int) -> None:
    """The batches of these numbers with their payments; then statistics, and the proof that the laws hold."""
    await _run(owner, place, _BATCHES, first=first, last=last)
    await owner.execute("DROP INDEX funds.ix_payment_payee")
    for start in range(first, last + 1, _PIECE):
        await owner.execute(_ROWS, start, min(start + _PIECE - 1, last))
    await owner.execute("CREATE INDEX ix_payment_payee ON funds.payment (county_code, payee_token)")
    await owner.execute("DROP TABLE batch")
    await _posted(owner, place)
    for broken, query in _LAWS.items():
        if await owner.fetchval(f"SELECT count(*) FROM ({query}) AS broken (one)"):
            raise AssertionError(broken)


async def _posted(owner: asyncpg.Connection, place: Place) -> None:
    await _run(owner, place, _TIMED, _NOTICE, _LEDGER)
    await owner.execute(_HOUSED)
    for filled in (household_flows_v1.FILL[1], *household_years_v1.FILL):
        await owner.execute(filled)
    await owner.execute("DROP TABLE timed, seeded, paper, line; TRUNCATE part")
    for table in ("payment", "lot", "draw", "movement", "entry", "flow_month", "flow_period", "account_month",
                  "account_period",
                  "payment_batch", "batch_place", "batch_year", "household_flow", "household_year", "tranche", "event",
                  "account"):  # fmt: skip
        await owner.execute(f"VACUUM (ANALYZE) funds.{table}")
