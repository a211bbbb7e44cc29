"""The SQL side of fund terms, version 4: sets of one fund are recorded one at a time, and none is changed but once.

A set may be withdrawn while it waits; its day may then have another edition, so rules belong to an edition. What waits
is confirmed or withdrawn once, within the caller's region, and nothing else of a set ever changes.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.terms_v1 import ROLE
from migrations.terms_v3 import AGREED

_OF_THE_DAY = "AND r.valid_from = t.valid_from"
TERMS_OF = AGREED.replace(_OF_THE_DAY, f"{_OF_THE_DAY} AND r.edition = t.edition")

# A row, not an advisory lock, so that it also holds on a cluster. References to the fund do not wait for it.
HOLD_TERMS = """
CREATE FUNCTION funds.hold_terms(p_fund text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
  SELECT FROM fund f WHERE f.code = p_fund FOR NO KEY UPDATE
$$"""

_ANSWERED = "ARRAY['confirmed_by', 'confirmed_at', 'withdrawn_by', 'withdrawn_at', 'withdrawn_because']"
# Terms are read by everybody, so no policy of rows narrows who writes them: this does.
ONCE = f"""
CREATE FUNCTION funds.terms_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
BEGIN
  IF current_user = '{ROLE}' AND NOT coalesce(starts_with(NEW.region_code, nullif(current_setting('app.region', true), '')), false) THEN
    RAISE EXCEPTION 'the terms are those of another region' USING ERRCODE = 'QL403';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.confirmed_by IS NOT NULL OR NEW.withdrawn_by IS NOT NULL THEN
      RAISE EXCEPTION 'terms are not recorded as answered' USING ERRCODE = 'QL430';
    END IF;
  ELSIF NOT OLD.waits OR OLD.confirmed_by IS NOT NULL OR OLD.withdrawn_by IS NOT NULL
     OR (NEW.confirmed_by IS NULL) = (NEW.withdrawn_by IS NULL)
     OR to_jsonb(OLD) - {_ANSWERED} IS DISTINCT FROM to_jsonb(NEW) - {_ANSWERED} THEN
    RAISE EXCEPTION 'waiting terms are confirmed or withdrawn, once; nothing else of terms changes' USING ERRCODE = 'QL430';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    yield TERMS_OF
    yield HOLD_TERMS
    yield ONCE
    yield "CREATE TRIGGER terms_once BEFORE INSERT OR UPDATE ON funds.fund_terms FOR EACH ROW EXECUTE FUNCTION funds.terms_once()"
    for function in ("hold_terms(text)", "terms_once()"):
        yield f"REVOKE ALL ON FUNCTION funds.{function} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.hold_terms(text) TO {ROLE}"
    yield f"GRANT UPDATE (withdrawn_by, withdrawn_at, withdrawn_because) ON funds.fund_terms TO {ROLE}"
