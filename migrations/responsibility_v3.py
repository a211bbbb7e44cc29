"""The SQL side of responsible days, version 3: of funds and of corrections, each account is looked up by its key.

Version 2 compared each account that a fund moved on with every desk of the county: 300 villages of ten funds are a million pairs.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.responsibility_v2 import RESPONSIBLE as RESPONSIBLE_2

_DESK = """CROSS JOIN LATERAL (
        SELECT a.id, a.unit_id FROM account a
         WHERE a.county_code = p_county AND a.id = {0}.account_id AND a.kind NOT IN ('contractor', 'households', 'outside')
           AND (p_root = p_county OR a.region_code >= p_root AND a.region_code < p_root || '~') OFFSET 0) a"""


def _looked_up() -> str:
    found = RESPONSIBLE_2
    for old, new, times in (
        ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1),
        ("JOIN desk a ON a.id = m.account_id", _DESK.format("m"), 4),
        ("JOIN desk a ON a.id = c.account_id", _DESK.format("c"), 2),
    ):
        if found.count(old) != times:
            msg = f"version 2 is not what this version goes on from: {old}"
            raise ValueError(msg)
        found = found.replace(old, new)
    return found


RESPONSIBLE = _looked_up()


def statements() -> Iterator[str]:
    """The same question with the same answer, so that its grants stay."""
    yield RESPONSIBLE
