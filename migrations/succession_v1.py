"""The SQL side of successions, version 1: money that goes over from a county whose code ended to the one that follows.

What rests on desks of the old county leaves its books by movements of the kind `succeed` (`ledger_v4`). The new county
receives it in tranches of its own, a lot for each lot; `record_succession` pairs the two and holds that they are the
same fen, fund, year and clock. `earlier_hops` leads a trace over the border. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations import traces_v1
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE

_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

# An act on two counties takes their books in the order of codes: accounts, then the head, then those of the next county.
# So no ring is made with an act that does the same, nor with the postings of either.
HOLD_BOOKS = f"""
CREATE FUNCTION funds.hold_books(p_county text, p_accounts uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'the county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id = ANY(p_accounts) ORDER BY a.id FOR NO KEY UPDATE;
  PERFORM next_position(p_county);
END $$"""

# p_pairs: [{out, in}], lots that the act has just made in the old county's `outside` and in the new county's accounts.
RECORD_SUCCESSION = f"""
CREATE FUNCTION funds.record_succession(p_id uuid, p_from text, p_to text, p_document text, p_effective_on date, p_actor text,
                                        p_pairs jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE total bigint; pairs bigint; here bigint; there bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT (p_from LIKE scope || '%' AND p_to LIKE scope || '%') THEN
    RAISE EXCEPTION 'a county is outside the region' USING ERRCODE = 'QL403';
  END IF;
  here := next_position(least(p_from, p_to));
  there := next_position(greatest(p_from, p_to));
  IF p_from > p_to THEN
    SELECT there, here INTO here, there;
  END IF;
  -- The same fen on both sides, all that left and all that came.
  SELECT count(*), sum(o.amount_fen) INTO pairs, total
    FROM jsonb_to_recordset(p_pairs) AS p("out" uuid, "in" uuid)
    JOIN lot o ON o.county_code = p_from AND o.id = p."out" AND o.position = here
    JOIN movement om ON om.county_code = p_from AND om.id = o.movement_id AND om.kind = 'succeed' AND om.effective_on = p_effective_on
    JOIN tranche ot ON ot.county_code = p_from AND ot.id = o.tranche_id
    JOIN lot i ON i.county_code = p_to AND i.id = p."in" AND i.position = there
    JOIN movement im ON im.county_code = p_to AND im.id = i.movement_id AND im.kind = 'receive' AND im.effective_on = p_effective_on
    JOIN tranche it ON it.county_code = p_to AND it.id = i.tranche_id AND it.succession_id = p_id
   WHERE (i.amount_fen, i.fund_code, i.fiscal_year, i.clock_from, it.notice_id, it.part, it.line_no)
       = (o.amount_fen, o.fund_code, o.fiscal_year, o.clock_from, ot.notice_id, ot.part, ot.line_no);
  IF pairs IS DISTINCT FROM jsonb_array_length(p_pairs)
     OR pairs <> (SELECT count(*) FROM movement m JOIN lot o ON o.county_code = p_from AND o.movement_id = m.id
                   WHERE m.county_code = p_from AND m.position = here)
     OR pairs <> (SELECT count(*) FROM movement m JOIN lot i ON i.county_code = p_to AND i.movement_id = m.id
                   WHERE m.county_code = p_to AND m.position = there)
     OR total <> (SELECT sum(t.amount_fen) FROM tranche t WHERE t.county_code = p_to AND t.succession_id = p_id) THEN
    RAISE EXCEPTION 'what left % is not what came to %', p_from, p_to USING ERRCODE = 'QL001';
  END IF;
  INSERT INTO succession (county_code, id, side, other_county, document, effective_on, amount_fen, actor, recorded_at, position)
  VALUES (p_from, p_id, 'out', p_to, p_document, p_effective_on, total, p_actor, clock_timestamp(), here),
         (p_to, p_id, 'in', p_from, p_document, p_effective_on, total, p_actor, clock_timestamp(), there);
  INSERT INTO succession_lot (county_code, lot_id, succession_id, side, region_code, tranche_id, movement_id, amount_fen,
                              other_county, other_lot_id, other_tranche_id)
  SELECT x.county, x.lot, p_id, x.side, x.region, x.tranche, x.movement, o.amount_fen, x.other, x.other_lot, x.other_tranche
    FROM jsonb_to_recordset(p_pairs) AS p("out" uuid, "in" uuid)
    JOIN lot o ON o.county_code = p_from AND o.id = p."out"
    JOIN movement om ON om.county_code = p_from AND om.id = o.movement_id
    JOIN lot i ON i.county_code = p_to AND i.id = p."in"
   CROSS JOIN LATERAL (VALUES
     (p_from, o.id, 'out', om.from_region, o.tranche_id, o.movement_id, p_to, i.id, i.tranche_id),
     (p_to, i.id, 'in', i.region_code, i.tranche_id, i.movement_id, p_from, o.id, o.tranche_id))
     AS x(county, lot, side, region, tranche, movement, other, other_lot, other_tranche);
  RETURN total;
END $$"""

# What a receipt of a succession had come by before, in however many counties, oldest first; as JSON by receipt. The
# caller has been shown the payment it leads to, in p_county.
EARLIER_HOPS = f"""
CREATE FUNCTION funds.earlier_hops(p_county text, p_receipts uuid[]) RETURNS TABLE (receipt_id uuid, hops text)
LANGUAGE plpgsql STABLE {_AS_OWNER} AS $$
DECLARE scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT (p_county LIKE scope || '%' OR scope LIKE p_county || '%') THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH RECURSIVE way AS (
    SELECT s.movement_id AS receipt, s.other_county AS county, s.other_lot_id AS lot_id, 0 AS depth
      FROM lot l JOIN succession_lot s ON s.county_code = p_county AND s.lot_id = l.id AND s.side = 'in'
     WHERE l.county_code = p_county AND l.movement_id = ANY(p_receipts)
    UNION ALL
    SELECT w.receipt, up.county, up.lot_id, w.depth + 1 FROM way w CROSS JOIN LATERAL (
      SELECT w.county, d.from_lot_id AS lot_id FROM draw d WHERE d.county_code = w.county AND d.to_lot_id = w.lot_id
      UNION ALL
      SELECT s.other_county, s.other_lot_id FROM succession_lot s
       WHERE s.county_code = w.county AND s.lot_id = w.lot_id AND s.side = 'in') up)
  SELECT w.receipt, json_agg(json_build_object('county_code', w.county, 'tranche_id', l.tranche_id, 'movement_id', m.id,
           'kind', m.kind, 'document', m.document, 'effective_on', m.effective_on, 'from_unit', fu.name, 'to_unit', tu.name,
           'days_rested', d.days_rested) ORDER BY w.depth DESC)::text
    FROM way w
    JOIN lot l ON l.county_code = w.county AND l.id = w.lot_id
    JOIN movement m ON m.county_code = w.county AND m.id = l.movement_id
    JOIN account ta ON ta.county_code = w.county AND ta.id = m.to_account_id
    JOIN unit tu ON tu.county_code = w.county AND tu.id = ta.unit_id
    LEFT JOIN draw d ON d.county_code = w.county AND d.to_lot_id = l.id
    LEFT JOIN account fa ON fa.county_code = w.county AND fa.id = m.from_account_id
    LEFT JOIN unit fu ON fu.county_code = w.county AND fu.id = fa.unit_id
   GROUP BY w.receipt;
END $$"""


def _ways() -> str:
    """Version 1 of `payment_ways`, which also says of a tranche that it came by a succession."""
    found = traces_v1.PAYMENT_WAYS
    for old, new in (
        ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
        ("'fund_code', t.fund_code,", "'fund_code', t.fund_code, 'succession_id', t.succession_id,"),
        ("SELECT t.notice_id, t.fund_code FROM tranche t", "SELECT t.notice_id, t.fund_code, t.succession_id FROM tranche t"),
    ):  # fmt: skip
        if found.count(old) != 1:
            msg = f"version 1 is not what this version goes on from: {old}"
            raise ValueError(msg)
        found = found.replace(old, new)
    return found


SIGNATURES = (
    "hold_books(text, uuid[])",
    "record_succession(uuid, text, text, text, date, text, jsonb)",
    "earlier_hops(text, uuid[])",
)


def statements() -> Iterator[str]:
    """The functions, and who sees both tables, which are there and empty."""
    yield from (HOLD_BOOKS, RECORD_SUCCESSION, EARLIER_HOPS, _ways())
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
    yield from scoped("funds", ROLE, "succession", "county_code")
    yield from scoped("funds", ROLE, "succession_lot", "region_code")
    yield f"GRANT SELECT ON funds.succession, funds.succession_lot TO {ROLE}"
