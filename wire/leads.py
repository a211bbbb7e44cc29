"""Events of leads (问题线索), in a stream of their own (`county.leads`) that no feed tells. The class name is the kind.

No body holds prose: texts are committed to by their SHA-256. Of what a lead is about only the id of the unit is told.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class LeadReferred(Fact):
    """A lead was referred and given its first members."""

    lead_id: UUID
    county_code: str
    source: str
    finding_id: UUID | None
    subject_unit_id: UUID
    subject_region_code: str
    received_on: date
    opinion_due_on: date | None
    members: list[str]
    text_sha256: str


class LeadRead(Fact):
    """A member looked at a lead; recorded before the answer left."""

    lead_id: UUID
    county_code: str
    reader: str


class LeadMemberAppointed(Fact):
    lead_id: UUID
    county_code: str
    person: str
    from_on: date


class LeadDepartureDrawn(Fact):
    """That a member leaves was drawn up; another decides. `successor` became a member with it, if anybody."""

    lead_id: UUID
    county_code: str
    departure_no: int
    person: str
    successor: str | None
    drawn_on: date
    version_hash: str


class LeadDepartureSentBack(Fact):
    """Another member did not agree that somebody leaves."""

    lead_id: UUID
    county_code: str
    departure_no: int
    person: str
    decided_on: date
    version_hash: str
    text_sha256: str


class LeadMemberLeft(Fact):
    """A membership ended, as another member agreed over `version_hash`.

    In events of before there were two it ended by one, a `successor` came in with it, and no version is named.
    """

    lead_id: UUID
    county_code: str
    person: str
    until_on: date
    successor: str | None
    departure_no: int | None = None
    version_hash: str | None = None
    text_sha256: str | None = None


class LeadOpinionDrawn(Fact):
    """A disposition, or an outcome with its form, was proposed; `version_hash` names what is to be decided on."""

    lead_id: UUID
    county_code: str
    opinion_no: int
    disposition: str | None
    outcome: str | None
    form: str | None
    drawn_on: date
    version_hash: str
    text_sha256: str


class LeadOpinionDecided(Fact):
    lead_id: UUID
    county_code: str
    opinion_no: int
    decision: str
    decided_on: date
    version_hash: str
    text_sha256: str


class LeadLetterServed(Fact):
    """A letter reached whom it asks; a reply is due by `reply_due_on`."""

    lead_id: UUID
    county_code: str
    opinion_no: int
    received_on: date
    reply_due_on: date | None


class LeadLetterAnswered(Fact):
    """The reply to a letter was received, which ends it; a report is due by `report_due_on`."""

    lead_id: UUID
    county_code: str
    opinion_no: int
    replied_on: date
    report_due_on: date | None
    text_sha256: str


class LeadTalkEnded(Fact):
    """A talk ended or a letter was answered; a report is due by `report_due_on`."""

    lead_id: UUID
    county_code: str
    opinion_no: int
    ended_on: date
    report_due_on: date | None


class LeadTalkReported(Fact):
    lead_id: UUID
    county_code: str
    opinion_no: int
    reported_on: date
    text_sha256: str


class InterestDeclared(Fact):
    """Somebody declared an interest, or that there is none; memberships it ended are named with who came in."""

    declaration_id: UUID
    county_code: str
    person: str
    interest: str
    related_unit_id: UUID | None
    related_region_code: str | None
    declared_on: date
    ended_leads: list[UUID]
    successor: str | None
