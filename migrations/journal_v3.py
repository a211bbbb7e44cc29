"""The SQL side of the journal, version 3: what a key stands for is kept salted, and the salt can be forgotten.

The salt is that of the kept answer. `journal_forget` takes it out of the answers that name somebody, keeping of each the
SHA-256 that the event's hash covers: nothing is left to try a guess against, and every proof stays. It runs for whoever
administers the database and for nobody else. Schema `audit` has had the first two since `audit_erasures_v2` and forgets
by its own erasures. Rows of before stay as they are and compare as they did. Frozen: a change is a new file and a new
migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped


def statements(schema: str, role: str) -> Iterator[str]:
    """The statements, one each, that bring the journal of `schema` from version 2 to 3; `erased_outcome` is there."""
    # Once the salt is gone no retry can be held against the hash: the key is answered with what is left, whatever it asks.
    yield f"""
CREATE OR REPLACE FUNCTION {schema}.journal_claim(p_stream text, p_actor text, p_key text, p_hash bytea,
                                                  OUT verdict text, OUT outcome json)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE known bytea; at bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('{schema}' || chr(10) || p_stream || chr(10) || p_actor || chr(10) || p_key, 0)) THEN
    verdict := 'in_flight';
    RETURN;
  END IF;
  SELECT e.request_hash, e.outcome, e.position INTO known, outcome, at FROM event e
   WHERE e.stream = p_stream AND e.actor = p_actor AND e.idempotency_key = p_key;
  IF NOT FOUND THEN
    verdict := 'new';
  ELSIF known = p_hash OR known = sha256(decode(outcome ->> 'salt', 'hex') || p_hash)
        OR outcome ->> 'salt' IS NULL AND EXISTS (SELECT FROM erased_outcome o
          WHERE o.stream = p_stream AND o.position = at) THEN
    verdict := 'replay';
  ELSE
    verdict := 'reused';
    outcome := NULL;
  END IF;
END $$"""
    yield f"""
CREATE OR REPLACE FUNCTION {schema}.journal_append(p_stream text, p_id uuid, p_kind text, p_body text, p_actor text,
                                                   p_request_id text, p_key text, p_hash bytea, p_outcome text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE at bigint; previous bytea; before timestamptz; now_at timestamptz; sealed bytea; asked bytea;
BEGIN
  asked := coalesce(sha256(decode(p_outcome::json ->> 'salt', 'hex') || p_hash), p_hash);
  SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO stream_head (stream, position, hash) VALUES (p_stream, 0, sha256(convert_to(p_stream, 'UTF8')))
      ON CONFLICT (stream) DO NOTHING;
    SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  END IF;
  now_at := greatest(clock_timestamp(), before + interval '1 microsecond');
  sealed := sha256(previous || convert_to(concat_ws(chr(10), p_stream, at, p_id, p_kind, p_actor, p_request_id, p_key,
      encode(asked, 'hex'), (extract(epoch FROM now_at) * 1000000)::bigint,
      encode(sha256(convert_to(p_outcome, 'UTF8')), 'hex'), p_body), 'UTF8'));
  INSERT INTO event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome, recorded_at, hash)
    VALUES (p_stream, at, p_id, p_kind, p_body::json, p_actor, p_request_id, p_key, asked, p_outcome::json, now_at, sealed);
  UPDATE stream_head h SET position = at, hash = sealed, recorded_at = now_at WHERE h.stream = p_stream;
  RETURN at;
END $$"""
    # With the head locked, so that an act about `p_about` is before this, and forgotten, or sees that it is done.
    yield f"""
CREATE FUNCTION {schema}.journal_forget(p_stream text, p_about uuid, p_document text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE forgotten bigint;
BEGIN
  PERFORM FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  WITH kept AS (
    INSERT INTO erased_outcome (stream, position, outcome_sha256, about, document)
    SELECT e.stream, e.position, sha256(convert_to(e.outcome::text, 'UTF8')), p_about, p_document FROM event e
     WHERE e.stream = p_stream AND e.outcome ->> 'salt' IS NOT NULL
       AND (strpos(e.body::text, p_about::text) > 0 OR strpos(e.outcome::text, p_about::text) > 0)
    RETURNING position)
  UPDATE event e SET outcome = (e.outcome::jsonb - 'salt')::json FROM kept k
   WHERE e.stream = p_stream AND e.position = k.position;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$"""
    yield f"REVOKE ALL ON FUNCTION {schema}.journal_forget(text, uuid, text) FROM PUBLIC"
    yield from scoped(schema, role, "erased_outcome", "stream")
    yield f"GRANT SELECT ON {schema}.erased_outcome TO {role}"
