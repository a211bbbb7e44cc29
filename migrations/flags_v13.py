"""The SQL side of rule runs, version 13: the lots of movements that were recorded late are looked up by their key.

A batch makes a thousand lots of one movement, so that some hundred late movements were guessed to have made a million,
and the lots of the whole county were read to find theirs. Otherwise as version 12. Frozen: a change is a new file and a
new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations import flags_v12

_BEFORE: Final = "SELECT l.id FROM movement m JOIN lot l ON l.county_code = p_county AND l.movement_id = m.id"
_NOW: Final = """SELECT l.id FROM movement m CROSS JOIN LATERAL (
        SELECT o.id FROM lot o WHERE o.county_code = p_county AND o.movement_id = m.id OFFSET 0) l"""
_TIMES: Final = 2  # with and without asking what was raised before
_DEFINED: Final = "CREATE OR REPLACE FUNCTION funds.raise_crossings("


def _from_version_12() -> str:
    found = flags_v12.RAISE_CROSSINGS
    if found.count(_BEFORE) != _TIMES or not found.strip().startswith(_DEFINED):
        msg = "version 12 is not what this version goes on from"
        raise ValueError(msg)
    return found.replace(_BEFORE, _NOW)


RAISE_CROSSINGS: Final = _from_version_12()


def statements() -> Iterator[str]:
    """The same question, so that its grants stay."""
    yield RAISE_CROSSINGS
