"""The SQL side of a divided roster, version 1: its rows go on in parts, each a batch of its own, and none is lost or paid twice.

What nobody objects to is one part (line 0) that is paid at once; every row that waits for an answer, or was objected to with
reason, is a part by itself (its line). The rows of the published list stay as they are; the parts hold copies of them, each
row in just one. The money of a part that waits is kept by a hold, which ends with the part. Frozen: a change is a new file
and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.ledger_v2 import ROLE

# Rows are read in the order of their key, as `proof_v1` reads them, and told apart from the lines by hash: no plan knows the
# roster yet.
_BY_KEY = "SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off"
_AS_OWNER = "SECURITY DEFINER SET search_path = funds, pg_temp"
_CARRIED = """region_code, account_id, fund_code, entitlement, document, effective_on, per, use_code, file_name, file_sha256, file_format,
         uploaded_by, uploaded_at, created_by, list_on"""

# p_lines and p_parts: the rows that go on by themselves, and the ids of their batches. The cell of a copy stays sealed for
# the row that it is a copy of (`sealed_for`). The list of a part is hashed like that of any batch: token and household of
# each row, in the order of the lines.
DIVIDE = f"""
CREATE FUNCTION funds.divide_batch(p_county text, p_batch uuid, p_rest uuid, p_lines int[], p_parts uuid[], p_by text, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE {_AS_OWNER} {_BY_KEY} AS $$
DECLARE
  whole payment_batch; rest_n bigint; alone_n bigint; place text; scope text := nullif(current_setting('app.region', true), '');
BEGIN
  SELECT b.* INTO whole FROM payment_batch b
   WHERE b.county_code = p_county AND b.id = p_batch AND b.region_code LIKE scope || '%' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'batch % is outside the region', p_batch USING ERRCODE = 'QL403'; END IF;
  IF whole.status <> 'checked' OR whole.part_of IS NOT NULL THEN
    RAISE EXCEPTION 'batch % is not divided any more', p_batch USING ERRCODE = 'QL413';
  END IF;
  INSERT INTO payment_batch (county_code, id, status, part_of, part_line, {_CARRIED})
  SELECT p_county, q.id, 'draft', p_batch, q.line, {_CARRIED}
    FROM payment_batch b
   CROSS JOIN (SELECT p_rest AS id, 0 AS line UNION ALL SELECT a.id, a.line FROM unnest(p_parts, p_lines) AS a(id, line)) q
   WHERE b.county_code = p_county AND b.id = p_batch;
  INSERT INTO payment (county_code, batch_id, line, region_code, household_id, payee_token, payee_cell, amount_fen, cum_fen)
  SELECT p_county, p_rest, p.line, p.region_code, p.household_id, p.payee_token, p.payee_cell, p.amount_fen,
         sum(p.amount_fen) OVER (ORDER BY p.line)
    FROM payment p
   WHERE p.county_code = p_county AND p.batch_id = p_batch AND NOT EXISTS (SELECT FROM unnest(p_lines) AS a(line) WHERE a.line = p.line);
  GET DIAGNOSTICS rest_n = ROW_COUNT;
  INSERT INTO payment (county_code, batch_id, line, region_code, household_id, payee_token, payee_cell, amount_fen, cum_fen)
  SELECT p_county, a.id, p.line, p.region_code, p.household_id, p.payee_token, p.payee_cell, p.amount_fen, p.amount_fen
    FROM unnest(p_parts, p_lines) AS a(id, line)
    JOIN payment p ON p.county_code = p_county AND p.batch_id = p_batch AND p.line = a.line;
  GET DIAGNOSTICS alone_n = ROW_COUNT;
  IF rest_n = 0 OR alone_n <> cardinality(p_lines) OR rest_n + alone_n <> whole.rows_good THEN
    RAISE EXCEPTION 'the parts of batch % are not its rows', p_batch USING ERRCODE = 'QL001';
  END IF;
  UPDATE payment_batch b SET status = 'checked', rows_good = s.rows_n, total_fen = s.fen, list_position = whole.list_position,
         list_sha256 = s.hash
    FROM (SELECT p.batch_id, count(*) AS rows_n, sum(p.amount_fen)::bigint AS fen,
                 pg_catalog.sha256(string_agg(p.payee_token || uuid_send(p.household_id), ''::bytea ORDER BY p.line)) AS hash
            FROM payment p WHERE p.county_code = p_county AND p.batch_id = ANY(p_rest || p_parts) GROUP BY p.batch_id) s
   WHERE b.county_code = p_county AND b.id = s.batch_id;
  UPDATE payment_batch b SET status = 'divided', approved_by = p_by, approved_at = p_at WHERE b.county_code = p_county AND b.id = p_batch;
END $$"""

# p_holds: [{{part, id, amount_fen, document, lots: [{{lot, amount_fen}}]}}]. The account is locked, as for any hold.
FREEZE = f"""
CREATE FUNCTION funds.freeze_parts(p_county text, p_whole uuid, p_holds jsonb, p_purpose text, p_actor text, p_today date) RETURNS void
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE h jsonb; part payment_batch;
BEGIN
  FOR h IN SELECT * FROM jsonb_array_elements(p_holds) LOOP
    SELECT b.* INTO part FROM payment_batch b
     WHERE b.county_code = p_county AND b.id = (h ->> 'part')::uuid AND b.part_of = p_whole AND b.part_line > 0 AND b.status = 'checked'
       AND b.hold_id IS NULL;
    IF NOT FOUND OR (h ->> 'amount_fen')::bigint > part.total_fen THEN
      RAISE EXCEPTION 'the part % does not wait for this', h ->> 'part' USING ERRCODE = 'QL413';
    END IF;
    PERFORM place_hold(p_county, (h ->> 'id')::uuid, part.account_id, part.fund_code, (h ->> 'amount_fen')::bigint, h ->> 'document', p_purpose,
                       NULL, p_actor, h -> 'lots', p_today);
    UPDATE payment_batch b SET hold_id = (h ->> 'id')::uuid WHERE b.county_code = p_county AND b.id = part.id;
  END LOOP;
END $$"""

# A row that had to wait is paid on a day of its own, not before that of its list: books may be closed meanwhile.
DATE = f"""
CREATE FUNCTION funds.date_part(p_county text, p_part uuid, p_on date) RETURNS void
LANGUAGE plpgsql VOLATILE {_AS_OWNER} AS $$
DECLARE scope text := nullif(current_setting('app.region', true), '');
BEGIN
  UPDATE payment_batch b SET effective_on = p_on
   WHERE b.county_code = p_county AND b.id = p_part AND b.region_code LIKE scope || '%' AND b.part_line > 0 AND b.status = 'checked'
     AND b.effective_on <= p_on;
  IF NOT FOUND THEN RAISE EXCEPTION 'batch % is not paid on a day of its own', p_part USING ERRCODE = 'QL413'; END IF;
END $$"""

# The batch whose row a copy is of: for it the cells of a batch were sealed.
SEALED_FOR = f"""
CREATE FUNCTION funds.sealed_for(p_county text, p_batch uuid) RETURNS uuid
LANGUAGE sql STABLE {_AS_OWNER} AS $$
  SELECT coalesce(b.part_of, b.id) FROM payment_batch b WHERE b.county_code = p_county AND b.id = p_batch
$$"""

# The second net: what is divided is its parts, to the row and the fen, and stays divided.
PARTS_TIE = """
CREATE FUNCTION funds.parts_tie() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF OLD.status = 'divided' OR (NEW.rows_good::bigint, NEW.total_fen::numeric) IS DISTINCT FROM (
       SELECT (sum(b.rows_good)::bigint, sum(b.total_fen)::numeric) FROM payment_batch b
        WHERE b.county_code = NEW.county_code AND b.part_of = NEW.id) THEN
    RAISE EXCEPTION 'batch % is not the sum of its parts', NEW.id USING ERRCODE = 'QL001';
  END IF;
  RETURN NEW;
END $$"""
PARTS_TIE_TRIGGER = """
CREATE TRIGGER parts_tie BEFORE UPDATE ON funds.payment_batch
FOR EACH ROW WHEN (OLD.status = 'divided' OR NEW.status = 'divided') EXECUTE FUNCTION funds.parts_tie()"""

# The second net: the money of a row that waits for an answer is not set free under it. Asked at the commit, for the payment of
# the part ends its hold before it says so.
WAITS_WITH_ITS_MONEY = """
CREATE FUNCTION funds.waits_with_its_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM payment_batch b WHERE b.county_code = NEW.county_code AND b.hold_id = NEW.id AND b.part_line > 0
                AND b.status = 'checked') THEN
    RAISE EXCEPTION 'hold % keeps a row that is objected to', NEW.id USING ERRCODE = 'QL414';
  END IF;
  RETURN NULL;
