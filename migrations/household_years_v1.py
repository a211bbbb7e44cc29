"""The SQL side of what households got by budget year, version 1: of which year's money it was, by the place they live in.

A roster may be paid out of lots of several budget years, and only its running sum says which row was fed by which lot.
So each posted roster keeps once what it paid to which place out of which year: with one year what it keeps by place
already, with several by the spans of its draws; a payment out of two years counts in both. The sums by month and year follow from that and from returns, by triggers
in the act itself, as those of every year do (`household_flows_v1`). Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS, MOVED, READING
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

# What of a movement `u` households of which place got out of which year: the rows of a roster, or what came back from cards.
_PARTS = """
  SELECT u.from_region AS desk_region, y.region_code, b.fund_code, y.fiscal_year, y.amount_fen AS fen, y.rows_n::bigint AS n
    FROM funds.batch_year y
    JOIN funds.payment_batch b ON b.county_code = y.county_code AND b.id = y.batch_id
   WHERE y.county_code = u.county_code AND y.batch_id = u.batch_id
  UNION ALL
  SELECT u.to_region, coalesce(r.region_code, ''), l.fund_code, l.fiscal_year, -l.amount_fen, 0
    FROM funds.account c
    JOIN funds.lot l ON l.county_code = u.county_code AND l.movement_id = u.id {lot}
    LEFT JOIN funds.payment_return r ON r.county_code = u.county_code AND r.movement_id = u.id
   WHERE u.kind IN ('return', 'recover') AND c.county_code = u.county_code AND c.id = u.from_account_id AND c.kind = 'households'"""

_INTO = """
  INSERT INTO funds.household_year AS f (county_code, fiscal_year, fund_code, grain, since, desk_region, region_code, amount_fen, payments_n)"""
_MORE = """
  ON CONFLICT (county_code, fiscal_year, fund_code, grain, since, desk_region, region_code)
  DO UPDATE SET amount_fen = f.amount_fen + excluded.amount_fen, payments_n = f.payments_n + excluded.payments_n"""
_GRAINS = "CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)"


def _add(which: str, lot: str = "") -> str:
    """Undoing takes its fen out of what it undoes, on its own day."""
    return f"""{_INTO}
  SELECT m.county_code, w.fiscal_year, w.fund_code, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date, w.desk_region,
         w.region_code, sum(s.sign * w.fen)::bigint, sum(s.sign * w.n)::bigint
    FROM funds.movement m
    JOIN funds.movement u ON u.county_code = m.county_code AND u.id = coalesce(m.reverses_id, m.id)
   CROSS JOIN LATERAL (SELECT CASE WHEN m.reverses_id IS NULL THEN 1 ELSE -1 END AS sign) s
   CROSS JOIN LATERAL ({_PARTS.format(lot=lot)}) w
   {_GRAINS}
   WHERE {which}
   GROUP BY 1, 2, 3, 4, 5, 6, 7{_MORE}"""


_YEARS = "INSERT INTO funds.batch_year (county_code, batch_id, region_code, fiscal_year, rows_n, amount_fen)"
# Out of one year: what the roster keeps by place.
_OF_ONE_YEAR = f"""
  {_YEARS}
  SELECT p.county_code, p.batch_id, p.region_code, o.year, p.rows_n, p.amount_fen
    FROM (SELECT d.county_code, d.batch_id, min(l.fiscal_year) AS year FROM funds.draw d
            JOIN funds.lot l ON l.county_code = d.county_code AND l.id = d.to_lot_id
           WHERE {{which}} GROUP BY 1, 2 HAVING min(l.fiscal_year) = max(l.fiscal_year)) o
    JOIN funds.batch_place p ON p.county_code = o.county_code AND p.batch_id = o.batch_id"""
# Out of several: as much of each row as lies in a year's spans.
_OF_MORE = f"""
  {_YEARS}
  SELECT r.county_code, r.batch_id, r.region_code, r.fiscal_year, count(*), sum(r.fen)::bigint FROM (
    SELECT p.county_code, p.batch_id, p.region_code, l.fiscal_year, p.line,
           sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)) AS fen
      FROM (SELECT d.county_code, d.batch_id FROM funds.draw d
              JOIN funds.lot l ON l.county_code = d.county_code AND l.id = d.to_lot_id
             WHERE {{which}} GROUP BY 1, 2 HAVING min(l.fiscal_year) < max(l.fiscal_year)) o
      JOIN funds.draw d ON d.county_code = o.county_code AND d.batch_id = o.batch_id
      JOIN funds.lot l ON l.county_code = d.county_code AND l.id = d.to_lot_id
      JOIN funds.payment p ON p.county_code = d.county_code AND p.batch_id = d.batch_id AND p.line BETWEEN d.first_line AND d.last_line
     GROUP BY 1, 2, 3, 4, 5) r
   GROUP BY 1, 2, 3, 4"""

FILL = (
    _OF_ONE_YEAR.format(which="d.batch_id IS NOT NULL"),
    _OF_MORE.format(which="d.batch_id IS NOT NULL"),
    _add("true"),
)

# A return is of no row until its row is written, in the same act.
_MOVE_TO_ROW = f"""{_INTO}
  SELECT NEW.county_code, l.fiscal_year, l.fund_code, g.grain, date_trunc(g.grain, NEW.effective_on::timestamp)::date, m.to_region,
         w.region_code, sum(w.sign * l.amount_fen)::bigint, 0
    FROM funds.movement m
    JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
   CROSS JOIN (VALUES ('', 1), (NEW.region_code, -1)) AS w(region_code, sign)
   {_GRAINS}
   WHERE m.county_code = NEW.county_code AND m.id = NEW.movement_id
   GROUP BY 1, 2, 3, 4, 5, 6, 7{_MORE}"""

_OWN = "d.county_code = NEW.county_code AND d.batch_id = NEW.id"
_TRIGGERS = {
    "household_year_paid": (
        "UPDATE OF status ON funds.payment_batch",
        "OLD.status <> 'posted' AND NEW.status = 'posted'",
        (
            _OF_ONE_YEAR.format(which=_OWN),
            _OF_MORE.format(which=_OWN),
            _add(
                "m.county_code = NEW.county_code AND m.id = (SELECT d.movement_id FROM funds.draw d"
                f" WHERE {_OWN} AND d.lo_fen = 0)"
            ),
        ),
    ),
    "household_year_undone": (
        "INSERT ON funds.movement",
        "NEW.reverses_id IS NOT NULL",
        (_add("m.county_code = NEW.county_code AND m.id = NEW.id"),),
    ),
    "household_year_back": (
        "INSERT ON funds.lot",
        "NEW.restores_lot_id IS NOT NULL",
        (
            _add(
                "m.county_code = NEW.county_code AND m.id = NEW.movement_id AND m.kind IN ('return', 'recover')",
                "AND l.id = NEW.id",
            ),
        ),
    ),
    "household_year_of_row": ("INSERT ON funds.payment_return", "true", (_MOVE_TO_ROW,)),
}

_OF = "f.county_code = p_county AND f.fiscal_year = p_year AND (p_fund IS NULL OR f.fund_code = p_fund)"
# (place of the desk, place where they live, fen they kept, payments) of all that touches the place by either, out of one year.
HOUSED = f"""
CREATE FUNCTION funds.housed_of_year(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_fund text, p_year int)
RETURNS TABLE (desk_region text, region_code text, fen bigint, payments_n bigint)
LANGUAGE plpgsql {READING} AS $$
#variable_conflict use_column
DECLARE until date; month_on date; year_on date;
BEGIN{DAYS}
  year_on := date_trunc('year', until::timestamp)::date;
  RETURN QUERY SELECT s.desk_region, s.region_code, sum(s.fen)::bigint, sum(s.n)::bigint FROM (
      SELECT f.desk_region, f.region_code, f.amount_fen AS fen, f.payments_n AS n FROM household_year f
       WHERE {_OF} AND f.grain = 'year' AND f.since < year_on
      UNION ALL
      SELECT f.desk_region, f.region_code, f.amount_fen, f.payments_n FROM household_year f
       WHERE {_OF} AND f.grain = 'month' AND f.since >= year_on AND f.since < month_on
      UNION ALL
      SELECT w.desk_region, w.region_code, v.sign * w.fen, v.sign * w.n
        FROM ({MOVED}) m
       CROSS JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = coalesce(m.reverses_id, m.id)
                              AND (u.batch_id IS NOT NULL OR u.kind IN ('return', 'recover')) OFFSET 0) u
       CROSS JOIN LATERAL ({_PARTS.format(lot="")} OFFSET 0) w
       CROSS JOIN LATERAL (SELECT CASE WHEN m.reverses_id IS NULL THEN m.sign ELSE -m.sign END AS sign) v
       WHERE w.fiscal_year = p_year AND (p_fund IS NULL OR w.fund_code = p_fund)) s
   WHERE s.desk_region LIKE p_root || '%' OR s.region_code LIKE p_root || '%'
   GROUP BY s.desk_region, s.region_code HAVING sum(s.fen) <> 0 OR sum(s.n) <> 0;
END $$"""
_SIGNATURE = "housed_of_year(text, text, date, bigint, date, text, int)"


def statements() -> Iterator[str]:
    """Triggers, the sums of what was posted before, and their reading; both tables are there and empty."""
    for name, (event, when, acts) in _TRIGGERS.items():
        yield f"""
CREATE FUNCTION funds.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_sort = off SET work_mem = '64MB' AS $$
BEGIN
  {";".join(acts)};
  RETURN NULL;
END $$"""
        yield f"REVOKE ALL ON FUNCTION funds.{name}() FROM PUBLIC"
        yield f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION funds.{name}()"
    yield from FILL
    yield HOUSED
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
    yield from scoped("funds", ROLE, "batch_year", "region_code")
    yield from scoped("funds", ROLE, "household_year", "desk_region", "region_code")
