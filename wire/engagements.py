"""Events of audit_api about engagements (审计项目, 专项整治, 巡察, 督查): period, team, documents.

What people wrote may name somebody: events carry the hash of a document's version, or of its text, never the text.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class EngagementPlanned(Fact):
    engagement_id: UUID
    county_code: str
    kind: str
    regions: list[str]
    fund_codes: list[str]
    auditee_unit_id: UUID | None
    part_of: UUID | None = None
    starts_on: date
    ends_on: date
    text_sha256: str


class EngagementPeriodProposed(Fact):
    """One person drew up another last day of an engagement, by a document; another decides."""

    engagement_id: UUID
    county_code: str
    period_no: int
    starts_on: date
    ends_on: date
    changed_on: date
    version_hash: str
    text_sha256: str


class EngagementPeriodSentBack(Fact):
    """Another person did not agree to that last day: the one that held holds on."""

    engagement_id: UUID
    county_code: str
    period_no: int
    decided_on: date
    version_hash: str
    text_sha256: str


class EngagementPeriodChanged(Fact):
    """By a document an engagement got another last day, as two people hold; of before there were two, one."""

    engagement_id: UUID
    county_code: str
    period_no: int
    starts_on: date
    ends_on: date
    text_sha256: str
    decided_on: date | None = None
    version_hash: str | None = None


class EngagementMemberJoined(Fact):
    """A person, by login, is on the team from a day on."""

    engagement_id: UUID
    county_code: str
    member_no: int
    person: str
    role: str
    from_on: date


class EngagementMemberLeft(Fact):
    engagement_id: UUID
    county_code: str
    member_no: int
    person: str
    until_on: date


class EngagementFindingNamed(Fact):
    """A finding was made in an engagement."""

    engagement_id: UUID
    county_code: str
    finding_id: UUID
    named_on: date


class EngagementDocumentDrawn(Fact):
    """A document was added: notice, start, record, working paper, report, reply, decision or conclusion."""

    engagement_id: UUID
    county_code: str
    no: int
    paper: str
    form: str | None
    done_on: date
    due_on: date | None
    version_hash: str
    stage: str


class EngagementDocumentChecked(Fact):
    """A person other than its author agreed to a document, in exactly this version, or sent it back."""

    engagement_id: UUID
    county_code: str
    no: int
    paper: str
    verdict: str
    checked_on: date
    version_hash: str
    stage: str
    text_sha256: str


class EngagementDecisionDelivered(Fact):
    """A confirmed decision was delivered and takes effect; until the last day a ruling may be asked for."""

    engagement_id: UUID
    county_code: str
    no: int
    form: str
    delivered_on: date
    ruling_until_on: date | None
    version_hash: str
