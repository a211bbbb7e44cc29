"""The SQL side of rule runs, version 12: money whose older clock goes on on a day that was still to come is asked about.

An undoing may be dated some days ahead. When its lot arrives, a run has known of it for days and asked about its clock
already, of nobody: whoever handed money on the day before its limit and undid it for a later day was never asked.
Otherwise as version 11. Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations import flags_v11
from migrations.flags_v11 import _LOOKED_ON

_RECORDED: Final = "l.position > p_known AND l.clock_from < l.arrived_on"
_ARRIVED: Final = f"""{_RECORDED}
    UNION
    SELECT l.id FROM lot l
     WHERE p_late IS NOT NULL AND l.county_code = p_county AND l.is_open AND l.clock_from < l.arrived_on AND l.arrived_on <= p_as_of
       AND l.arrived_on > {_LOOKED_ON}"""
_TIMES: Final = 2  # with and without asking what was raised before
_DEFINED: Final = "CREATE OR REPLACE FUNCTION funds.raise_crossings("


def _from_version_11() -> str:
    found = flags_v11.RAISE_CROSSINGS
    if found.count(_RECORDED) != _TIMES or not found.strip().startswith(_DEFINED):
        msg = "version 11 is not what this version goes on from"
        raise ValueError(msg)
    return found.replace(_RECORDED, _ARRIVED)


RAISE_CROSSINGS: Final = _from_version_11()


def statements() -> Iterator[str]:
    """The same question, so that its grants stay."""
    yield RAISE_CROSSINGS
