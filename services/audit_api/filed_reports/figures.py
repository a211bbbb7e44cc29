"""What a report states, beside what its own parts come to. Pure; published sums are shown, never adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

MILLION: Final = 1_000_000


class FigureKind(StrEnum):
    """sum: 各部分之和; ratio: 第一部分除以第二部分，以百万分之一计."""

    SUM = "sum"
    RATIO = "ratio"


def worked_out(kind: FigureKind, parts: Sequence[int]) -> int:
    """What the parts come to: their sum, or the first over the second in millionths, rounded half up."""
    if kind is FigureKind.SUM:
        return sum(parts)
    part, whole = parts
    return (2 * part * MILLION + whole) // (2 * whole)
