"""Which events name a thing by its id, version 1: a row for each, written with the event by a trigger.

An index over the body itself (GIN over the ids in it) is cheaper to write in bulk, and the service could not use it:
below row-level security a condition is looked up only where its operator is known to leak nothing, and that of arrays
is not. What is kept apart (streams with a dot) is not found by what it names. Frozen: a change is a new file and a new
migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

_ID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_OPEN = "{}.stream NOT LIKE '%.%'"


def statements(role: str) -> Iterator[str]:
    """The table, what is there already, and the trigger, one statement each."""
    yield f"""
CREATE TABLE audit.event_named (
  stream text COLLATE "C" NOT NULL,
  name uuid NOT NULL,
  position bigint NOT NULL,
  CONSTRAINT pk_event_named PRIMARY KEY (stream, name, position),
  CONSTRAINT ck_event_named_nothing_kept_apart CHECK ({_OPEN.format("event_named")})
)"""
    yield f"""
CREATE FUNCTION audit.name_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  INSERT INTO event_named (stream, name, position)
  SELECT DISTINCT NEW.stream, m[1]::uuid, NEW.position FROM regexp_matches(NEW.body::text, '{_ID}', 'g') m;
  RETURN NULL;
END $$"""
    yield "REVOKE ALL ON FUNCTION audit.name_event() FROM PUBLIC"
    yield f"""
INSERT INTO audit.event_named (stream, name, position)
SELECT DISTINCT e.stream, m[1]::uuid, e.position
  FROM audit.event e, regexp_matches(e.body::text, '{_ID}', 'g') m WHERE {_OPEN.format("e")}"""
    yield f"""
CREATE TRIGGER name_event AFTER INSERT ON audit.event
  FOR EACH ROW WHEN ({_OPEN.format("NEW")}) EXECUTE FUNCTION audit.name_event()"""
    yield from scoped("audit", role, "event_named", "stream")
    yield f"GRANT SELECT ON audit.event_named TO {role}"
