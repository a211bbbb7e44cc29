"""The SQL side of the project library, version 3: a waiting change is answered once, and nothing else of a version changes.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.projects_v1 import ROLE

_ANSWERS: Final = (
    "ARRAY['approved_by', 'approval_document', 'effective_on', 'approved_position',"
    " 'closed_as', 'closed_by', 'closed_on', 'closing_document', 'closing_reason', 'closed_position']"
)

ANSWERED_ONCE: Final = f"""
CREATE FUNCTION funds.version_answered_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = funds, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.closed_on IS NOT NULL OR NEW.is_change AND NEW.effective_on IS NOT NULL THEN
      RAISE EXCEPTION 'a change of project % is not recorded as answered', NEW.project_id USING ERRCODE = 'QL432';
    END IF;
  ELSIF OLD.effective_on IS NOT NULL OR OLD.closed_on IS NOT NULL OR (NEW.effective_on IS NULL) = (NEW.closed_on IS NULL)
     OR to_jsonb(OLD) - {_ANSWERS} IS DISTINCT FROM to_jsonb(NEW) - {_ANSWERS} THEN
    RAISE EXCEPTION 'version % of project % is approved, refused or withdrawn once; nothing else of it changes',
      OLD.version, OLD.project_id USING ERRCODE = 'QL432';
  END IF;
  RETURN NEW;
END $$"""


def statements() -> Iterator[str]:
    """The statements, one each."""
    yield ANSWERED_ONCE
    yield "REVOKE ALL ON FUNCTION funds.version_answered_once() FROM PUBLIC"
    yield (
        "CREATE TRIGGER version_answered_once BEFORE INSERT OR UPDATE ON funds.project_version"
        " FOR EACH ROW EXECUTE FUNCTION funds.version_answered_once()"
    )
    yield (
        "CREATE TRIGGER closed_position BEFORE UPDATE ON funds.project_version FOR EACH ROW"
        " WHEN (OLD.closed_on IS NULL AND NEW.closed_on IS NOT NULL)"
        " EXECUTE FUNCTION funds.known_from('closed_position')"
    )
    yield (
        "GRANT UPDATE (closed_as, closed_by, closed_on, closing_document, closing_reason)"
        f" ON funds.project_version TO {ROLE}"
    )
