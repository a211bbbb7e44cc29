"""The SQL side of upload attempts, version 1: how one that was cut off is found to be undone, and who sees which.

An attempt that is under way has its row locked by the transaction that judges the roster. A row without an outcome that
nobody holds belongs to an upload whose process or connection is gone, and whose transaction PostgreSQL undid.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# Across counties, since it is asked when a process starts; it tells ids and times only, and waits for nobody.
SETTLE = """
CREATE FUNCTION funds.settle_uploads() RETURNS TABLE (county_code text, batch_id uuid, begun_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
  UPDATE upload_attempt a SET outcome = 'undone'
    FROM (SELECT o.county_code, o.id FROM upload_attempt o WHERE o.outcome IS NULL FOR UPDATE SKIP LOCKED) free
   WHERE a.county_code = free.county_code AND a.id = free.id
  RETURNING a.county_code, a.batch_id, a.begun_at
$$"""


def statements() -> Iterator[str]:
    yield SETTLE
    yield "REVOKE ALL ON FUNCTION funds.settle_uploads() FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.settle_uploads() TO {ROLE}"
    yield from scoped("funds", ROLE, "upload_attempt", "region_code")
    yield f"GRANT SELECT, INSERT ON funds.upload_attempt TO {ROLE}"
    yield f"GRANT UPDATE (outcome) ON funds.upload_attempt TO {ROLE}"
