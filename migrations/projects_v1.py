"""The SQL side of the project library and its assets, version 1: what rows must agree on, who sees them, who writes.

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

# What is shared is what was earned; what households get of a line is the line.
SHARES_TIE = """
CREATE FUNCTION funds.income_shares_tie() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN
  IF (SELECT i.amount_fen FROM asset_income i WHERE i.county_code = NEW.county_code AND i.id = NEW.income_id)
     IS DISTINCT FROM (SELECT sum(l.amount_fen)::bigint FROM share_line l
                        WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id) THEN
    RAISE EXCEPTION 'the lines of income % do not make it', NEW.income_id USING ERRCODE = 'QL001';
  END IF;
  IF EXISTS (SELECT FROM share_line l
              JOIN (SELECT h.line_no, count(*) AS n, sum(h.amount_fen)::bigint AS fen FROM share_household h
                     WHERE h.county_code = NEW.county_code AND h.income_id = NEW.income_id GROUP BY h.line_no) h
                ON h.line_no = l.line_no
             WHERE l.county_code = NEW.county_code AND l.income_id = NEW.income_id
               AND (h.fen <> l.amount_fen OR h.n <> l.households_n)) THEN
    RAISE EXCEPTION 'the households of a line of income % do not make it', NEW.income_id USING ERRCODE = 'QL001';
  END IF;
  RETURN NULL;
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
    "asset",
    "asset_income",
    "income_share",
    "share_line",
    "share_household",
)


def statements() -> Iterator[str]:
    """The statements, one each, after the tables are there."""
    yield SOURCES_TIE
    yield STEPS_FOLLOW
    yield SHARES_TIE
    for table in ("income_share", "share_line", "share_household"):
        yield (
            f"CREATE CONSTRAINT TRIGGER shares_tie AFTER INSERT ON funds.{table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION funds.income_shares_tie()"
        )
    for table in ("project_version", "project_source"):
        yield (
            f"CREATE CONSTRAINT TRIGGER sources_tie AFTER INSERT ON funds.{table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION funds.project_sources_tie()"
        )
    yield (
        "CREATE TRIGGER steps_follow BEFORE INSERT ON funds.project_step"
        " FOR EACH ROW EXECUTE FUNCTION funds.project_steps_follow()"
    )
    for function in ("project_sources_tie", "project_steps_follow", "income_shares_tie"):
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
    yield (
        "GRANT UPDATE (title_document, confirmed_on, confirmed_by, disposed_on, disposal_document, disposal_reason,"
        f" proceeds_fen) ON funds.asset TO {ROLE}"
    )
    yield f"GRANT UPDATE (passed_on, passing_document) ON funds.asset_income TO {ROLE}"
    yield f"GRANT UPDATE (paid_on, payment_document, paid_by) ON funds.share_line TO {ROLE}"
