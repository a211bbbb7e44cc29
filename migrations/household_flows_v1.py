"""The SQL side of what households got, version 1: by the place where they live, and the place of the desk that paid.

A township pays the households of its villages, so the flows of accounts say nothing of a village. Each roster keeps once,
when it is checked, what it pays to which place; the sums by month and by year follow from it and from returns, by
triggers in the act itself. So no question reads a payment. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.flows_v1 import DAYS, MOVED, READING
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

# What of a movement `u` households of which place got, by which desk's place: the rows of a roster by place; or what came
# back from cards, of the place of its row, or of '' when it is no row's (追缴).
_PARTS = """
  SELECT u.from_region AS desk_region, p.region_code, b.fund_code, p.amount_fen AS fen, p.rows_n::bigint AS n
    FROM funds.batch_place p
    JOIN funds.payment_batch b ON b.county_code = p.county_code AND b.id = p.batch_id
   WHERE p.county_code = u.county_code AND p.batch_id = u.batch_id
  UNION ALL
  SELECT u.to_region, coalesce(r.region_code, ''), l.fund_code, -l.amount_fen, 0
    FROM funds.account c
    JOIN funds.lot l ON l.county_code = u.county_code AND l.movement_id = u.id {lot}
    LEFT JOIN funds.payment_return r ON r.county_code = u.county_code AND r.movement_id = u.id
   WHERE u.kind IN ('return', 'recover') AND c.county_code = u.county_code AND c.id = u.from_account_id AND c.kind = 'households'"""

# Undoing takes its fen out of what it undoes, on its own day. A fund of '' is every fund.
_INTO = """
  INSERT INTO funds.household_flow AS f (county_code, fund_code, grain, since, desk_region, region_code, amount_fen, payments_n)"""
_MORE = """
  ON CONFLICT (county_code, fund_code, grain, since, desk_region, region_code)
  DO UPDATE SET amount_fen = f.amount_fen + excluded.amount_fen, payments_n = f.payments_n + excluded.payments_n"""
_GRAINS = "CROSS JOIN (VALUES ('month'), ('year')) AS g(grain)"


def _add(which: str, lot: str = "") -> str:
    return f"""{_INTO}
  SELECT m.county_code, h.fund_code, g.grain, date_trunc(g.grain, m.effective_on::timestamp)::date, w.desk_region, w.region_code,
         sum(s.sign * w.fen)::bigint, sum(s.sign * w.n)::bigint
    FROM funds.movement m
    JOIN funds.movement u ON u.county_code = m.county_code AND u.id = coalesce(m.reverses_id, m.id)
   CROSS JOIN LATERAL (SELECT CASE WHEN m.reverses_id IS NULL THEN 1 ELSE -1 END AS sign) s
   CROSS JOIN LATERAL ({_PARTS.format(lot=lot)}) w
   CROSS JOIN LATERAL (VALUES (''), (w.fund_code)) AS h(fund_code)
   {_GRAINS}
   WHERE {which}
   GROUP BY 1, 2, 3, 4, 5, 6{_MORE}"""


_PLACES = """
  INSERT INTO funds.batch_place (county_code, batch_id, region_code, rows_n, amount_fen)
  SELECT p.county_code, p.batch_id, p.region_code, count(*), sum(p.amount_fen)::bigint FROM funds.payment p
   WHERE {which} GROUP BY 1, 2, 3"""

FILL = (_PLACES.format(which="true"), _add("true"))

# A return is of no row until its row is written, in the same act.
_MOVE_TO_ROW = f"""{_INTO}
  SELECT NEW.county_code, h.fund_code, g.grain, date_trunc(g.grain, NEW.effective_on::timestamp)::date, m.to_region, w.region_code,
         sum(w.sign * l.amount_fen)::bigint, 0
    FROM funds.movement m
    JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
   CROSS JOIN (VALUES ('', 1), (NEW.region_code, -1)) AS w(region_code, sign)
   CROSS JOIN LATERAL (VALUES (''), (l.fund_code)) AS h(fund_code)
   {_GRAINS}
   WHERE m.county_code = NEW.county_code AND m.id = NEW.movement_id
   GROUP BY 1, 2, 3, 4, 5, 6{_MORE}"""

_THIS = "m.county_code = NEW.county_code AND m.id = NEW.id"
_TRIGGERS = {
    "batch_places": (
        "UPDATE OF status ON funds.payment_batch",
        "OLD.status = 'draft' AND NEW.status = 'checked'",
        _PLACES.format(which="p.county_code = NEW.county_code AND p.batch_id = NEW.id"),
    ),
    "household_flow_paid": ("INSERT ON funds.movement", "NEW.batch_id IS NOT NULL", _add(_THIS)),
    "household_flow_undone": ("INSERT ON funds.movement", "NEW.reverses_id IS NOT NULL", _add(_THIS)),
    "household_flow_back": (
        "INSERT ON funds.lot",
        "NEW.restores_lot_id IS NOT NULL",
        _add(
            "m.county_code = NEW.county_code AND m.id = NEW.movement_id AND m.kind IN ('return', 'recover')",
            "AND l.id = NEW.id",
        ),
    ),
    "household_flow_of_row": ("INSERT ON funds.payment_return", "true", _MOVE_TO_ROW),
}

# (place of the desk, place where they live, fen they kept, payments) of all that touches the place by either.
HOUSED = f"""
CREATE FUNCTION funds.housed(p_county text, p_root text, p_as_of date, p_known bigint, p_known_on date, p_fund text)
RETURNS TABLE (desk_region text, region_code text, fen bigint, payments_n bigint)
LANGUAGE plpgsql {READING} AS $$
#variable_conflict use_column
DECLARE until date; month_on date; year_on date;
BEGIN{DAYS}
  year_on := date_trunc('year', until::timestamp)::date;
  RETURN QUERY SELECT s.desk_region, s.region_code, sum(s.fen)::bigint, sum(s.n)::bigint FROM (
      SELECT f.desk_region, f.region_code, f.amount_fen AS fen, f.payments_n AS n FROM household_flow f
       WHERE f.county_code = p_county AND f.fund_code = coalesce(p_fund, '') AND f.grain = 'year' AND f.since < year_on
      UNION ALL
      SELECT f.desk_region, f.region_code, f.amount_fen, f.payments_n FROM household_flow f
       WHERE f.county_code = p_county AND f.fund_code = coalesce(p_fund, '') AND f.grain = 'month' AND f.since >= year_on
         AND f.since < month_on
      UNION ALL
      SELECT w.desk_region, w.region_code, v.sign * w.fen, v.sign * w.n
        FROM ({MOVED}) m
       CROSS JOIN LATERAL (SELECT * FROM movement u WHERE u.county_code = p_county AND u.id = coalesce(m.reverses_id, m.id)
                              AND (u.batch_id IS NOT NULL OR u.kind IN ('return', 'recover')) OFFSET 0) u
       CROSS JOIN LATERAL ({_PARTS.format(lot="")} OFFSET 0) w
       CROSS JOIN LATERAL (SELECT CASE WHEN m.reverses_id IS NULL THEN m.sign ELSE -m.sign END AS sign) v
       WHERE p_fund IS NULL OR w.fund_code = p_fund) s
   WHERE s.desk_region LIKE p_root || '%' OR s.region_code LIKE p_root || '%'
   GROUP BY s.desk_region, s.region_code HAVING sum(s.fen) <> 0 OR sum(s.n) <> 0;
END $$"""
_SIGNATURE = "housed(text, text, date, bigint, date, text)"


def statements() -> Iterator[str]:
    """Triggers, the sums of what was recorded before, and their reading; both tables are there and empty."""
    for name, (event, when, act) in _TRIGGERS.items():
        yield f"""
CREATE FUNCTION funds.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  {act};
  RETURN NULL;
END $$"""
        yield f"REVOKE ALL ON FUNCTION funds.{name}() FROM PUBLIC"
        yield f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION funds.{name}()"
    yield from FILL
    yield HOUSED
    yield f"REVOKE ALL ON FUNCTION funds.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.{_SIGNATURE} TO {ROLE}"
    yield from scoped("funds", ROLE, "batch_place", "region_code")
    yield from scoped("funds", ROLE, "household_flow", "desk_region", "region_code")
