"""Findings of engagements, version 1 of this part: which finding was made in which engagement, and since when that is known.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.audit_known_v1 import triggers
from migrations.journal_v1 import scoped

ROLE: Final = "audit_app"
TABLE: Final = "engagement_finding"


def statements() -> Iterator[str]:
    yield from scoped("audit", ROLE, TABLE, "region_code")
    yield f"GRANT SELECT, INSERT ON audit.{TABLE} TO {ROLE}"
    yield from triggers(TABLE, {})
