"""What the inspectors' feed says of a flag, beside what stands of it here. Pure.

The feed decides what nobody has decided here. What a person decided stays as it is, and so does what says the same
already; what the feed itself had said is asked again before it is said otherwise, as people have to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

CONFIRMED: Final = "confirmed"
REFUTED: Final = "refuted"
REOPENED: Final = "reopened"

# Money that came back: 退回, 追缴, 收回. What was handed on or paid out is put right, and nobody recovered it.
CAME_BACK: Final = frozenset({"return", "recover", "take_back"})


@dataclass(frozen=True, slots=True)
class Stands:
    """The last outcome of a flag, and whether the feed had told it (`heard`) or a person decided it here."""

    outcome: str
    decided_on: date
    heard: bool
    recovered_fen: int = 0
    confirmed_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """An outcome to be added to a flag."""

    outcome: str
    decided_on: date
    recovered_fen: int = 0
    confirmed_fen: int | None = None


def concluded(stands: Stands | None, outcome: str, on: date, confirmed_fen: int | None = None) -> list[Next]:
    """What is added when the feed says `outcome`; nothing where that stands, or a person decided otherwise."""
    said = Next(outcome, on, 0, confirmed_fen)
    if stands is None or stands.outcome == REOPENED:
        return [said]
    if stands.outcome == outcome or not stands.heard:
        return []
    return [Next(REOPENED, on), said]


def recovered(stands: Stands | None, change_fen: int, amount_fen: int, on: date) -> list[Next]:
    """What is added when `change_fen` more came back (less, when it was undone) of what the feed had confirmed.

    Never less than nothing, never more than the flag is about. What fell is asked again before it is said.
    """
    if stands is None or not stands.heard or stands.outcome != CONFIRMED:
        return []
    fen = min(max(stands.recovered_fen + change_fen, 0), amount_fen)
    if fen == stands.recovered_fen:
        return []
    said = Next(CONFIRMED, on, fen, stands.confirmed_fen)
    return [said] if fen > stands.recovered_fen else [Next(REOPENED, on), said]
