"""Shapes of repeat findings on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body, Day, Prose
from chassis.pages import Page
from services.audit_api.moments import Known

VersionHash = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(description="所审核版本的 version_hash")
]


class RepeatRequest(Body):
    """A finding is held to be an earlier one again, and why; with the look-back that found the relapse, if one did."""

    finding_id: UUID
    earlier_id: UUID
    reason: Prose
    on: Day
    look_back_id: UUID | None = None


class RepeatDecision(StrEnum):
    """confirm: 同意认作屡犯; send_back: 退回."""

    CONFIRM = "confirm"
    SEND_BACK = "send_back"


class RepeatDecisionRequest(Body):
    """Another person holds so too, or sends it back, over the version that was read."""

    version_hash: VersionHash
    decision: RepeatDecision
    opinion: Prose
    on: Day


class RepeatUndoRequest(Body):
    """A third person does not hold the two to be the same again any more, and says why; another decides."""

    reason: Prose
    on: Day


class RepeatUndoing(Answer):
    """That a link is to be taken back, as a moment knew it; undecided while nobody has decided on it."""

    id: UUID
    reason: str
    drawn_on: date
    made_by: str
    version_hash: str = Field(description="审核时须带上的版本哈希")
    decision: RepeatDecision | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None


class Repeat(Answer):
    """A finding that is held to be an earlier one again (屡审屡犯)."""

    id: UUID
    county_code: str
    finding_id: UUID
    earlier_id: UUID
    look_back_id: UUID | None
    alike: bool = Field(description="认作屡犯时，两者同类、同单位且在规定年限内")
    reason: str
    linked_on: date
    made_by: str
    stands: bool = Field(description="截至 as_of 已经另一人同意，且未撤销")
    version_hash: str | None = Field(description="审核时须带上的版本哈希；由一人认作的旧关联为空")
    decision: RepeatDecision | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None
    undone_on: date | None
    undone_by: str | None
    undo_reason: str | None
    undoings: list[RepeatUndoing] = Field(description="拟撤销的各稿：待审核的、退回的和同意的")


class RepeatPage(Page, Known):
    as_of: date
    items: list[Repeat]


class Candidate(Answer):
    """An earlier finding of the same class about a common unit, within the years of the policy value."""

    finding_id: UUID
    title: str
    class_code: str
    found_on: date
    closed_on: date | None
    unit_ids: list[UUID] = Field(description="两者共同涉及的单位")


class Candidates(Answer):
    finding_id: UUID
    as_of: date
    within_years: int | None = Field(description="往前查找的年限；未作规定的为空")
    policy: str | None
    items: list[Candidate]
    empty_because: str | None
