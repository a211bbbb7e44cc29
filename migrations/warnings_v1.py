"""The SQL side of warnings, version 1: who sees and writes them, and that each step is taken once and in its order.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# A step that was taken is not touched any more, and none is taken once the warning was answered.
STEPS_ONCE = """
CREATE FUNCTION funds.warning_steps_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
BEGIN
  IF OLD.closed_on IS NOT NULL
     OR OLD.acknowledged_on IS NOT NULL AND (NEW.acknowledged_on, NEW.acknowledged_by) IS DISTINCT FROM (OLD.acknowledged_on, OLD.acknowledged_by)
     OR OLD.explained_on IS NOT NULL AND (NEW.explained_on, NEW.explained_by, NEW.explanation, NEW.explanation_document)
        IS DISTINCT FROM (OLD.explained_on, OLD.explained_by, OLD.explanation, OLD.explanation_document) THEN
    RAISE EXCEPTION 'a step of the warning % was taken already', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""
# The chain of a unit's warnings by a rule hangs on its first one, which hangs on none.
FIRST_IS_FIRST = """
CREATE FUNCTION funds.warning_first_is_first() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  PERFORM FROM warning w WHERE w.county_code = NEW.county_code AND w.id = NEW.first_warning_id AND w.first_warning_id IS NULL
     AND w.unit_id = NEW.unit_id AND w.rule_code = NEW.rule_code AND w.closed_on IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the warning % is not the first of this unit and rule, or is over', NEW.first_warning_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""

_LATER = {
    "acknowledged_on": "acknowledged_position",
    "explained_on": "explained_position",
    "closed_on": "closed_position",
}
_STEPS = (
    "acknowledged_on, acknowledged_by, explained_on, explained_by, explanation, explanation_document, closed_on, closed_by,"
    " closing, closing_document, next_due_on"
)


def statements() -> Iterator[str]:
    for table in ("unit_leader", "warning", "warning_escalation"):
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
        yield (
            f"CREATE TRIGGER known_from BEFORE INSERT ON funds.{table}"
            " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
        )
    yield f"GRANT UPDATE ({_STEPS}) ON funds.warning TO {ROLE}"
    for day, position in _LATER.items():
        yield (
            f"CREATE TRIGGER {position} BEFORE UPDATE ON funds.warning FOR EACH ROW"
            f" WHEN (OLD.{day} IS NULL AND NEW.{day} IS NOT NULL) EXECUTE FUNCTION funds.known_from('{position}')"
        )
    yield STEPS_ONCE
    yield (
        "CREATE TRIGGER steps_once BEFORE UPDATE OF acknowledged_on, acknowledged_by, explained_on, explained_by, explanation,"
        " explanation_document, closed_on, closed_by, closing, closing_document ON funds.warning"
        " FOR EACH ROW EXECUTE FUNCTION funds.warning_steps_once()"
    )
    yield FIRST_IS_FIRST
    yield (
        "CREATE TRIGGER first_is_first BEFORE INSERT ON funds.warning FOR EACH ROW"
        " WHEN (NEW.first_warning_id IS NOT NULL) EXECUTE FUNCTION funds.warning_first_is_first()"
    )
    for function in ("warning_steps_once()", "warning_first_is_first()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
