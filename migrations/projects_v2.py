"""The SQL side of the project library, version 2: the contracts of a project cost no more than its plan in force.

The service decides it when a contract is signed and when a plan changes, both under the lock of the project; here the
same lock is taken once more. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# What a contract costs is its amount, or what it was settled at once it was cancelled.
PLAN_HOLDS: Final = """
CREATE FUNCTION funds.plan_holds_contracts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = funds, pg_temp AS $$
DECLARE of_project uuid := CASE WHEN TG_TABLE_NAME = 'project' THEN (to_jsonb(NEW) ->> 'id')::uuid
                                ELSE (to_jsonb(NEW) ->> 'project_id')::uuid END;
        in_force smallint;
BEGIN
  SELECT p.version INTO in_force FROM project p WHERE p.county_code = NEW.county_code AND p.id = of_project FOR NO KEY UPDATE;
  IF (SELECT sum(coalesce(c.settled_fen, c.amount_fen)) FROM project_contract c
       WHERE c.county_code = NEW.county_code AND c.project_id = of_project) >
     (SELECT v.planned_fen FROM project_version v
       WHERE v.county_code = NEW.county_code AND v.project_id = of_project AND v.version = in_force) THEN
    RAISE EXCEPTION 'the contracts of project % cost more than its plan', of_project USING ERRCODE = 'QL001';
  END IF;
  RETURN NULL;
END $$"""


def statements() -> Iterator[str]:
    """The statements, one each."""
    yield PLAN_HOLDS
    yield "REVOKE ALL ON FUNCTION funds.plan_holds_contracts() FROM PUBLIC"
    for table, moment in (("project_contract", "INSERT"), ("project", "UPDATE OF version")):
        yield (
            f"CREATE TRIGGER plan_holds_contracts AFTER {moment} ON funds.{table}"
            " FOR EACH ROW EXECUTE FUNCTION funds.plan_holds_contracts()"
        )
