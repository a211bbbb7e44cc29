"""The SQL side of the log, version 3: which key follows which, and from which size on; each follows the one before it.

The owner announces (a command of the operator, with its event in the journal), the sealer changes over. Frozen: a change
is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.record_v1 import NATION

IN_TURN = """
CREATE FUNCTION audit.log_key_in_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE last log_key_change;
BEGIN
  SELECT * INTO last FROM log_key_change ORDER BY size DESC LIMIT 1;
  IF FOUND AND (last.size >= NEW.size OR last.key <> NEW.key_before) THEN
    RAISE EXCEPTION 'the key of the log from % leaves on is %', last.size, last.key USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM log_key_change c WHERE c.key_before = NEW.key) THEN
    RAISE EXCEPTION 'a key of the log that was followed by another comes back' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def statements(role: str) -> Iterator[str]:
    """The trigger, policies and grants, one statement each."""
    yield IN_TURN
    yield "REVOKE ALL ON FUNCTION audit.log_key_in_turn() FROM PUBLIC"
    yield (
        "CREATE TRIGGER in_turn BEFORE INSERT ON audit.log_key_change"
        " FOR EACH ROW EXECUTE FUNCTION audit.log_key_in_turn()"
    )
    for table in ("log_key_announcement", "log_key_change"):
        yield f"ALTER TABLE audit.{table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY owner_all ON audit.{table} TO qingliu_owner USING (true) WITH CHECK (true)"
        yield f"CREATE POLICY seen ON audit.{table} FOR SELECT TO {role} USING (true)"
        yield f"GRANT SELECT ON audit.{table} TO {role}"
    yield f"CREATE POLICY changed ON audit.log_key_change FOR INSERT TO {role} WITH CHECK ({NATION})"
    yield f"GRANT INSERT ON audit.log_key_change TO {role}"
