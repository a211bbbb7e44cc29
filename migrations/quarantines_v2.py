"""The SQL side of quarantines of money, version 2: a finding's own recovery draws what is quarantined for it, in one act.

`quarantine_hold` names every hold that ever kept fen of a quarantine: a hold that was drawn on has an heir of what is left.
`recover_of_finding` takes the drawn fen out of the finding's own quarantines, oldest first, posts the recovery, and tells each
change; nothing else shrinks a quarantine. What such a recovery took is kept again by a trigger as soon as it is undone, while
the quarantine is in force: no way out leads over a recovery and its reversal. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.holds_v1 import _NEW_ID
from migrations.journal_v1 import scoped

ROLE = "funds_app"
_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"

NAMED_HOLDS = f"""
CREATE FUNCTION funds.quarantine_is_held() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  INSERT INTO quarantine_hold (county_code, hold_id, quarantine_id, region_code, position)
  SELECT h.county_code, h.id, NEW.quarantine_id, h.region_code, h.position FROM hold h
   WHERE h.county_code = NEW.county_code AND h.id = NEW.hold_id
  ON CONFLICT (county_code, hold_id) DO NOTHING;
  RETURN NULL;
END $$"""

# What version 1 keeps, and for which finding: only that finding's recoveries draw it.
QUARANTINE_FOR = f"""
CREATE FUNCTION funds.quarantine_for(p_county text, p_id uuid, p_finding uuid, p_document text, p_ordered_on date, p_actor text,
                                     p_lots jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint := quarantine_money(p_county, p_id, p_document, p_ordered_on, p_actor, p_lots, p_today);
BEGIN
  UPDATE quarantine q SET finding_id = p_finding WHERE q.county_code = p_county AND q.id = p_id;
  RETURN at;
END $$"""

# As version 1, of every hold that keeps something of it now.
RELEASE_MONEY = f"""
CREATE OR REPLACE FUNCTION funds.release_money(p_county text, p_id uuid, p_document text, p_on date, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  IF scope IS NULL OR NOT p_county LIKE scope || '%' THEN
    RAISE EXCEPTION 'a quarantine is of a whole county' USING ERRCODE = 'QL403';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id IN (
      SELECT h.account_id FROM quarantine_hold q JOIN hold h ON h.county_code = p_county AND h.id = q.hold_id
       WHERE q.county_code = p_county AND q.quarantine_id = p_id) ORDER BY a.id FOR NO KEY UPDATE;
  at := next_position(p_county);
  UPDATE quarantine q SET released_on = p_on, release_document = p_document, lifted_on = p_today, released_position = at
   WHERE q.county_code = p_county AND q.id = p_id AND q.released_on IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'quarantine % is over', p_id USING ERRCODE = 'QL415'; END IF;
  UPDATE hold h SET status = 'voided', ended_position = at WHERE h.county_code = p_county AND h.status = 'held' AND h.id IN (
    SELECT q.hold_id FROM quarantine_hold q WHERE q.county_code = p_county AND q.quarantine_id = p_id);
  RETURN at;
END $$"""

# Nobody ends such a hold but a release, or a recovery that leaves the rest to an heir.
STAYS = f"""
CREATE OR REPLACE FUNCTION funds.quarantined_stays() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
  IF EXISTS (SELECT FROM quarantine_hold l JOIN quarantine q ON q.county_code = NEW.county_code AND q.id = l.quarantine_id
              WHERE l.county_code = NEW.county_code AND l.hold_id = NEW.id AND l.replaced_position IS NULL
                AND (NEW.status <> 'voided' OR q.released_on IS NULL)) THEN
    RAISE EXCEPTION 'hold % keeps money that is quarantined', NEW.id USING ERRCODE = 'QL415';
  END IF;
  RETURN NEW;
END $$"""

# p_moves, p_parts: as of `post_movements`, whose locks are taken in its order. Of each lot the finding's own quarantined fen are
# drawn first, those of the earlier quarantine before those of the later, what is free besides after them.
RECOVER = f"""
CREATE FUNCTION funds.recover_of_finding(p_county text, p_finding uuid, p_moves jsonb, p_parts jsonb, p_today date) RETURNS bigint
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE at bigint; taken jsonb;
BEGIN
  IF EXISTS (SELECT FROM jsonb_to_recordset(p_moves) AS m(kind text) WHERE m.kind IS DISTINCT FROM 'recover') THEN
    RAISE EXCEPTION 'only a recovery draws what is quarantined' USING ERRCODE = 'QL415';
  END IF;
  PERFORM 1 FROM account a WHERE a.county_code = p_county AND a.id IN (
      SELECT e.id FROM jsonb_to_recordset(p_moves) AS m("from" uuid, "to" uuid), LATERAL (VALUES (m."from"), (m."to")) AS e(id))
   ORDER BY a.id FOR NO KEY UPDATE;
  at := next_position(p_county);
  WITH drawn AS (
    SELECT p.move, p.from_lot AS lot, p.amount_fen AS fen, m.effective_on,
           sum(p.amount_fen) OVER (PARTITION BY p.from_lot ORDER BY p.move) AS upto
      FROM jsonb_to_recordset(p_parts) AS p(move uuid, from_lot uuid, amount_fen bigint)
      JOIN jsonb_to_recordset(p_moves) AS m(id uuid, effective_on date) ON m.id = p.move),
  keeps AS (
    SELECT q.id AS quarantine, h.id AS hold, k.lot_id AS lot, k.region_code, k.amount_fen AS fen,
           sum(k.amount_fen) OVER (PARTITION BY k.lot_id ORDER BY q.position, q.id, h.id) AS upto
      FROM quarantine q
      JOIN quarantine_hold o ON o.county_code = p_county AND o.quarantine_id = q.id
      JOIN hold h ON h.county_code = p_county AND h.id = o.hold_id AND h.status = 'held'
      JOIN hold_lot k ON k.county_code = p_county AND k.hold_id = h.id
     WHERE q.county_code = p_county AND q.finding_id = p_finding AND q.released_on IS NULL AND k.lot_id IN (SELECT lot FROM drawn))
  SELECT jsonb_agg(jsonb_build_object('move', d.move, 'quarantine', k.quarantine, 'hold', k.hold, 'lot', k.lot, 'region', k.region_code,
                                      'effective_on', d.effective_on, 'fen', least(d.upto, k.upto) - greatest(d.upto - d.fen, k.upto - k.fen)))
    INTO taken
    FROM drawn d JOIN keeps k ON k.lot = d.lot AND least(d.upto, k.upto) > greatest(d.upto - d.fen, k.upto - k.fen);
  IF taken IS NOT NULL THEN
    WITH gone AS (SELECT t.hold, t.lot, sum(t.fen) AS fen FROM jsonb_to_recordset(taken) AS t(hold uuid, lot uuid, fen bigint) GROUP BY 1, 2),
    rest AS (
      SELECT k.hold_id, k.lot_id, k.region_code, k.amount_fen - coalesce(g.fen, 0)::bigint AS fen
        FROM hold_lot k LEFT JOIN gone g ON g.hold = k.hold_id AND g.lot = k.lot_id
       WHERE k.county_code = p_county AND k.hold_id IN (SELECT hold FROM gone)),
    heirs AS MATERIALIZED (
      SELECT r.hold_id, {_NEW_ID} AS id, sum(r.fen)::bigint AS fen FROM rest r GROUP BY r.hold_id HAVING sum(r.fen) > 0),
    placed AS (
      INSERT INTO hold (county_code, id, account_id, region_code, fund_code, amount_fen, document, purpose, expires_on, status, placed_by, position)
      SELECT p_county, n.id, h.account_id, h.region_code, h.fund_code, n.fen, h.document, h.purpose, h.expires_on, 'held', h.placed_by, at
        FROM heirs n JOIN hold h ON h.county_code = p_county AND h.id = n.hold_id),
    kept AS (
      INSERT INTO hold_lot (county_code, hold_id, lot_id, region_code, amount_fen)
      SELECT p_county, n.id, r.lot_id, r.region_code, r.fen FROM rest r JOIN heirs n ON n.hold_id = r.hold_id WHERE r.fen > 0)
    INSERT INTO quarantine_hold (county_code, hold_id, quarantine_id, region_code, position)
    SELECT p_county, n.id, o.quarantine_id, o.region_code, at
      FROM heirs n JOIN quarantine_hold o ON o.county_code = p_county AND o.hold_id = n.hold_id;
    UPDATE quarantine_hold o SET replaced_position = at
     WHERE o.county_code = p_county AND o.hold_id IN (SELECT t.hold FROM jsonb_to_recordset(taken) AS t(hold uuid));
    UPDATE hold h SET status = 'posted', ended_position = at
     WHERE h.county_code = p_county AND h.id IN (SELECT t.hold FROM jsonb_to_recordset(taken) AS t(hold uuid));
  END IF;
  at := post_movements(p_county, p_moves, p_parts, p_today);
  INSERT INTO quarantine_change (county_code, movement_id, quarantine_id, lot_id, region_code, change_fen, effective_on, position)
  SELECT p_county, t.move, t.quarantine, t.lot, t.region, -sum(t.fen)::bigint, t.effective_on, at
    FROM jsonb_to_recordset(coalesce(taken, '[]')) AS t(move uuid, quarantine uuid, lot uuid, region text, fen bigint, effective_on date)
   GROUP BY t.move, t.quarantine, t.lot, t.region, t.effective_on;
  RETURN at;
END $$"""

# A lot that a reversal brought back: what the undone recovery had taken out of a quarantine is quarantined in it again.
KEPT_AGAIN = f"""
CREATE FUNCTION funds.quarantined_again() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
DECLARE back record; was record; heir uuid; left_fen bigint := NEW.amount_fen; fen bigint;
BEGIN
  SELECT m.reverses_id, m.effective_on, m.actor INTO back FROM movement m
   WHERE m.county_code = NEW.county_code AND m.id = NEW.movement_id AND m.reverses_id IS NOT NULL;
  IF NOT FOUND THEN RETURN NULL; END IF;
  FOR was IN
    SELECT c.quarantine_id, q.document, -c.change_fen - coalesce((
             SELECT sum(b.change_fen) FROM quarantine_change b JOIN lot l ON l.county_code = NEW.county_code AND l.id = b.lot_id
              WHERE b.county_code = NEW.county_code AND b.movement_id = NEW.movement_id AND b.quarantine_id = c.quarantine_id
                AND l.restores_lot_id = NEW.restores_lot_id), 0)::bigint AS fen
      FROM quarantine_change c JOIN quarantine q ON q.county_code = NEW.county_code AND q.id = c.quarantine_id AND q.released_on IS NULL
     WHERE c.county_code = NEW.county_code AND c.movement_id = back.reverses_id AND c.lot_id = NEW.restores_lot_id AND c.change_fen < 0
     ORDER BY q.position, q.id LOOP
    fen := least(was.fen, left_fen);
    CONTINUE WHEN fen <= 0;
    heir := {_NEW_ID};
    INSERT INTO hold (county_code, id, account_id, region_code, fund_code, amount_fen, document, purpose, expires_on, status, placed_by, position)
      VALUES (NEW.county_code, heir, NEW.account_id, NEW.region_code, NULL, fen, was.document, '封存', NULL, 'held', back.actor, NEW.position);
    INSERT INTO hold_lot (county_code, hold_id, lot_id, region_code, amount_fen) VALUES (NEW.county_code, heir, NEW.id, NEW.region_code, fen);
    INSERT INTO quarantine_hold (county_code, hold_id, quarantine_id, region_code, position)
      VALUES (NEW.county_code, heir, was.quarantine_id, NEW.region_code, NEW.position);
    INSERT INTO quarantine_change (county_code, movement_id, quarantine_id, lot_id, region_code, change_fen, effective_on, position)
      VALUES (NEW.county_code, NEW.movement_id, was.quarantine_id, NEW.id, NEW.region_code, fen, back.effective_on, NEW.position);
    left_fen := left_fen - fen;
  END LOOP;
  RETURN NULL;
END $$"""

# Of a quarantine of before, the finding was not told: only its release lets its fen go.
FILLED = """
INSERT INTO funds.quarantine_hold (county_code, hold_id, quarantine_id, region_code, position)
SELECT DISTINCT h.county_code, h.id, l.quarantine_id, h.region_code, h.position
  FROM funds.quarantine_lot l JOIN funds.hold h ON h.county_code = l.county_code AND h.id = l.hold_id"""


def statements() -> Iterator[str]:
    """The functions, who may call them, who sees what; one statement each."""
    yield FILLED
    yield from (NAMED_HOLDS, QUARANTINE_FOR, RELEASE_MONEY, STAYS, RECOVER, KEPT_AGAIN)
    called = (
        "quarantine_for(text, uuid, uuid, text, date, text, jsonb, date)",
        "recover_of_finding(text, uuid, jsonb, jsonb, date)",
    )
    for function in (*called, "quarantine_is_held()", "quarantined_again()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    for function in called:
        yield f"GRANT EXECUTE ON FUNCTION funds.{function} TO {ROLE}"
    yield (
        "CREATE TRIGGER is_held AFTER INSERT ON funds.quarantine_lot FOR EACH ROW WHEN (NEW.hold_id IS NOT NULL)"
        " EXECUTE FUNCTION funds.quarantine_is_held()"
    )
    yield (
        "CREATE TRIGGER quarantined_again AFTER INSERT ON funds.lot FOR EACH ROW WHEN (NEW.restores_lot_id IS NOT NULL)"
        " EXECUTE FUNCTION funds.quarantined_again()"
    )
    for table in ("quarantine_hold", "quarantine_change"):
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT ON funds.{table} TO {ROLE}"
