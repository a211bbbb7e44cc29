"""The SQL side of notices, version 1: what counties received by a document, less what was undone, within what it states.

A receipt is written with what a county receives; undoing its movements counts against it, and undoing that again counts
for it. All that stands of one document, whoever received it, is no more than the least total that a registration which
still stands printed. A notice is public, so its receipts are read across counties; nobody updates them but these functions.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# What was undone before this version: a receipt is undone whole, movement by movement, and no undoing was undone.
FILL = """
UPDATE funds.notice_receipt r SET undone_fen = u.fen FROM (
  SELECT t.county_code, t.notice_id, sum(l.amount_fen) AS fen FROM funds.movement m
    JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
    JOIN funds.tranche t ON t.county_code = l.county_code AND t.id = l.tranche_id AND t.succession_id IS NULL
   WHERE m.kind = 'receive'
     AND EXISTS (SELECT FROM funds.movement u WHERE u.county_code = m.county_code AND u.reverses_id = m.id)
   GROUP BY t.county_code, t.notice_id) u
 WHERE r.county_code = u.county_code AND r.notice_id = u.notice_id"""

# What a former county hands over is no receipt of its own: those tranches name their succession.
UNDONE = """
CREATE FUNCTION funds.receipt_undone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE undone movement; turn int := 1;
BEGIN
  SELECT * INTO undone FROM movement m WHERE m.county_code = NEW.county_code AND m.id = NEW.reverses_id;
  WHILE undone.reverses_id IS NOT NULL LOOP
    turn := -turn;
    SELECT * INTO undone FROM movement m WHERE m.county_code = NEW.county_code AND m.id = undone.reverses_id;
  END LOOP;
  IF undone.kind = 'receive' THEN
    UPDATE notice_receipt r SET undone_fen = r.undone_fen + turn * NEW.amount_fen
     WHERE r.county_code = NEW.county_code AND r.notice_id = (
       SELECT t.notice_id FROM lot l JOIN tranche t ON t.county_code = l.county_code AND t.id = l.tranche_id AND t.succession_id IS NULL
        WHERE l.county_code = NEW.county_code AND l.movement_id = undone.id LIMIT 1);
  END IF;
  RETURN NULL;
END $$"""

# The lock of the document is the one that the service takes before it looks; whoever came first is seen by the next.
WITHIN = """
CREATE FUNCTION funds.receipts_within() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE stands numeric; stated bigint;
BEGIN
  IF TG_OP = 'INSERT' AND NEW.undone_fen <> 0 THEN
    RAISE EXCEPTION 'a receipt is not written as undone' USING ERRCODE = 'QL431';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.issuer || chr(10) || NEW.document_key, 0));
  SELECT sum(r.received_fen - r.undone_fen), min(n.stated_total_fen) INTO stands, stated
    FROM notice_receipt r JOIN notice n ON n.id = r.notice_id
   WHERE r.issuer = NEW.issuer AND r.document_key = NEW.document_key AND r.undone_fen < r.received_fen;
  IF stands > stated THEN
    RAISE EXCEPTION 'all counties have % fen by a document that states %', stands, stated USING ERRCODE = 'QL431';
  END IF;
  RETURN NULL;
END $$"""

TIES = """
CREATE FUNCTION funds.receipt_ties() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF (SELECT sum(t.amount_fen) FROM tranche t
       WHERE t.county_code = NEW.county_code AND t.notice_id = NEW.notice_id AND t.succession_id IS NULL)
     IS DISTINCT FROM (SELECT r.received_fen FROM notice_receipt r WHERE r.county_code = NEW.county_code AND r.notice_id = NEW.notice_id) THEN
    RAISE EXCEPTION 'the tranches of a notice are not what its receipt says' USING ERRCODE = 'QL431';
  END IF;
  RETURN NULL;
END $$"""


def statements() -> Iterator[str]:
    yield FILL
    yield UNDONE
    yield WITHIN
    yield TIES
    for function in ("receipt_undone", "receipts_within", "receipt_ties"):
        yield f"REVOKE ALL ON FUNCTION funds.{function}() FROM PUBLIC"
    yield (
        "CREATE TRIGGER receipt_undone AFTER INSERT ON funds.movement"
        " FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION funds.receipt_undone()"
    )
    yield (
        "CREATE TRIGGER receipts_within AFTER INSERT ON funds.notice_receipt"
        " FOR EACH ROW EXECUTE FUNCTION funds.receipts_within()"
    )
    yield (
        "CREATE TRIGGER receipts_within_again AFTER UPDATE ON funds.notice_receipt"
        " FOR EACH ROW WHEN (NEW.undone_fen < OLD.undone_fen) EXECUTE FUNCTION funds.receipts_within()"
    )
    yield (
        "CREATE CONSTRAINT TRIGGER receipt_ties AFTER INSERT ON funds.tranche DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.succession_id IS NULL) EXECUTE FUNCTION funds.receipt_ties()"
    )
