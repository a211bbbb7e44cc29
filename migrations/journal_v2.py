"""The SQL side of the journal, version 2: time never runs back within a stream.

Version 1 read the clock before it waited for the head, so of two acts the later one could carry the earlier time. Now
the clock is read with the head locked and stands after the previous event, so “what was known at ten o'clock” is a
position. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator


def statements(schema: str) -> Iterator[str]:
    """The statements, one each, that bring the journal of `schema` from version 1 to 2."""
    yield f"ALTER TABLE {schema}.stream_head ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT '-infinity'"
    yield f"""
UPDATE {schema}.stream_head h SET recorded_at =
  (SELECT max(e.recorded_at) FROM {schema}.event e WHERE e.stream = h.stream) WHERE h.position > 0"""
    yield f"""
CREATE OR REPLACE FUNCTION {schema}.journal_append(p_stream text, p_id uuid, p_kind text, p_body text, p_actor text,
                                                   p_request_id text, p_key text, p_hash bytea, p_outcome text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE at bigint; previous bytea; before timestamptz; now_at timestamptz; sealed bytea;
BEGIN
  SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO stream_head (stream, position, hash) VALUES (p_stream, 0, sha256(convert_to(p_stream, 'UTF8')))
      ON CONFLICT (stream) DO NOTHING;
    SELECT h.position + 1, h.hash, h.recorded_at INTO at, previous, before FROM stream_head h WHERE h.stream = p_stream FOR UPDATE;
  END IF;
  now_at := greatest(clock_timestamp(), before + interval '1 microsecond');
  sealed := sha256(previous || convert_to(concat_ws(chr(10), p_stream, at, p_id, p_kind, p_actor, p_request_id, p_key,
      encode(p_hash, 'hex'), (extract(epoch FROM now_at) * 1000000)::bigint,
      encode(sha256(convert_to(p_outcome, 'UTF8')), 'hex'), p_body), 'UTF8'));
  INSERT INTO event (stream, position, id, kind, body, actor, request_id, idempotency_key, request_hash, outcome, recorded_at, hash)
    VALUES (p_stream, at, p_id, p_kind, p_body::json, p_actor, p_request_id, p_key, p_hash, p_outcome::json, now_at, sealed);
  UPDATE stream_head h SET position = at, hash = sealed, recorded_at = now_at WHERE h.stream = p_stream;
  RETURN at;
END $$"""
