"""The SQL side of visits, version 2: where a household is seen, every pairing of it is, so that the latest is known.

Of a household that moved and was paired anew, the township it left saw only its own pairing and took it for the latest.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.ledger_v2 import ROLE
from migrations.registry_v1 import SEEN


def statements() -> Iterator[str]:
    """One statement each."""
    yield "DROP POLICY in_scope ON funds.helper_pairing"
    yield "DROP POLICY owner_all ON funds.helper_pairing"
    yield from scoped("funds", ROLE, "helper_pairing", "region_code", also=SEEN.format(table="helper_pairing"))
