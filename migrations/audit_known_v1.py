"""What was known when, of what inspectors write, version 1: each row says the position of the act that recorded it.

As of money (`known_v1`): a trigger takes the next number of the county's journal, and thereby its lock, for a new row
and for a fact that is added to one later; whoever writes such a row locks what it changes before it and appends to the
journal after it. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

NEXT_POSITION = """
CREATE FUNCTION audit.next_position(p_county text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = audit, pg_temp AS $$
DECLARE at bigint;
BEGIN
  SELECT h.position + 1 INTO at FROM stream_head h WHERE h.stream = p_county FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO stream_head (stream, position, hash) VALUES (p_county, 0, sha256(convert_to(p_county, 'UTF8'))) ON CONFLICT (stream) DO NOTHING;
    SELECT h.position + 1 INTO at FROM stream_head h WHERE h.stream = p_county FOR UPDATE;
  END IF;
  RETURN at;
END $$"""

# Positions and times both only grow: the last event recorded by a time is found by halving.
POSITION_AT = """
CREATE FUNCTION audit.position_at(p_county text, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE low bigint := 0; high bigint; middle bigint; found_at timestamptz;
BEGIN
  SELECT h.position INTO high FROM stream_head h WHERE h.stream = p_county;
  IF NOT FOUND THEN RETURN 0; END IF;
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT e.recorded_at INTO found_at FROM event e WHERE e.stream = p_county AND e.position = middle;
    IF found_at <= p_at THEN low := middle; ELSE high := middle - 1; END IF;
  END LOOP;
  RETURN low;
END $$"""

KNOWN_FROM = """
CREATE FUNCTION audit.known_from() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], next_position(NEW.county_code)));
END $$"""


def statements(role: str) -> Iterator[str]:
    """The functions, one statement each."""
    yield NEXT_POSITION
    yield POSITION_AT
    yield KNOWN_FROM
    for function in ("next_position(text)", "position_at(text, timestamptz)", "known_from()"):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.position_at(text, timestamptz) TO {role}"


def triggers(table: str, later: Mapping[str, str]) -> Iterator[str]:
    """For a table with `position`; `later` names the position of each fact that is added to a row afterwards."""
    yield (
        f"CREATE TRIGGER known_from BEFORE INSERT ON audit.{table}"
        " FOR EACH ROW EXECUTE FUNCTION audit.known_from('position')"
    )
    for fact, position in later.items():
        yield (
            f"CREATE TRIGGER {position} BEFORE UPDATE ON audit.{table} FOR EACH ROW"
            f" WHEN (OLD.{fact} IS NULL AND NEW.{fact} IS NOT NULL)"
            f" EXECUTE FUNCTION audit.known_from('{position}')"
        )
