"""The SQL side of fund terms, version 3: a set that lifts what its own level laid down holds once a second person agreed.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.terms_v1 import ROLE
from migrations.terms_v2 import TERMS_OF

_STARTED = "AND t.valid_from <= p_on"
AGREED = TERMS_OF.replace(_STARTED, f"{_STARTED} AND (NOT t.waits OR t.confirmed_by IS NOT NULL)")


def statements() -> Iterator[str]:
    yield AGREED
    yield f"GRANT UPDATE (confirmed_by, confirmed_at) ON funds.fund_terms TO {ROLE}"
