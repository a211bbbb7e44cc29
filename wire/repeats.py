"""Events of audit_api about findings that are held to be earlier ones again. The class name is the kind."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class FindingRepeated(Fact):
    """Two people hold a finding to be an earlier one again; `alike`: of one class, a common unit, within the years."""

    repeat_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    alike: bool
    look_back_id: UUID | None
    linked_on: date
    text_sha256: str
    decided_on: date | None = None
    version_hash: str | None = None


class FindingRepeatProposed(Fact):
    """One person holds that a finding is an earlier one again; another decides."""

    repeat_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    alike: bool
    look_back_id: UUID | None
    linked_on: date
    version_hash: str
    text_sha256: str


class FindingRepeatSentBack(Fact):
    """Another person does not hold so."""

    repeat_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class FindingRepeatUndoProposed(Fact):
    """One person does not hold the two to be the same again any more; another decides."""

    repeat_id: UUID
    undoing_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    drawn_on: date
    version_hash: str
    text_sha256: str


class FindingRepeatUndoSentBack(Fact):
    """Another person holds them to be the same still."""

    repeat_id: UUID
    undoing_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    decided_on: date
    version_hash: str
    text_sha256: str


class FindingRepeatUndone(Fact):
    """The two are not held to be the same again any more, by two people; of before there were two by one."""

    repeat_id: UUID
    finding_id: UUID
    earlier_id: UUID
    county_code: str
    undone_on: date
    text_sha256: str
    undoing_id: UUID | None = None
    version_hash: str | None = None
