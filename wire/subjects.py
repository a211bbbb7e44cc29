"""What audit_api asks of funds_api before a finding names it: movements, orders, batches and lines, loans, projects.

And flags: what a flag is about that a finding is made of, by the money it names.

No event: an answer over HTTP. Amounts are integer fen; no body holds personal data.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

MOST: Final = 100  # named in one question, so that it stays one line of HTTP
MOST_LOTS: Final = 1000  # of one thing: as many as a draft may bind by itself


class LotTold(BaseModel):
    """Fen of the thing asked about that rest in one lot; undone as a whole, `movement_id` takes them all back.

    `depth` is how many steps further down they are than where the thing brought them: coming back by one more than
    that, they are above it again. `batch_id` and `line` are of the row of a roster whose fen these are alone.
    """

    model_config = ConfigDict(frozen=True)
    lot_id: UUID
    fen: int
    movement_id: UUID
    depth: int = 0
    batch_id: UUID | None = None
    line: int | None = None


class SubjectTold(BaseModel):
    """One thing that is there; `amount_fen` is what it comes to, null where it has no one figure.

    `lots`, the oldest first, are where its money rests: what came back above it (returned, recovered, taken back,
    undone) or went over into another county is in none. In more than `MOST_LOTS` none is listed, and `lots_n` says in
    how many.
    """

    model_config = ConfigDict(frozen=True)
    kind: Literal["movement", "order", "batch", "loan", "project", "flag"]
    id: UUID
    line: int | None
    amount_fen: int | None
    lots: list[LotTold] = []
    lots_n: int = 0


class SubjectsTold(BaseModel):
    """Those of the things asked about that are there for the caller, in no order; the others are left out.

    All as the county's journal stood at `position`; null from a release that told of no lots.
    """

    model_config = ConfigDict(frozen=True)
    items: list[SubjectTold]
    position: int | None = None


def named(kind: str, subject_id: UUID, line: int | None) -> str:
    """How a question names one: `loan:…`, or `batch:…:3` for a line of a batch."""
    return f"{kind}:{subject_id}" if line is None else f"{kind}:{subject_id}:{line}"