END $$"""
WAITS_TRIGGER = """
CREATE CONSTRAINT TRIGGER waits_with_its_money AFTER UPDATE ON funds.hold DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.status = 'held' AND NEW.status <> 'held') EXECUTE FUNCTION funds.waits_with_its_money()"""

SIGNATURES = (
    "divide_batch(text, uuid, uuid, int[], uuid[], text, timestamptz)",
    "freeze_parts(text, uuid, jsonb, text, text, date)",
    "date_part(text, uuid, date)",
    "sealed_for(text, uuid)",
)
TRIGGERS = ("parts_tie()", "waits_with_its_money()")


def statements() -> Iterator[str]:
    """Functions with their grants, and the two nets."""
    yield from (DIVIDE, FREEZE, DATE, SEALED_FOR, PARTS_TIE, WAITS_WITH_ITS_MONEY)
    for signature in (*SIGNATURES, *TRIGGERS):
        yield f"REVOKE ALL ON FUNCTION funds.{signature} FROM PUBLIC"
    for signature in SIGNATURES:
        yield f"GRANT EXECUTE ON FUNCTION funds.{signature} TO {ROLE}"
    yield PARTS_TIE_TRIGGER
    yield WAITS_TRIGGER
    yield f"GRANT UPDATE (verdict) ON funds.batch_objection TO {ROLE}"
