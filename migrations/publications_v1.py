"""The SQL side of publicity, version 1: who sees publications of rosters and objections to them, and who writes.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped

ROLE = "funds_app"


def statements() -> Iterator[str]:
    for table in ("publication", "batch_objection"):
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
    yield f"GRANT UPDATE (closed_on, outcome, closed_by) ON funds.batch_objection TO {ROLE}"
