"""The SQL side of the project library, version 1: what its rows must agree on, who sees them, who may write what.

A plan's sources make its amount, and the steps of a project follow one another without a gap and without going back in
time: both are decided in the service and held here once more. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"

# Deferred to the commit, because a version and its sources are written one after the other.
SOURCES_TIE = """
CREATE FUNCTION funds.project_sources_tie() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF (SELECT v.planned_fen FROM project_version v
       WHERE v.county_code = NEW.county_code AND v.project_id = NEW.project_id AND v.version = NEW.version) IS DISTINCT FROM
     (SELECT sum(s.planned_fen)::bigint FROM project_source s
       WHERE s.county_code = NEW.county_code AND s.project_id = NEW.project_id AND s.version = NEW.version) THEN
    RAISE EXCEPTION 'the sources of project % do not make its planned amount', NEW.project_id USING ERRCODE = 'QL001';
  END IF;
  RETURN NULL;
END $$"""

STEPS_FOLLOW = """
CREATE FUNCTION funds.project_steps_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE before project_step;
BEGIN
  SELECT * INTO before FROM project_step s WHERE s.county_code = NEW.county_code AND s.project_id = NEW.project_id
   ORDER BY s.seq DESC LIMIT 1;
  IF NEW.seq <> coalesce(before.seq, 0) + 1 OR NEW.from_stage IS DISTINCT FROM before.stage
     OR NEW.effective_on < coalesce(before.effective_on, NEW.effective_on) OR before.stage = 'removed' THEN
    RAISE EXCEPTION 'step % of project % does not follow the one before', NEW.seq, NEW.project_id USING ERRCODE = 'QL005';
  END IF;
  RETURN NEW;
END $$"""

TABLES = (
    "project",
    "project_version",
    "project_source",
    "project_target",
    "project_step",
    "project_objection",
    "project_contract",
    "project_progress",
)


def statements() -> Iterator[str]:
    """The statements, one each, after the tables are there."""
    yield SOURCES_TIE
    yield STEPS_FOLLOW
    for table in ("project_version", "project_source"):
        yield (
            f"CREATE CONSTRAINT TRIGGER sources_tie AFTER INSERT ON funds.{table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION funds.project_sources_tie()"
        )
    yield (
        "CREATE TRIGGER steps_follow BEFORE INSERT ON funds.project_step"
        " FOR EACH ROW EXECUTE FUNCTION funds.project_steps_follow()"
    )
    for function in ("project_sources_tie", "project_steps_follow"):
        yield f"REVOKE ALL ON FUNCTION funds.{function}() FROM PUBLIC"
    for table in TABLES:
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
    yield (
        f"GRANT UPDATE (version, stage, steps_n, unit_id, cash_account_id, quota_account_id) ON funds.project TO {ROLE}"
    )
    yield f"GRANT UPDATE (approved_by, approval_document, effective_on) ON funds.project_version TO {ROLE}"
    yield f"GRANT UPDATE (closed_on, outcome, closed_by) ON funds.project_objection TO {ROLE}"
    yield (f"GRANT UPDATE (accepted_by, accepted_on, acceptance_document) ON funds.project_progress TO {ROLE}")
