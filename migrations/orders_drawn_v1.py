"""The SQL side of orders drawn up by two, version 1: no order without an issued draft that says the same.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# The order says what the draft said, and is issued by whoever decided, on the day of the decision.
WAS_DRAWN = """
CREATE FUNCTION audit.order_was_drawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
       SELECT FROM rectification_draft d
        WHERE d.county_code = NEW.county_code AND d.id = NEW.id AND d.decision = 'issue'
          AND (d.finding_id, d.region_code, d.unit_id, d.unit_name, d.kind, d.demand, d.deadline, d.decided_on, d.checked_by,
             d.made_by)
            = (NEW.finding_id, NEW.region_code, NEW.unit_id, NEW.unit_name, NEW.kind, NEW.demand, NEW.deadline,
               NEW.issued_on, NEW.issued_by, NEW.drawn_by)) THEN
    RAISE check_violation USING MESSAGE = 'order ' || NEW.id || ' was not drawn up by one and issued by another',
      CONSTRAINT = 'order_was_drawn';
  END IF;
  RETURN NEW;
END $$"""

# A decision is made once; words go by an erasure alone, which runs as the owner.
ONCE = """
CREATE FUNCTION audit.order_decided_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  RAISE check_violation USING MESSAGE = 'draft ' || NEW.id || ' was decided on', CONSTRAINT = 'order_decided_once';
END $$"""

# The name of a draft covers the words of its stages: where these go, nobody may hold a guess against the name.
SALT_GOES = """
CREATE FUNCTION audit.order_draft_salt_goes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  UPDATE rectification_draft d SET salt = NULL WHERE d.county_code = NEW.county_code AND d.id = NEW.draft_id;
  RETURN NULL;
END $$"""

_DECIDED = (
    "(OLD.decision, OLD.decided_on, OLD.checked_by) IS DISTINCT FROM (NEW.decision, NEW.decided_on, NEW.checked_by)"
)


def statements() -> Iterator[str]:
    """The functions and their triggers, one statement each."""
    yield WAS_DRAWN
    yield ONCE
    yield SALT_GOES
    for function in ("order_was_drawn", "order_decided_once", "order_draft_salt_goes"):
        yield f"REVOKE ALL ON FUNCTION audit.{function}() FROM PUBLIC"
    yield (
        "CREATE TRIGGER was_drawn BEFORE INSERT ON audit.rectification_order"
        " FOR EACH ROW EXECUTE FUNCTION audit.order_was_drawn()"
    )
    yield (
        "CREATE TRIGGER decided_once BEFORE UPDATE ON audit.rectification_draft FOR EACH ROW"
        f" WHEN (OLD.decision IS NOT NULL AND {_DECIDED}) EXECUTE FUNCTION audit.order_decided_once()"
    )
    yield (
        "CREATE TRIGGER salt_goes AFTER UPDATE OF task ON audit.rectification_draft_stage"
        " FOR EACH ROW EXECUTE FUNCTION audit.order_draft_salt_goes()"
    )
