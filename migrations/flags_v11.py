"""The SQL side of rule runs, version 11: what was recorded just behind the last run is looked for from that run's day.

Version 10 looked nine days back from the day of its own run. After missed days, money of a limit of a few days that was
written down within the week, but behind the last run, had gone by and was never asked about. And it looked at all that
came in these days: only of clocks up to `p_late` can anything have been missed. Otherwise as version 10.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations import flags_v10

# The day on which the last run had looked; it knew all that was recorded before.
_LOOKED_ON: Final = """(SELECT (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM event e
         WHERE e.stream = p_county AND e.position = p_known)"""
# The look is written twice: with and without asking what was raised before.
_CHANGES: Final = (
    ("l.arrived_on >= p_as_of - 9", f"l.arrived_on BETWEEN least(p_as_of, {_LOOKED_ON}) - 9 AND p_late", 2),
    ("CREATE FUNCTION funds.raise_crossings(", "CREATE OR REPLACE FUNCTION funds.raise_crossings(", 1),
)


def _from_version_10() -> str:
    found = flags_v10.RAISE_CROSSINGS
    for old, new, times in _CHANGES:
        if found.count(old) != times:
            msg = f"version 10 is not what this version goes on from: {old}"
            raise ValueError(msg)
        found = found.replace(old, new)
    return found


RAISE_CROSSINGS: Final = _from_version_10()


def statements() -> Iterator[str]:
    """The same question, so that its grants stay."""
    yield RAISE_CROSSINGS
