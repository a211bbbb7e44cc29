"""The figures by which a backup is known again: sums per county, the end of every journal, rows of every table.

The sums are those of the lots, and of everything kept beside them: counters, entries, months, days, flows, spans,
holds; and of what was asked about them: runs, flags, what became of these, warnings, stops, publicity, lists, alerts.

Taken in one snapshot when a backup is made, computed anew after it was restored, and compared to the fen and the hash.
Read as a superuser, since rows are counted behind row-level security.
"""

from __future__ import annotations

from typing import Any, Final

import asyncpg

SCHEMAS: Final = ("funds", "audit", "identity")
VERSION_TABLE: Final = "schema_version"

_MONEY: Final = """
SELECT c.county, coalesce(t.fen, 0) AS received_fen, coalesce(l.fen, 0) AS remaining_fen,
       coalesce(a.fen, 0) AS counted_fen, coalesce(e.fen, 0) AS entered_fen, coalesce(m.n, 0) AS movements,
       coalesce(m.fen, 0) AS moved_fen, coalesce(p.n, 0) AS payments, coalesce(p.fen, 0) AS paid_fen,
       coalesce(s.fen, 0) AS spanned_fen, coalesce(b.fen, 0) AS returned_fen, coalesce(h.fen, 0) AS held_fen,
       coalesce(o.fen, 0) AS ordered_fen,
       coalesce(a.fen_day, 0) AS fen_days, coalesce(a.charged, 0) AS charged_fen_days,
       coalesce(w.fen, 0) AS month_fen, coalesce(w.fen_day, 0) AS month_fen_days, coalesce(f.fen, 0) AS flow_fen
  FROM (SELECT DISTINCT county_code AS county FROM funds.account) c
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.tranche
              GROUP BY 1) t USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(remaining_fen)::bigint AS fen FROM funds.lot
              GROUP BY 1) l USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(sum_fen)::bigint AS fen, sum(sum_fen_day) AS fen_day,
                    sum(charged_fen_days) AS charged FROM funds.account GROUP BY 1) a USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.entry
              GROUP BY 1) e USING (county)
  LEFT JOIN (SELECT county_code AS county, count(*) AS n, sum(amount_fen)::bigint AS fen FROM funds.movement
              GROUP BY 1) m USING (county)
  LEFT JOIN (SELECT county_code AS county, count(*) AS n, sum(amount_fen)::bigint AS fen FROM funds.payment
              GROUP BY 1) p USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(hi_fen - lo_fen)::bigint AS fen FROM funds.draw
              WHERE batch_id IS NOT NULL GROUP BY 1) s USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.payment_return
              GROUP BY 1) b USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.hold
              WHERE status = 'held' GROUP BY 1) h USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.treasury_order
              GROUP BY 1) o USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(net_fen)::bigint AS fen, sum(net_fen_day) AS fen_day
               FROM funds.account_month GROUP BY 1) w USING (county)
  LEFT JOIN (SELECT county_code AS county, sum(amount_fen)::bigint AS fen FROM funds.flow_month
              GROUP BY 1) f USING (county)
 ORDER BY c.county"""

