"""Splitting an income to the fen, what stands paid of a part, and the days by which it was late. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


def split(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """`amount_fen` in proportion to positive `weights`: whole fen, one part per weight, in order, Σ exactly the amount.

    Each part is rounded down and the last one takes what is left (余数归末行, the practice of pay rolls), fewer fen
    than there are parts.
    """
    if not weights or min(weights) <= 0 or amount_fen < 0:
        msg = "shares need an amount and positive weights"
        raise ValueError(msg)
    whole = sum(weights)
    parts = [amount_fen * weight // whole for weight in weights]
    parts[-1] += amount_fen - sum(parts)
    return parts


def overdue_days(due_on: date, done_on: date | None, as_of: date) -> int:
    """By how many days something was late on `as_of`: 0 while it is not due, or when it was done in time."""
    end = done_on if done_on is not None and done_on <= as_of else as_of
    return max((end - due_on).days, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line was paid out (`paid`), some of it came back (`returned`), or one of these was `undone`; never changed."""

    id: UUID
    kind: str
    amount_fen: int
    effective_on: date
    document: str
    household_id: UUID | None = None
    undoes_id: UUID | None = None


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The payments and returns that were not undone, in the order of recording."""
    undone = {one.undoes_id for one in entries}
    return [one for one in entries if one.kind != "undone" and one.id not in undone]


def paid_fen(entries: Sequence[Entry]) -> int:
    """What stands paid: Σ paid less Σ returned, of what was not undone."""
    return sum(one.amount_fen if one.kind == "paid" else -one.amount_fen for one in standing(entries))


def earliest_on(entries: Sequence[Entry], decided_on: date) -> date:
    """The first day on which something more may take effect of a line: none before what was recorded of it earlier.

    The entries by any day are then the first of them, as they once stood: never below nothing, never above the line.
    """
    return max((decided_on, *(one.effective_on for one in entries)))


def returnable_fen(entries: Sequence[Entry], household_id: UUID, part_fen: int) -> int:
    """What a household may still give back of its part since the line was last paid out."""
    given = 0
    for one in standing(entries):
        if one.kind == "paid":
            given = 0
        elif one.household_id == household_id:
            given += one.amount_fen
    return part_fen - given


def followed_by(entries: Sequence[Entry], undone: Entry) -> Entry | None:
    """What stands recorded after an entry and is of the other kind: the entry is not undone behind it."""
    after = entries[entries.index(undone) + 1 :]
    return next((one for one in standing(entries) if one in after and one.kind != undone.kind), None)
