"""What was known when, of facts beside the ledger, version 2: corrects what version 1 said of rows from before it.

A project's plan is in force from its declaration, which is no fact added later, and a part of an income that was paid
before is known since the event that says so. Version 1 had told both as known since the migration, the payments even
since the act after it. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# Rows that no act recorded: the event at their position does not name them.
_FILLED: Final = """NOT EXISTS (SELECT FROM funds.event o WHERE o.stream = p.county_code AND o.position = p.position
                  AND o.body ->> 'payment_id' = p.id::text)"""

# A line was paid once, whole, by an event that names income and line. One set, read once.
PAID_BEFORE: Final = f"""
UPDATE funds.share_payment p SET position = e.position
  FROM (SELECT o.stream, o.position, (o.body ->> 'income_id')::uuid AS income_id, (o.body ->> 'line_no')::int AS line_no
          FROM funds.event o WHERE o.kind = 'ShareLinePaid' AND o.body ->> 'payment_id' IS NULL) e
 WHERE e.stream = p.county_code AND e.income_id = p.income_id AND e.line_no = p.line_no AND p.kind = 'paid' AND {_FILLED}"""

# Whatever no event tells is known since the last position that there was when the row was filled in.
REST: Final = f"""
UPDATE funds.share_payment p SET position = funds.position_at(p.county_code, p.recorded_at)
 WHERE p.position > funds.position_at(p.county_code, p.recorded_at) AND {_FILLED}"""


def corrections() -> Iterator[str]:
    yield (
        "UPDATE funds.project_version SET approved_position = NULL"
        " WHERE NOT is_change AND approved_position IS NOT NULL"
    )
    yield PAID_BEFORE
    yield REST
