"""What audit_api asks of funds_api before a finding names it: movements, batches and their lines, loans, projects.

No event: an answer over HTTP. `amount_fen` is integer fen; no body holds personal data.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

MOST: Final = 100  # named in one question, so that it stays one line of HTTP


class SubjectTold(BaseModel):
    """One thing that is there; `amount_fen` is what it comes to, null where it has no one figure."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["movement", "batch", "loan", "project"]
    id: UUID
    line: int | None
    amount_fen: int | None


class SubjectsTold(BaseModel):
    """Those of the things asked about that are there for the caller, in no order; the others are left out."""

    model_config = ConfigDict(frozen=True)
    items: list[SubjectTold]


def named(kind: str, subject_id: UUID, line: int | None) -> str:
    """How a question names one: `loan:…`, or `batch:…:3` for a line of a batch."""
    return f"{kind}:{subject_id}" if line is None else f"{kind}:{subject_id}:{line}"
