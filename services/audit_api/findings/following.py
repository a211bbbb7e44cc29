"""What a draw of a bound lot means to the finding that holds it. Pure.

Money an alert saw at rest is put right when it leaves. Money of a movement, an order, a batch or a project is put right
when it comes back above that: returned, recovered, taken back to the treasury, or by undoing what the finding names.
Where it only goes further down, or comes back by fewer steps than it is down, the binding goes with it. Of idle money
(F01) it is enough, however it was found, that it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from uuid import UUID

IDLE: Final = "F01"
CAME_BACK: Final = frozenset({"return", "recover"})  # a step up, to where it came from
TAKEN_BACK: Final = "take_back"
WENT_ON: Final = frozenset({"hand_down", "order", "pay", "disburse"})
REVERSAL: Final = "reverse"
COUNTED_KINDS: Final = CAME_BACK | WENT_ON | {TAKEN_BACK}
# How many steps down a movement takes money.
DOWN: Final = {**dict.fromkeys(CAME_BACK, -1), **dict.fromkeys(WENT_ON, 1), "retain": 1, "carry_over": 0, TAKEN_BACK: 0}

RosterRow = tuple[UUID, int]  # a batch and a line of it


class Effect(Enum):
    """The bound fen are put right, went into another lot with their binding, or nothing of them was meant."""

    PUT_RIGHT = auto()
    MOVED_ON = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Holding:
    """How a finding holds a lot.

    `told_position`: the books answered so far, what they say of later is to be counted; None where an alert saw it.
    `rows`: the finding shares the lot with findings on other rows of the roster; None where the lot is its own.
    `movements`: what the finding names, as movements; undone they are put right. `depth`: steps below what it names.
    """

    finding_id: UUID
    told_position: int | None = None
    leaving: bool = False
    rows: frozenset[RosterRow] | None = None
    movements: frozenset[UUID] = frozenset()
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Leaving:
    """A draw from a held lot, as the feed told it; `row` of a roster that came back, `finding_id` if it names one.

    `undoes` is the kind of what a reversal undoes, None where nobody kept it.
    """

    kind: str
    position: int
    reverses_id: UUID | None = None
    row: RosterRow | None = None
    finding_id: UUID | None = None
    undoes: str | None = None


def effect(held: Holding, draw: Leaving) -> Effect:
    """What the draw means to this finding."""
    if held.told_position is None:
        return Effect.PUT_RIGHT if draw.kind in COUNTED_KINDS else Effect.NOTHING
    if draw.position <= held.told_position:  # the books had answered with it done
        return Effect.NOTHING
    if draw.kind == REVERSAL:
        return Effect.PUT_RIGHT if draw.reverses_id in held.movements else Effect.MOVED_ON
    if held.rows is not None and draw.finding_id != held.finding_id and draw.row not in held.rows:
        return Effect.NOTHING  # in a lot of many rows, of somebody else's
    if (
        draw.kind == TAKEN_BACK
        or (draw.kind in CAME_BACK and held.depth <= 0)
        or (held.leaving and draw.kind in WENT_ON)
    ):
        return Effect.PUT_RIGHT
    return Effect.MOVED_ON if draw.kind in DOWN else Effect.NOTHING


def depth_after(held: Holding, draw: Leaving) -> int:
    """How many steps below what the finding names the fen are after the draw; one above it they are at -1."""
    if draw.kind != REVERSAL:
        return max(held.depth + DOWN.get(draw.kind, 0), -1)
    # A way back is undone downwards; whatever else is undone, and is not what is named, cannot lead above that.
    undone = DOWN.get(draw.undoes or "", 1)
    return held.depth + 1 if undone < 0 else max(held.depth - undone, 0)
