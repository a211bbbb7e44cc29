"""The SQL side of the log, version 1: who may see and write which of it, and the leaf hashes of its open edge.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations import journal_v1

# The sealer writes for the nation; so does nobody else of this schema's role.
NATION = "(SELECT current_setting('app.region', true)) = '00'"
BY_STREAM = ("log_leaf", "log_cursor")
OF_ALL = ("log_tile", "log_checkpoint", "log_cosignature", "log_head")

# A proof needs the hashes of up to 255 leaves that fill no tile yet, of whichever county: hashes, and nothing else of them.
LEAF_HASHES = """
CREATE FUNCTION audit.log_leaf_hashes(p_from bigint, p_to bigint) RETURNS TABLE (at bigint, leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
  SELECT l.position, sha256('\\x00'::bytea || convert_to(
           concat_ws(' ', l.service, l.stream, l.stream_position, encode(l.hash, 'hex')) || chr(10), 'UTF8'))
    FROM log_leaf l WHERE l.position >= p_from AND l.position < least(p_to, p_from + 256) ORDER BY l.position
$$"""


def statements(role: str) -> Iterator[str]:
    """The function, policies and grants, one statement each."""
    yield LEAF_HASHES
    yield "REVOKE ALL ON FUNCTION audit.log_leaf_hashes(bigint, bigint) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.log_leaf_hashes(bigint, bigint) TO {role}"
    for table in BY_STREAM:
        yield from journal_v1.scoped("audit", role, table, "stream", also=NATION)
    for table in OF_ALL:
        yield f"ALTER TABLE audit.{table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY owner_all ON audit.{table} TO qingliu_owner USING (true) WITH CHECK (true)"
        yield f"CREATE POLICY seen ON audit.{table} FOR SELECT TO {role} USING (true)"
    for table in ("log_tile", "log_checkpoint"):
        yield f"CREATE POLICY sealed ON audit.{table} FOR INSERT TO {role} WITH CHECK ({NATION})"
    yield f"CREATE POLICY cosigned ON audit.log_cosignature FOR INSERT TO {role} WITH CHECK (true)"
    yield f"CREATE POLICY moved ON audit.log_head FOR UPDATE TO {role} USING ({NATION}) WITH CHECK ({NATION})"
    for table in ("log_leaf", "log_tile", "log_checkpoint", "log_cosignature"):
        yield f"GRANT SELECT, INSERT ON audit.{table} TO {role}"
    yield f"GRANT SELECT, INSERT ON audit.log_cursor TO {role}"
    columns = "position, hash, head_position, sealed_at_size, stopped_because"
    yield f"GRANT UPDATE ({columns}) ON audit.log_cursor TO {role}"
    yield f"GRANT SELECT, UPDATE (size, complete_at, looked_at) ON audit.log_head TO {role}"
    yield "INSERT INTO audit.log_head (one, size, complete_at, looked_at) VALUES (1, 0, '-infinity', '-infinity')"
