"""Up to which instant what was known of a stream can no longer change, version 1.

An act reads the clock with the head of its stream locked and becomes visible at its commit: until then a reading as
known at a later instant would lack it, and have it when it is asked again. Who locked a head is written on it (`xmax`),
before the clock is read and for everybody to see; so a reader learns of an act on its way without a lock of its own, and
no act waits for a reader. What stands here is held against the snapshot of the reading, not against the present.

It runs as whoever asks: of a stream that the region does not show nobody learns more than of one that is not there.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# A head that is not there, or not shown, bears no name. Then any act of this journal that is on its way counts, wherever it
# is, and none takes longer than this from its beginning to its commit (assumed; the longest measured, a million payments
# approved, takes less than half of it).
_LONGEST_ACT = "interval '15 minutes'"


def statements(schema: str, role: str) -> Iterator[str]:
    """The function, one statement each. The present is the beginning of the transaction: no later than its snapshot."""
    yield f"""
CREATE FUNCTION {schema}.settled_until(p_stream text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = {schema}, pg_temp AS $$
DECLARE
  recorded timestamptz; locked_by bigint; picture pg_snapshot := pg_current_snapshot();
  next_act bigint := pg_snapshot_xmax(picture)::text::bigint;
BEGIN
  SELECT h.recorded_at, h.xmax::text::bigint INTO recorded, locked_by FROM stream_head h WHERE h.stream = p_stream;
  IF NOT FOUND OR recorded = '-infinity' THEN
    RETURN now() - CASE WHEN EXISTS (SELECT FROM pg_locks k WHERE k.relation = '{schema}.stream_head'::regclass
      AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND k.mode = 'RowExclusiveLock' AND k.pid <> pg_backend_pid()) THEN {_LONGEST_ACT} ELSE interval '0' END;
  END IF;
  IF locked_by = 0 THEN RETURN now(); END IF;
  -- 32 bits of 64: the one of that name nearest to the next.
  locked_by := next_act - mod(mod(next_act, 4294967296) - locked_by + 6442450944, 4294967296) + 2147483648;
  IF pg_visible_in_snapshot(locked_by::text::xid8, picture)  -- ended before: undone, or it recorded nothing
     AND pg_xact_status(locked_by::text::xid8) IS DISTINCT FROM 'in progress'  -- as a part of an act that goes on
  THEN RETURN now(); END IF;
  RETURN recorded;
END $$"""
    yield f"REVOKE ALL ON FUNCTION {schema}.settled_until(text) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {schema}.settled_until(text) TO {role}"
