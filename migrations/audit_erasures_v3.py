"""Forgetting a person, the SQL side, version 3: the salts of earlier requests about the same words go with the words.

A request for an erasure is named by a hash over the words it is about. Where one was refused, or waits, and another
took the words out, its salt stayed beside its name, and a guess at the words could be held against it. Frozen: a
change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# One that waits for other words of the same thing keeps its salt: it can still be decided.
_SAME = """e.county_code = {done}.county_code AND e.what = {done}.what AND e.row_id = {done}.row_id
     AND e.salt IS NOT NULL AND (e.decision IS NOT NULL OR e.fields && {done}.fields)"""

GO = f"""
CREATE FUNCTION audit.erasure_salts_go() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  UPDATE erasure e SET salt = NULL WHERE {_SAME.format(done="NEW")};
  RETURN NULL;
END $$"""


def statements() -> Iterator[str]:
    """The function, its trigger, and what was erased before it, one statement each."""
    yield GO
    yield "REVOKE ALL ON FUNCTION audit.erasure_salts_go() FROM PUBLIC"
    yield (
        "CREATE TRIGGER salts_go AFTER UPDATE ON audit.erasure FOR EACH ROW"
        " WHEN (OLD.events_n IS NULL AND NEW.events_n IS NOT NULL AND NEW.decision = 'agreed')"
        " EXECUTE FUNCTION audit.erasure_salts_go()"
    )
    yield (
        "UPDATE audit.erasure e SET salt = NULL FROM audit.erasure d"
        f" WHERE d.decision = 'agreed' AND d.events_n IS NOT NULL AND d.id <> e.id AND {_SAME.format(done='d')}"
    )
