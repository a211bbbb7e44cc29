"""The SQL side of quarantines of money, version 1: fen that nobody moves until the inspectors release them.

What a quarantine keeps rests under a hold of each account, so everything that moves money knows of it already: what is
looked at, what is drawn by age, and what `post_movements` lets pass. `quarantine_money` writes it with the accounts
locked and holds once more that no lot keeps more than is there; a trigger lets nobody pay from such a hold, and nobody
end it but `release_money`. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.holds_v1 import _NEW_ID
from migrations.journal_v1 import scoped
from migrations.ledger_v2 import LIVE

ROLE = "funds_app"
_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

# p_lots: [{lot, asked_fen, kept_fen}]. The caller has locked the accounts of what is kept; they are locked again here.
QUARANTINE_MONEY = f"""
CREATE FUNCTION funds.quarantine_money(p_county text, p_id uuid, p_document text, p_ordered_on date, p_actor text, p_lots jsonb, p_today date)
RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; wrong text; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'a quarantine is of a whole county' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id IN (
      SELECT l.account_id FROM jsonb_to_recordset(p_lots) AS p(lot uuid, kept_fen bigint)
        JOIN lot l ON l.county_code = p_county AND l.id = p.lot WHERE p.kept_fen > 0) ORDER BY a.id FOR NO KEY UPDATE;
  at := next_position(p_county);
  INSERT INTO quarantine (county_code, id, document, ordered_on, kept_on, position)
    VALUES (p_county, p_id, p_document, p_ordered_on, p_today, at);
  WITH told AS MATERIALIZED (
    SELECT p.lot, p.asked_fen, p.kept_fen, l.account_id, l.region_code
      FROM jsonb_to_recordset(p_lots) AS p(lot uuid, asked_fen bigint, kept_fen bigint)
      LEFT JOIN lot l ON l.county_code = p_county AND l.id = p.lot),
  desks AS MATERIALIZED (
    SELECT t.account_id, {_NEW_ID} AS hold_id, sum(t.kept_fen)::bigint AS fen FROM told t WHERE t.kept_fen > 0 GROUP BY t.account_id),
  held AS (
    INSERT INTO hold (county_code, id, account_id, region_code, fund_code, amount_fen, document, purpose, expires_on, status, placed_by, position)
    SELECT p_county, d.hold_id, a.id, a.region_code, NULL, d.fen, p_document, '封存', NULL, 'held', p_actor, at
      FROM desks d JOIN account a ON a.county_code = p_county AND a.id = d.account_id),
  kept AS (
    INSERT INTO hold_lot (county_code, hold_id, lot_id, region_code, amount_fen)
    SELECT p_county, d.hold_id, t.lot, t.region_code, t.kept_fen FROM told t JOIN desks d ON d.account_id = t.account_id WHERE t.kept_fen > 0)
  INSERT INTO quarantine_lot (county_code, quarantine_id, lot_id, region_code, asked_fen, kept_fen, hold_id)
  SELECT p_county, p_id, t.lot, coalesce(t.region_code, p_county), t.asked_fen, t.kept_fen, CASE WHEN t.kept_fen > 0 THEN d.hold_id END
    FROM told t LEFT JOIN desks d ON d.account_id = t.account_id;
  SELECT q.lot_id::text INTO wrong FROM quarantine_lot q LEFT JOIN lot l ON l.county_code = p_county AND l.id = q.lot_id
   WHERE q.county_code = p_county AND q.quarantine_id = p_id AND q.kept_fen > 0 AND coalesce(l.remaining_fen, 0) <
         (SELECT sum(o.amount_fen) FROM hold_lot o JOIN hold h ON h.county_code = p_county AND h.id = o.hold_id
           WHERE o.county_code = p_county AND o.lot_id = q.lot_id AND {LIVE}) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'lot % holds less than that', wrong USING ERRCODE = 'QL424'; END IF;
  RETURN at;
END $$"""

RELEASE_MONEY = f"""
CREATE FUNCTION funds.release_money(p_county text, p_id uuid, p_document text, p_on date, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'a quarantine is of a whole county' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id IN (
      SELECT h.account_id FROM quarantine_lot q JOIN hold h ON h.county_code = p_county AND h.id = q.hold_id
       WHERE q.county_code = p_county AND q.quarantine_id = p_id) ORDER BY a.id FOR NO KEY UPDATE;
  at := next_position(p_county);
  UPDATE quarantine q SET released_on = p_on, release_document = p_document, lifted_on = p_today, released_position = at
   WHERE q.county_code = p_county AND q.id = p_id AND q.released_on IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'quarantine % is over', p_id USING ERRCODE = 'QL415'; END IF;
  UPDATE hold h SET status = 'voided', ended_position = at WHERE h.county_code = p_county AND h.status = 'held' AND h.id IN (
    SELECT q.hold_id FROM quarantine_lot q WHERE q.county_code = p_county AND q.quarantine_id = p_id);
  RETURN at;
END $$"""

# Whoever asks: no payment posts such a hold, no function voids it before the quarantine was released.
STAYS = """
CREATE FUNCTION funds.quarantined_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM quarantine_lot l JOIN quarantine q ON q.county_code = NEW.county_code AND q.id = l.quarantine_id
              WHERE l.county_code = NEW.county_code AND l.hold_id = NEW.id AND (NEW.status <> 'voided' OR q.released_on IS NULL)) THEN
    RAISE EXCEPTION 'hold % keeps money that is quarantined', NEW.id USING ERRCODE = 'QL415';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    """The functions, who may call them, who sees what; one statement each."""
    yield QUARANTINE_MONEY
    yield RELEASE_MONEY
    yield STAYS
    for function in (
        "quarantine_money(text, uuid, text, date, text, jsonb, date)",
        "release_money(text, uuid, text, date, date)",
        "quarantined_stays()",
    ):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.quarantine_money(text, uuid, text, date, text, jsonb, date) TO {ROLE}"
    yield f"GRANT EXECUTE ON FUNCTION funds.release_money(text, uuid, text, date, date) TO {ROLE}"
    yield "CREATE TRIGGER quarantined_stays BEFORE UPDATE ON funds.hold FOR EACH ROW EXECUTE FUNCTION funds.quarantined_stays()"
    yield from scoped("funds", ROLE, "quarantine", "county_code")
    yield from scoped("funds", ROLE, "quarantine_lot", "region_code")
    yield f"GRANT SELECT ON funds.quarantine, funds.quarantine_lot TO {ROLE}"