# What is asked about the money, by county: each query counts its tables, and sums what they carry.
_ASKED: Final = (
    """
SELECT county_code AS county, count(*) AS periods, sum(net_fen)::bigint AS period_fen,
       sum(net_fen_day) AS period_fen_days, sum(charged_fen_days) AS period_charged_fen_days
  FROM funds.account_period GROUP BY 1""",
    """
SELECT r.county_code AS county, count(*) AS runs, count(*) FILTER (WHERE r.ended_at IS NOT NULL) AS runs_ended,
       sum(d.n)::bigint AS run_rules, sum(d.new_n)::bigint AS run_new_flags, sum(d.new_fen)::bigint AS run_new_fen
  FROM funds.flag_run r CROSS JOIN LATERAL (
    SELECT count(*) AS n, coalesce(sum(d.new_n), 0) AS new_n, coalesce(sum(d.new_fen), 0) AS new_fen
      FROM funds.flag_run_rule d WHERE d.county_code = r.county_code AND d.run_id = r.id) d GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS flags, sum(amount_fen)::bigint AS flagged_fen, sum(days)::bigint AS flag_days,
       count(run_id) AS flags_of_runs,
       coalesce(sum(amount_fen) FILTER (WHERE run_id IS NOT NULL), 0)::bigint AS fen_of_runs
  FROM funds.flag GROUP BY 1""",
    """
SELECT county_code AS county, sum(flags_n)::bigint AS tallied_flags, sum(flags_fen)::bigint AS tallied_fen,
       sum(named_fen)::bigint AS tallied_named_fen
  FROM funds.flag_tally WHERE region_code = county_code GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS flag_items, sum(amount_fen)::bigint AS flag_item_fen
  FROM funds.flag_money GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS outcomes, count(*) FILTER (WHERE outcome = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE outcome = 'refuted') AS refuted, sum(recovered_fen)::bigint AS recovered_fen
  FROM funds.flag_outcome GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS warnings, sum(flags_n)::bigint AS warned_flags,
       sum(amount_fen)::bigint AS warned_fen, count(acknowledged_on) AS warnings_acknowledged,
       count(explained_on) AS warnings_explained, count(closed_on) AS warnings_closed
  FROM funds.warning GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS escalations FROM funds.warning_escalation GROUP BY 1""",
    """
SELECT s.county_code AS county, count(*) AS stops, count(s.ended_on) AS stops_ended,
       sum(coalesce(s.ended_on, s.limit_on) - s.from_on)::bigint AS stop_days, sum(l.n)::bigint AS stopped_lots
  FROM funds.clock_stop s CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM funds.clock_stop_lot l WHERE l.county_code = s.county_code AND l.stop_id = s.id) l
 GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS publications FROM funds.publication GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS objections, count(closed_on) AS objections_answered
  FROM funds.batch_objection GROUP BY 1""",
    """
SELECT v.county_code AS county, count(*) AS lists, sum(v.rows_n)::bigint AS list_rows,
       coalesce(sum(v.hits_n), 0)::bigint AS list_hits, sum(e.n)::bigint AS list_entries,
       sum(e.fen)::bigint AS list_entry_fen
  FROM funds.comparison_version v CROSS JOIN LATERAL (
    SELECT count(*) AS n, coalesce(sum(e.amount_fen), 0) AS fen FROM funds.comparison_entry e
     WHERE e.county_code = v.county_code AND e.version_id = v.id) e GROUP BY 1""",
    """
SELECT county_code AS county, count(*) AS alerts, sum(amount_fen)::bigint AS alerted_fen,
       count(*) FILTER (WHERE status <> 'new') AS alerts_dealt_with
  FROM audit.alert GROUP BY 1""",
)

Figures = dict[str, Any]


async def figures_of(connection: asyncpg.Connection) -> Figures:
    """Every figure of the database as a flat mapping from a name to a number or a hash."""
    found: Figures = {}
    for schema in SCHEMAS:
        revision = await connection.fetchval(f"SELECT version_num FROM {schema}.{VERSION_TABLE}")
        found[f"版本 {schema}"] = revision
    for query in (_MONEY, *_ASKED):
        for row in await connection.fetch(query):
            for name, value in row.items():
                if name != "county":
                    found[f"县 {row['county']} {name}"] = int(value)
    for schema in SCHEMAS:
        for row in await connection.fetch(f"SELECT stream, position, hash FROM {schema}.stream_head ORDER BY stream"):
            found[f"流水 {schema} {row['stream']}"] = f"{row['position']} {row['hash'].hex()}"
    for table in await _tables(connection):
        found[f"行数 {table}"] = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return found


async def _tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
        list(SCHEMAS),
    )
    return [row["name"] for row in rows]


async def holds_data(connection: asyncpg.Connection) -> bool:
    """Whether anything was ever recorded here: a journal with an event in it."""
    for schema in SCHEMAS:
        if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.event") and await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM {schema}.event)"
        ):
            return True
    return False


def differences(before: Figures, after: Figures) -> list[str]:
    """The names of all figures that are not the same, or are on one side only."""
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]
