"""Events of audit_api about what happens to an order to put a finding right, beside its issue and its closing.

The class name is the kind. No body holds prose: it carries the SHA-256 of what people wrote.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class RectificationOrderDrawn(Fact):
    """An order was drawn up; nobody owes anything until another person issues it, under the same id."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    kind: str
    drawn_on: date
    deadline: date
    version_hash: str
    text_sha256: str
    stages: tuple[date, ...] = ()


class RectificationOrderSentBack(Fact):
    """Another person did not issue the order that was drawn up."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class StepReported(Fact):
    """Something was done to put a finding right; with the number of a stage, that stage is done."""

    order_id: UUID
    finding_id: UUID
    county_code: str
    step_no: int
    stage_no: int | None
    done_on: date
    evidence_ids: list[UUID]
    text_sha256: str


class ExtensionAsked(Fact):
    """More time was asked for; the deadline stands until another person has decided. `stages`: number and new day."""

    extension_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    old_deadline: date
    new_deadline: date
    asked_on: date
    version_hash: str
    text_sha256: str
    stages: tuple[tuple[int, date], ...] = ()


class ExtensionDecided(Fact):
    """More time was granted or refused, over the version that was asked."""

    extension_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    decision: str
    old_deadline: date
    new_deadline: date
    decided_on: date
    version_hash: str
    text_sha256: str


class SupervisionSent(Fact):
    """The unit and the leader in charge of it were told that a deadline was missed."""

    notice_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    leader_account: str | None
    deadline: date
    due_on: date
    sent_on: date
    document: str
    text_sha256: str
    version_hash: str | None = None


class SupervisionDrawnUp(Fact):
    """A notice that a deadline was missed was drawn up; another person sends it."""

    notice_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    deadline: date
    due_on: date
    drawn_on: date
    version_hash: str
    text_sha256: str


class SupervisionSentBack(Fact):
    """Another person did not send the notice that was drawn up."""

    notice_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class LookBackDrawnUp(Fact):
    """Somebody looked at a closed order again; what was seen counts when another person has confirmed it."""

    look_back_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    result: str
    looked_on: date
    evidence_ids: list[UUID]
    version_hash: str
    text_sha256: str


class LookBackSentBack(Fact):
    """Another person did not confirm what was seen at a closed order."""

    look_back_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class OrderLookedBack(Fact):
    """A closed order was looked at again, as another confirmed: what was put right held, or the matter relapsed."""

    look_back_id: UUID
    order_id: UUID
    finding_id: UUID
    county_code: str
    result: str
    looked_on: date
    evidence_ids: list[UUID]
    text_sha256: str
    decided_on: date | None = None
    version_hash: str | None = None
