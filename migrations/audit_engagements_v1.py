"""The SQL side of engagements, version 1: what is added to a row later is added once, and says when it became known.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

ROLE: Final = "audit_app"

# Of each table with later facts: the column that tells such a fact, its position, and the columns that go with it.
LATER: Final[Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]]] = {
    "engagement": {},
    "engagement_scope": {},
    "engagement_period": {},
    "engagement_member": {"until_on": ("ended_position", ("until_on", "ended_by"))},
    "engagement_document": {
        "checked_on": ("checked_position", ("checked_on", "checked_by", "verdict", "opinion")),
        "delivered_on": ("delivered_position", ("delivered_on", "delivered_by", "ruling_until_on", "ruling_ref")),
    },
}

# Grants by column keep the rest of a row as it is; this keeps what was added as it was added.
ONCE = """
CREATE FUNCTION audit.added_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%: what was added to a row is not changed', TG_TABLE_NAME USING ERRCODE = 'QL448';
END $$"""


def statements() -> Iterator[str]:
    yield ONCE
    yield "REVOKE ALL ON FUNCTION audit.added_once() FROM PUBLIC"
    for table, later in LATER.items():
        yield from scoped("audit", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}"
        if table != "engagement_scope":
            yield from triggers(table, {fact: position for fact, (position, _) in later.items()})
        for fact, (_, columns) in later.items():
            yield f"GRANT UPDATE ({', '.join(columns)}) ON audit.{table} TO {ROLE}"
            changed = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in columns)
            yield (
                f"CREATE TRIGGER {fact}_once BEFORE UPDATE ON audit.{table} FOR EACH ROW"
                f" WHEN (OLD.{fact} IS NOT NULL AND ({changed})) EXECUTE FUNCTION audit.added_once()"
            )
    # The numbering of documents; whoever takes the next number holds the engagement until the commit.
    yield f"GRANT UPDATE (last_no) ON audit.engagement TO {ROLE}"
