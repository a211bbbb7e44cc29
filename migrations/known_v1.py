"""What was known when, of facts beside the ledger, version 1: each says the position of the act that recorded it.

A trigger writes the position, for a row and for a fact that is added to it later (an approval, a title, a closing), so
that nobody has to remember to. It takes the next number of the county's journal and thereby its lock, as a posting
does: whoever writes such a fact locks what it changes before it and appends to the journal after it. Frozen: a change
is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

KNOWN_FROM = """
CREATE FUNCTION funds.known_from() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], next_position(NEW.county_code)));
END $$"""

# Tables whose rows say when they became known, and the facts that are added to them later: the column that tells such a
# fact, and the one that says since when it is known. Flags kept their time under another name.
FACTS: Final[dict[str, dict[str, str]]] = {
    "project_version": {"approved_by": "approved_position"},
    "project_step": {},
    "project_objection": {"closed_on": "closed_position"},
    "project_contract": {"cancelled_on": "cancelled_position"},
    "project_progress": {"accepted_on": "accepted_position"},
    "target_result": {},
    "asset": {"confirmed_on": "confirmed_position", "disposed_on": "disposed_position"},
    "asset_income": {"passed_on": "passed_position"},
    "income_share": {},
    "loan": {},
}
_HEAD: Final = "coalesce((SELECT h.position FROM funds.stream_head h WHERE h.stream = t.county_code), 0)"


# The first event at or after a time; the head where none was.
_FROM: Final = f"least(funds.position_at(t.county_code, t.{{}} - interval '1 microsecond') + 1, {_HEAD})"


def fill() -> Iterator[str]:
    """Rows of before: the first event at or after their time; facts that kept no time are known since now."""
    for table, later in FACTS.items():
        yield f"UPDATE funds.{table} t SET position = {_FROM.format('recorded_at')}"
        for fact, position in later.items():
            yield f"UPDATE funds.{table} t SET {position} = {_HEAD} WHERE {fact} IS NOT NULL"
    yield f"UPDATE funds.flag t SET position = {_FROM.format('raised_at')}"


def triggers() -> Iterator[str]:
    yield KNOWN_FROM
    yield "REVOKE ALL ON FUNCTION funds.known_from() FROM PUBLIC"
    for table, later in {**FACTS, "flag": {}}.items():
        yield (
            f"CREATE TRIGGER known_from BEFORE INSERT ON funds.{table}"
            " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
        )
        for fact, position in later.items():
            yield (
                f"CREATE TRIGGER {position} BEFORE UPDATE ON funds.{table} FOR EACH ROW"
                f" WHEN (OLD.{fact} IS NULL AND NEW.{fact} IS NOT NULL)"
                f" EXECUTE FUNCTION funds.known_from('{position}')"
            )
