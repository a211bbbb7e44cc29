"""The SQL side of holds, version 1: voiding takes its locks as a posting does, and undoing a payment holds its fen again.

`void_hold` locks the account of the hold, then the head of the stream, then the hold: the order in which postings take
them. `keep_again` follows the posting of a reversal, for every hold that the undone payment had drawn on: a successor
keeps exactly what came back and stands there still, in the lots where it stands now, until the same day. What the payment had left of its hold
was freed by it and stays free. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

# A UUIDv7 as the application makes them, for any PostgreSQL >= 15: how many holds there are is known in here alone.
_NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
          substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid"""

VOID_HOLD = f"""
CREATE OR REPLACE FUNCTION funds.void_hold(p_county text, p_id uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  PERFORM 1 FROM account a JOIN hold h ON h.county_code = p_county AND h.account_id = a.id AND h.id = p_id AND h.region_code LIKE scope || '%'
   WHERE a.county_code = p_county FOR NO KEY UPDATE OF a;
  at := next_position(p_county);
  UPDATE hold h SET status = 'voided', ended_position = at
   WHERE h.county_code = p_county AND h.id = p_id AND h.region_code LIKE scope || '%' AND h.status = 'held';
  IF NOT FOUND THEN RAISE EXCEPTION 'hold % is over', p_id USING ERRCODE = 'QL412'; END IF;
  RETURN at;
END $$"""

# The posting that this follows has locked the account and the head of the stream; nobody drew the new lots yet. A hold is
# drawn on by the movement that names it, those of returned rows by the parts of the roster that pays the rows again.
KEEP_AGAIN = f"""
CREATE OR REPLACE FUNCTION funds.keep_again(p_county text, p_reversal uuid) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE back record; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT m.actor, m.position, u.position AS undone, u.hold_id INTO back FROM movement m
    JOIN movement u ON u.county_code = p_county AND u.id = m.reverses_id
   WHERE m.county_code = p_county AND m.id = p_reversal
     AND (m.from_region LIKE scope || '%' OR m.to_region LIKE scope || '%')
     AND m.position = (SELECT h.position + 1 FROM stream_head h WHERE h.stream = p_county);
  IF NOT FOUND THEN RAISE EXCEPTION 'what is kept again has no reversal of its own act' USING ERRCODE = 'QL404'; END IF;
  RETURN QUERY
    WITH stands AS MATERIALIZED (
      SELECT k.hold_id, l.id AS lot_id, l.amount_fen FROM lot l
        JOIN hold_lot k ON k.county_code = p_county AND k.lot_id = l.restores_lot_id
        JOIN hold h ON h.county_code = p_county AND h.id = k.hold_id AND h.status = 'posted' AND h.ended_position = back.undone
       WHERE l.county_code = p_county AND l.movement_id = p_reversal AND l.remaining_fen = l.amount_fen),
    again AS MATERIALIZED (
      SELECT r.movement_id, s.hold_id AS ended, {_NEW_ID} AS id, s.fen
        FROM (SELECT hold_id, sum(amount_fen)::bigint AS fen FROM stands GROUP BY hold_id) s
        LEFT JOIN payment_return r ON r.county_code = p_county AND r.hold_id = s.hold_id
       WHERE r.movement_id IS NOT NULL OR s.hold_id = back.hold_id),
    placed AS (
      INSERT INTO hold (county_code, id, account_id, region_code, fund_code, amount_fen, document, purpose, expires_on, status,
                        placed_by, position)
      SELECT p_county, a.id, h.account_id, h.region_code, h.fund_code, a.fen, h.document, h.purpose, h.expires_on, 'held',
             back.actor, back.position FROM again a JOIN hold h ON h.county_code = p_county AND h.id = a.ended),
    kept AS (
      INSERT INTO hold_lot (county_code, hold_id, lot_id, region_code, amount_fen)
      SELECT p_county, a.id, s.lot_id, h.region_code, s.amount_fen FROM again a
        JOIN stands s ON s.hold_id = a.ended JOIN hold h ON h.county_code = p_county AND h.id = a.ended),
    renamed AS (
      UPDATE payment_return r SET hold_id = a.id FROM again a
       WHERE r.county_code = p_county AND r.movement_id = a.movement_id)
    SELECT a.id FROM again a;
END $$"""


def functions() -> Iterator[str]:
    yield VOID_HOLD
    yield KEEP_AGAIN
