"""The SQL side of audit_api's policy values, version 1: editions that are never edited, no overlap, two people.

As of money (`policies_v1`), but rows are guarded by row-level security: everybody reads numbers of law, and a value is
written by somebody of its own region. The database numbers the editions and writes the instants, so that the last
edition is also the one known last. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.journal_v1 import REGION, scoped

ROLE: Final = "audit_app"

# A row, not an advisory lock, so that it also holds on a cluster.
HOLD_POLICY = """
CREATE FUNCTION audit.hold_policy(p_key text, p_region text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = audit, pg_temp AS $$
BEGIN
  INSERT INTO policy_gate (region_code, key) VALUES (p_region, p_key) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM policy_gate g WHERE g.region_code = p_region AND g.key = p_key FOR UPDATE;
END $$"""

_ANSWERED = "ARRAY['confirmed_by', 'confirmed_at', 'withdrawn_by', 'withdrawn_at', 'withdrawn_because']"
# No EXCLUDE: an edition that a later one replaced claims its days no longer, and is not edited to say so.
ONCE = f"""
CREATE FUNCTION audit.policy_value_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  PERFORM audit.hold_policy(NEW.key, NEW.region_code);
  IF TG_OP = 'INSERT' THEN
    IF num_nonnulls(NEW.confirmed_by, NEW.confirmed_at, NEW.withdrawn_by, NEW.withdrawn_at, NEW.withdrawn_because) > 0 THEN
      RAISE EXCEPTION 'a policy value is not recorded as answered' USING ERRCODE = 'QL447';
    END IF;
    SELECT coalesce(max(v.edition), 0) + 1 INTO NEW.edition FROM policy_value v
     WHERE v.key = NEW.key AND v.region_code = NEW.region_code AND v.valid_from = NEW.valid_from;
    IF EXISTS (
      SELECT FROM policy_value o
       WHERE o.key = NEW.key AND o.region_code = NEW.region_code AND o.valid_from <> NEW.valid_from AND o.withdrawn_by IS NULL
         AND (NEW.valid_from BETWEEN o.valid_from AND o.valid_to OR o.valid_from BETWEEN NEW.valid_from AND NEW.valid_to)
         AND NOT EXISTS (
           SELECT FROM policy_value later
            WHERE later.key = o.key AND later.region_code = o.region_code AND later.valid_from = o.valid_from
              AND later.edition > o.edition AND (later.set_by IS NULL OR later.confirmed_by IS NOT NULL))) THEN
      RAISE EXCEPTION 'the stated periods of policy values overlap' USING ERRCODE = '23P01';
    END IF;
  ELSIF OLD.set_by IS NULL OR OLD.confirmed_by IS NOT NULL OR OLD.withdrawn_by IS NOT NULL
     OR (NEW.confirmed_by IS NULL) = (NEW.withdrawn_by IS NULL)
     OR to_jsonb(OLD) - {_ANSWERED} IS DISTINCT FROM to_jsonb(NEW) - {_ANSWERED} THEN
    RAISE EXCEPTION 'a waiting policy value is confirmed or withdrawn, once; nothing else of it changes' USING ERRCODE = 'QL447';
  ELSIF NEW.confirmed_by IS NOT NULL THEN
    NEW.confirmed_at := clock_timestamp();
  ELSE
    NEW.withdrawn_at := clock_timestamp();
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield from scoped("audit", ROLE, "policy_gate", "region_code")
    yield HOLD_POLICY
    yield ONCE
    yield (
        "CREATE TRIGGER policy_value_once BEFORE INSERT OR UPDATE ON audit.policy_value"
        " FOR EACH ROW EXECUTE FUNCTION audit.policy_value_once()"
    )
    for function in ("hold_policy(text, text)", "policy_value_once()"):
        yield f"REVOKE ALL ON FUNCTION audit.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION audit.hold_policy(text, text) TO {ROLE}"
    yield "ALTER TABLE audit.policy_value ENABLE ROW LEVEL SECURITY"
    yield "ALTER TABLE audit.policy_value FORCE ROW LEVEL SECURITY"
    yield "CREATE POLICY owner_all ON audit.policy_value TO qingliu_owner USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY read_by_all ON audit.policy_value FOR SELECT TO {ROLE} USING (true)"
    own = f"region_code = {REGION}"
    yield f"CREATE POLICY set_by_its_level ON audit.policy_value FOR INSERT TO {ROLE} WITH CHECK ({own} AND set_by IS NOT NULL)"
    yield f"CREATE POLICY answered_by_its_level ON audit.policy_value FOR UPDATE TO {ROLE} USING ({own}) WITH CHECK ({own})"
    yield f"GRANT SELECT, INSERT ON audit.policy_value TO {ROLE}"
    yield f"GRANT UPDATE (confirmed_by, withdrawn_by, withdrawn_because) ON audit.policy_value TO {ROLE}"
