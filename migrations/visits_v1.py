"""The SQL side of visits, version 1: who sees and writes pairings and visits; both are only ever added to.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE


def statements() -> Iterator[str]:
    for table in ("helper_pairing", "helper_visit"):
        yield from scoped("funds", ROLE, table, "region_code")
        yield f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}"
        yield (
            f"CREATE TRIGGER known_from BEFORE INSERT ON funds.{table}"
            " FOR EACH ROW EXECUTE FUNCTION funds.known_from('position')"
        )
