"""The SQL side of stop-clocks, version 3: a stop that was taken back from its first day on is told too, with no days.

A daily run leaves lots that have stops out of its look at the clocks that crossed a day, and judges them apart. A lot
whose stop was taken back has to stay among these: the day on which it crossed may have gone by while it was stopped.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migrations.kin_v1 import _changed
from migrations.stops_v2 import CLOCK_STOPS as CLOCK_STOPS_2

CLOCK_STOPS: Final = _changed(CLOCK_STOPS_2.replace("OR REPLACE ", ""), (" AND s.until_on > s.from_on", ""))


def statements() -> Iterator[str]:
    yield CLOCK_STOPS
