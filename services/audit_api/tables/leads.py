"""Leads (问题线索), who may know of them, and what was decided on them: classes and days, no investigation file.

Every row here is shown to the members of its lead alone: row-level security asks `audit.is_lead_member` of the caller
that the transaction was begun for, and shows nothing to a transaction that names nobody. `position` counts in the
county's stream of leads, which is a journal of its own, so that nothing of a lead leaves a gap in the county's.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import DECIDED, RegionText, Row, TwoPeople

_LEAD = ["audit.lead.county_code", "audit.lead.id"]
_OPINION = ["audit.lead_opinion.county_code", "audit.lead_opinion.lead_id", "audit.lead_opinion.opinion_no"]


class LeadRow(Row):
    """What was referred about a unit, from where and since when; never changed but for `version`, which counts acts."""

    __tablename__ = "lead"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint(
            "source IN ('finding', 'audit_transfer', 'big_data_alert', 'letter_visit', 'inspection', 'patrol')",
            name="source",
        ),
        CheckConstraint("(source = 'finding') = (finding_id IS NOT NULL)", name="finding_is_the_source"),
        CheckConstraint("subject_region_code LIKE county_code || '%'", name="within_its_county"),
        CheckConstraint("(opinion_due_on IS NULL) = (opinion_limit IS NULL)", name="due_by_a_limit"),
        CheckConstraint("opinion_due_on >= received_on", name="due_after_receipt"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_lead_recorded", "county_code", "recorded_at"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    source: Mapped[str]
    finding_id: Mapped[UUID | None]
    subject_unit_id: Mapped[UUID]
    subject_unit_name: Mapped[str]
    subject_region_code: Mapped[str] = mapped_column(RegionText)
    matter: Mapped[str]
    received_on: Mapped[date]
    opinion_due_on: Mapped[date | None]
    opinion_limit: Mapped[str | None]
    referred_by: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class LeadMemberRow(Row):
    """Who may know of a lead, from which day until which, by whom; a lead has a member at every time (a trigger)."""

    __tablename__ = "lead_member"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lead_id"], _LEAD),
        ForeignKeyConstraint(
            ["county_code", "declaration_id"],
            ["audit.interest_declaration.county_code", "audit.interest_declaration.id"],
        ),
        CheckConstraint("until_on >= from_on", name="until_not_before_from"),
        CheckConstraint("ended_because IN ('left', 'recused')", name="ended_because"),
        CheckConstraint(
            "(until_on IS NULL) = (ended_by IS NULL) AND (until_on IS NULL) = (ended_because IS NULL)"
            " AND (until_on IS NULL) = (ended_position IS NULL)",
            name="ended_whole",
        ),
        CheckConstraint("declaration_id IS NULL OR ended_because = 'recused'", name="recused_by_a_declaration"),
        Index(
            "uq_lead_member_standing",
            "county_code",
            "lead_id",
            "person",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
        Index("ix_lead_member_person", "county_code", "person", "lead_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    person: Mapped[str]
    from_on: Mapped[date]
    appointed_by: Mapped[str]
    position: Mapped[int]
    until_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]
    declaration_id: Mapped[UUID | None]
    ended_position: Mapped[int | None]


class LeadDepartureRow(TwoPeople, Row):
    """That a member leaves, as one member drew it up, and what another decided: neither of them is the one who leaves.

    Whoever leaves may have drawn it up. Until it is agreed to the membership stands.
    """

    __tablename__ = "lead_departure"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lead_id"], _LEAD),
        ForeignKeyConstraint(
            ["county_code", "lead_id", "member_id"],
            ["audit.lead_member.county_code", "audit.lead_member.lead_id", "audit.lead_member.id"],
        ),
        CheckConstraint("departure_no > 0", name="departure_no_positive"),
        CheckConstraint("decision IN ('agree', 'send_back')", name="decision"),
        CheckConstraint(DECIDED, name="decided_whole"),
        CheckConstraint("checked_by <> made_by AND checked_by <> person", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= drawn_on", name="decided_not_before_drawn"),
        Index(
            "uq_lead_departure_open",
            "county_code",
            "lead_id",
            "member_id",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    departure_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    member_id: Mapped[UUID]
    person: Mapped[str]
    drawn_on: Mapped[date]
    version_hash: Mapped[str] = mapped_column()


class LeadOpinionRow(Row):
    """What one member drew up and another decided on: a disposition, or an outcome with its form (四种形态)."""

    __tablename__ = "lead_opinion"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lead_id"], _LEAD),
        CheckConstraint("opinion_no > 0", name="opinion_no_positive"),
        CheckConstraint("(disposition IS NULL) <> (outcome IS NULL)", name="disposition_or_outcome"),
        CheckConstraint(
            "disposition IN ('talk_or_letter', 'preliminary_check', 'kept_for_later', 'closed')", name="disposition"
        ),
        CheckConstraint("outcome IN ('not_substantiated', 'partly_substantiated', 'substantiated')", name="outcome"),
        CheckConstraint("form IN ('none', 'first', 'second', 'third', 'fourth', 'untold')", name="form"),
        CheckConstraint("(outcome IS NULL) = (form IS NULL)", name="outcome_has_its_form"),
        CheckConstraint("outcome <> 'not_substantiated' OR form = 'none'", name="unfounded_has_no_form"),
        CheckConstraint("decision IN ('approve', 'send_back')", name="decision"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_on IS NULL)"
            " AND (decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decision_opinion IS NULL)"
            " AND (decision IS NULL) = (decided_position IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decided_by <> drawn_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= drawn_on", name="decided_not_before_drawn"),
        Index(
            "uq_lead_opinion_undecided",
            "county_code",
            "lead_id",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_lead_opinion_decided", "county_code", "decided_at"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    opinion_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    disposition: Mapped[str | None]
    outcome: Mapped[str | None]
    form: Mapped[str | None]
    opinion: Mapped[str]
    drawn_on: Mapped[date]
    drawn_by: Mapped[str]
    version_hash: Mapped[str]
    salt: Mapped[str | None]
    position: Mapped[int]
    decision: Mapped[str | None]
    decision_opinion: Mapped[str | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_position: Mapped[int | None]


class LeadLetterRow(Row):
    """That a letter reached whom it asks, the day by which a reply is due, and the reply."""

    __tablename__ = "lead_letter"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lead_id", "opinion_no"], _OPINION),
        CheckConstraint("(reply_due_on IS NULL) = (reply_limit IS NULL)", name="due_by_a_limit"),
        CheckConstraint("reply_due_on >= received_on", name="due_after_receipt"),
        CheckConstraint(
            "num_nulls(replied_on, reply, reply_recorded_by, replied_position) IN (0, 4)", name="replied_whole"
        ),
        CheckConstraint("replied_on >= received_on", name="replied_not_before_received"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    opinion_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    received_on: Mapped[date]
    reply_due_on: Mapped[date | None]
    reply_limit: Mapped[str | None]
    recorded_by: Mapped[str]
    position: Mapped[int]
    replied_on: Mapped[date | None]
    reply: Mapped[str | None]
    reply_recorded_by: Mapped[str | None]
    replied_position: Mapped[int | None]


class LeadTalkRow(Row):
    """That a talk ended or a letter was answered, the day by which a report is due, and the report."""

    __tablename__ = "lead_talk"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lead_id", "opinion_no"], _OPINION),
        CheckConstraint("(report_due_on IS NULL) = (report_limit IS NULL)", name="due_by_a_limit"),
        CheckConstraint(
            "(reported_on IS NULL) = (report IS NULL) AND (reported_on IS NULL) = (reported_by IS NULL)"
            " AND (reported_on IS NULL) = (reported_position IS NULL)",
            name="reported_whole",
        ),
        CheckConstraint("reported_on >= ended_on", name="reported_not_before_ended"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    opinion_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    ended_on: Mapped[date]
    report_due_on: Mapped[date | None]
    report_limit: Mapped[str | None]
    recorded_by: Mapped[str]
    position: Mapped[int]
    reported_on: Mapped[date | None]
    report: Mapped[str | None]
    reported_by: Mapped[str | None]
    reported_position: Mapped[int | None]


class InterestDeclarationRow(Row):
    """What somebody declared of the own interests (回避申报) and the own unit on that day; never changed or ended."""

    __tablename__ = "interest_declaration"
    __table_args__ = (
        CheckConstraint("kind IN ('none', 'unit', 'region')", name="kind"),
        CheckConstraint("(kind = 'unit') = (related_unit_id IS NOT NULL)", name="unit_named"),
        CheckConstraint("(kind = 'unit') = (related_unit_name IS NOT NULL)", name="unit_has_its_name"),
        CheckConstraint("(kind = 'region') = (related_region_code IS NOT NULL)", name="region_named"),
        CheckConstraint("(kind = 'none') = (relation IS NULL)", name="relation_told"),
        CheckConstraint("relation IN ('kin', 'former_post', 'economic', 'other')", name="relation"),
        Index("ix_interest_declaration_person", "county_code", "person", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    person: Mapped[str]
    own_unit: Mapped[str | None]
    own_region: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    related_unit_id: Mapped[UUID | None]
    related_unit_name: Mapped[str | None]
    related_region_code: Mapped[str | None] = mapped_column(RegionText)
    relation: Mapped[str | None]
    declared_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
