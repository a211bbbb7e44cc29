"""Turns the published sentences about time in `data/published/idle_checks.csv` into statements, exactly as published.

Only what the pages say is read: the kind of the sentence, its days as from … to …, its words. The columns in which
somebody worked out the days by hand (`days_min`, `days_max`, `basis`) are what tests compare with, and are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from treasury.intervals import DayRange
from treasury.statements import About, Statement


def statement(row: Mapping[str, str]) -> Statement:
    """One row as a statement; an empty day is a day that nobody knows."""
    return Statement(
        About(row["kind"]),
        DayRange(_day(row["received_from"]), _day(row["received_to"])),
        DayRange(_day(row["end_date_from"]), _day(row["end_date_to"])),
        row["published_text"],
    )


def _day(printed: str) -> date | None:
    return date.fromisoformat(printed) if printed else None
