"""The SQL side of the log, version 2: a leaf, its tile and the checkpoint in one look that needs no transaction around it.

Runs as the owner and holds the leaf against the caller's region itself, as row-level security would; of a stream that is
kept apart from its county's (leads) it tells nobody anything. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

PLACE = """
CREATE FUNCTION audit.log_place(p_region text, p_service text, p_stream text, p_position bigint, p_size bigint,
  OUT log_size bigint, OUT at bigint, OUT hash bytea, OUT tile bytea, OUT size bigint, OUT root bytea, OUT note text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  SELECT h.size INTO log_size FROM log_head h;
  SELECT c.size, c.root, c.note || coalesce(
           (SELECT string_agg(s.line, '' ORDER BY s.witness) FROM log_cosignature s WHERE s.size = c.size), '')
    INTO size, root, note
    FROM log_checkpoint c WHERE p_size IS NULL OR c.size = p_size ORDER BY c.size DESC LIMIT 1;
  IF length(p_region) IN (2, 4, 6, 9, 12) AND strpos(p_stream, '.') = 0
     AND p_stream COLLATE "C" >= p_region COLLATE "C" AND p_stream COLLATE "C" < (p_region || '~') COLLATE "C"
  THEN
    SELECT l.position, l.hash INTO at, hash FROM log_leaf l
     WHERE l.stream = p_stream AND l.service = p_service AND l.stream_position = p_position;
    SELECT t.hashes INTO tile FROM log_tile t WHERE t.level = 0 AND t.index = at / 256;
  END IF;
END $$"""


def statements(role: str) -> Iterator[str]:
    """The function and its grant, one statement each."""
    signature = "log_place(text, text, text, bigint, bigint)"
    yield PLACE
    yield f"REVOKE ALL ON FUNCTION audit.{signature} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.{signature} TO {role}"
