"""The SQL side of the journal, version 1: the two functions every schema has, and who may do what.

Frozen: a change is a new file (journal_v2.py) and a new migration. The service's role reads `event` under row-level
security and writes it only through these functions, so UPDATE and DELETE are granted to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator


def statements(schema: str, role: str) -> Iterator[str]:
    """The statements, one each, for the journal of `schema` used by `role`."""
    # The claim: one try-lock keeps two requests with one key apart; the unique key (stream, actor, key) is the second net.
    yield f"""
CREATE FUNCTION {schema}.journal_claim(p_stream text, p_actor text, p_key text, p_hash bytea,
                                       OUT verdict text, OUT outcome json)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE known bytea;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('{schema}' || chr(10) || p_stream || chr(10) || p_actor || chr(10) || p_key, 0)) THEN
    verdict := 'in_flight';
    RETURN;
  END IF;
  SELECT e.request_hash, e.outcome INTO known, outcome FROM event e
   WHERE e.stream = p_stream AND e.actor = p_actor AND e.idempotency_key = p_key;
  IF NOT FOUND THEN
    verdict := 'new';
  ELSIF known = p_hash THEN
    verdict := 'replay';
  ELSE
    verdict := 'reused';
    outcome := NULL;
  END IF;
END $$"""
    # The hash covers the previous hash and every field that is not covered by it already; only the body may hold newlines.
    yield f"""
CREATE FUNCTION {schema}.journal_append(p_stream text, p_id uuid, p_kind text, p_body text, p_actor text, p_request_id text,
                                        p_key text, p_hash bytea, p_outcome text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE at bigint; previous bytea; now_at timestamptz := clock_timestamp(); sealed bytea;
BEGIN
  INSERT INTO stream_head (stream, position, hash) VALUES (p_stream, 0, sha256(convert_to(p_stream, 'UTF8')))
    ON CONFLICT (stream) DO NOTHING;
  SELECT h.position + 1, h.hash INTO at, previous FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  sealed := sha256(previous || convert_to(concat_ws(chr(10), p_stream, at, p_id, p_kind, p_actor, p_request_id, p_key,
      encode(p_hash, 'hex'), (extract(epoch FROM now_at) * 1000000)::bigint,
      encode(sha256(convert_to(p_outcome, 'UTF8')), 'hex'), p_body), 'UTF8'));
  INSERT INTO event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome, recorded_at, hash)
    VALUES (p_stream, at, p_id, p_kind, p_body::json, p_actor, p_request_id, p_key, p_hash, p_outcome::json, now_at, sealed);
  UPDATE stream_head h SET position = at, hash = sealed WHERE h.stream = p_stream;
  RETURN at;
END $$"""
    for signature in (
        "journal_claim(text, text, text, bytea)",
        "journal_append(text, uuid, text, text, text, text, text, bytea, text)",
    ):
        yield f"REVOKE ALL ON FUNCTION {schema}.{signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {schema}.{signature} TO {role}"
    yield from scoped(schema, role, "event", "stream")
    yield from scoped(schema, role, "stream_head", "stream")
    yield f"GRANT SELECT ON {schema}.event, {schema}.stream_head TO {role}"


# With `true` an unset name is NULL, and a comparison with NULL shows nothing. The planner may evaluate in any order, so no
# part of this may rely on another having been checked first. In a sub-select it is read once per query, not per row.
REGION = "(SELECT nullif(current_setting('app.region', true), ''))"
IN_SCOPE = f"""length({REGION}) IN (2, 4, 6, 9, 12)
  AND {{column}} >= {REGION} COLLATE "C"
  AND {{column}} < ({REGION} || '~') COLLATE "C\""""


def scoped(schema: str, role: str, table: str, *columns: str, also: str = "") -> Iterator[str]:
    """Row-level security for `table`: a row is seen if any of `columns` lies in the caller's region (or `also` holds).

    An unset or empty region shows nothing (a plain LIKE '' || '%' would show everything on a pooled connection). The
    owner, as whom the posting functions run, sees all rows by a policy of its own, since the tables FORCE the check.
    """
    conditions = [IN_SCOPE.format(column=column) for column in columns] + ([also] if also else [])
    seen = " OR ".join(f"({condition})" for condition in conditions)
    yield f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY owner_all ON {schema}.{table} TO qingliu_owner USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY in_scope ON {schema}.{table} TO {role} USING ({seen}) WITH CHECK ({seen})"
