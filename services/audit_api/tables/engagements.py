"""Engagements: what is looked into, by whom, until when, and every document from the notice to the decision."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import DECIDED_WHOLE, HAS_ITS_VERSION, RegionText, Row, TwoPeople


def _of_engagement() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["county_code", "engagement_id"], ["audit.engagement.county_code", "audit.engagement.id"]
    )


class EngagementRow(Row):
    """An engagement as it was laid down. `last_no` numbers its documents, and is what a writer locks.

    `part_of` is the campaign or round of patrols that it is a part of, since it was planned and for ever.
    """

    __tablename__ = "engagement"
    __table_args__ = (
        CheckConstraint("kind IN ('audit', 'campaign', 'patrol', 'inspection')", name="kind"),
        CheckConstraint("(auditee_unit_id IS NULL) = (auditee_name IS NULL)", name="auditee_whole"),
        CheckConstraint(
            "kind <> 'audit' AND (kind <> 'patrol' OR part_of IS NULL) OR auditee_unit_id IS NOT NULL",
            name="looks_at_a_unit",
        ),
        CheckConstraint("part_of <> id", name="part_of_another"),
        ForeignKeyConstraint(
            ["county_code", "part_of"],
            ["audit.engagement.county_code", "audit.engagement.id"],
            name="fk_engagement_part_of",
        ),
        Index("ix_engagement_part_of", "county_code", "part_of", "id"),
        CheckConstraint("region_code = county_code", name="of_the_county"),
        CheckConstraint("last_no >= 0", name="last_no_not_negative"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    title: Mapped[str]
    question: Mapped[str]
    office: Mapped[str]
    auditee_unit_id: Mapped[UUID | None]
    auditee_name: Mapped[str | None]
    part_of: Mapped[UUID | None]
    planned_on: Mapped[date]
    planned_by: Mapped[str]
    last_no: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class EngagementScopeRow(Row):
    """A region or a fund that an engagement is about."""

    __tablename__ = "engagement_scope"
    __table_args__ = (
        _of_engagement(),
        CheckConstraint("what IN ('region', 'fund')", name="what"),
        CheckConstraint("what <> 'region' OR code LIKE county_code || '%'", name="region_of_the_county"),
        Index("ix_engagement_scope_code", "county_code", "what", "code"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    engagement_id: Mapped[UUID] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)


class EngagementPeriodRow(TwoPeople, Row):
    """From when to when an engagement lasts: as planned, or as one person drew it up and another agreed to it.

    The last that was agreed to holds; one of before there were two has no version, and held at once. `policy_ref` gave
    the months of the planned one.
    """

    __tablename__ = "engagement_period"
    __table_args__ = (
        _of_engagement(),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("period_no > 0", name="period_no_positive"),
        CheckConstraint("period_no = 1 OR document IS NOT NULL", name="changed_by_document"),
        CheckConstraint("decision IN ('agreed', 'returned')", name="decision"),
        CheckConstraint(DECIDED_WHOLE, name="decided_whole"),
        CheckConstraint(f"period_no = 1 OR {HAS_ITS_VERSION}", name="has_its_version"),
        CheckConstraint("period_no > 1 OR decided_on IS NULL", name="planned_is_not_decided"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= changed_on", name="decided_not_before_drawn"),
        Index(
            "uq_engagement_period_waits",
            "county_code",
            "engagement_id",
            unique=True,
            postgresql_where=text("version_hash IS NOT NULL AND decision IS NULL"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    engagement_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    policy_ref: Mapped[str | None]
    document: Mapped[str | None]
    changed_on: Mapped[date]


class EngagementMemberRow(Row):
    """A person on the team of an engagement from a day on, perhaps to a day; `unit_id` is the person's own unit."""

    __tablename__ = "engagement_member"
    __table_args__ = (
        _of_engagement(),
        CheckConstraint("role IN ('lead', 'member')", name="role"),
        CheckConstraint("until_on >= from_on", name="period"),
        CheckConstraint("(until_on IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        Index(
            "uq_engagement_member_there",
            "county_code",
            "engagement_id",
            "person",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
        Index("ix_engagement_member_person", "county_code", "person"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    engagement_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    person: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[UUID | None]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    made_by: Mapped[str]
    ended_by: Mapped[str | None]
    position: Mapped[int]
    ended_position: Mapped[int | None]


class EngagementDocumentRow(Row):
    """A document of an engagement: what it says, of which day, who drew it up, and under which hash.

    Of a working paper, a decision, an end and a notice that is brought along another person says later whether it
    stands (`checked_…`); a decision takes effect on delivery. Nothing else of a row changes, and neither of these does
    once it is there. A conclusion of before there were two has nobody who checked it.
    """

    __tablename__ = "engagement_document"
    __table_args__ = (
        _of_engagement(),
        CheckConstraint(
            "paper IN ('notice', 'start', 'record', 'working_paper', 'report', 'reply', 'decision', 'conclusion',"
            " 'termination')",
            name="paper",
        ),
        CheckConstraint("no > 0", name="no_positive"),
        CheckConstraint("length(version_hash) = 64", name="version_hash_length"),
        CheckConstraint("(paper = 'notice') = (starts_on IS NOT NULL)", name="notice_says_the_start"),
        CheckConstraint("starts_on >= done_on", name="start_follows_notice"),
        CheckConstraint(
            "num_nonnulls(at_once_because, at_once_approved_by) IN (0, 2)"
            " AND (at_once_because IS NULL OR paper = 'notice') AND at_once_approved_by <> made_by",
            name="at_once_is_approved",
        ),
        CheckConstraint("(paper = 'record') = (supplier IS NOT NULL)", name="record_names_its_supplier"),
        CheckConstraint(
            "num_nonnulls(signed_on, unsigned_because) = CASE paper WHEN 'record' THEN 1 ELSE 0 END",
            name="signed_or_why_not",
        ),
        CheckConstraint("(paper = 'reply') = (stance IS NOT NULL)", name="reply_has_its_stance"),
        CheckConstraint("stance IN ('no_objection', 'objection')", name="stance"),
        CheckConstraint("(paper = 'decision') = (form IS NOT NULL)", name="decision_has_its_form"),
        CheckConstraint("form IN ('report', 'decision', 'transfer')", name="form"),
        CheckConstraint("ahead_because IS NULL OR form IS NOT DISTINCT FROM 'transfer'", name="ahead_is_a_transfer"),
        CheckConstraint("paper <> 'termination' OR document IS NOT NULL", name="terminated_by_document"),
        CheckConstraint("due_on > done_on AND paper = 'report' OR due_on IS NULL", name="due_after_report"),
        CheckConstraint(
            "num_nonnulls(checked_on, checked_by, verdict, opinion) IN (0, 4)"
            " AND (checked_on IS NULL OR at_once_because IS NOT NULL"
            " OR paper IN ('working_paper', 'decision', 'conclusion', 'termination'))"
            " OR paper = 'conclusion' AND num_nonnulls(checked_by, opinion) = 0 AND verdict = 'agreed'"
            " AND checked_on = done_on AND checked_position = position",
            name="checked_whole",
        ),
        CheckConstraint("checked_by = at_once_approved_by", name="approved_by_whom_it_names"),
        CheckConstraint("verdict IN ('agreed', 'returned')", name="verdict"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("checked_on >= done_on", name="checked_after_it_was_drawn"),
        CheckConstraint(
            "num_nonnulls(delivered_on, delivered_by) IN (0, 2)"
            " AND (delivered_on IS NULL OR paper = 'decision' AND verdict = 'agreed' AND delivered_on >= checked_on)",
            name="delivered_once_confirmed",
        ),
        CheckConstraint("ruling_until_on IS NULL OR ruling_until_on > delivered_on", name="ruling_after_delivery"),
        Index(
            "uq_engagement_document_once",
            "county_code",
            "engagement_id",
            "paper",
            unique=True,
            postgresql_where=text(
                "paper IN ('notice', 'start', 'report', 'reply', 'conclusion', 'termination')"
                " AND verdict IS DISTINCT FROM 'returned'"
            ),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    engagement_id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    paper: Mapped[str]
    document: Mapped[str | None]
    title: Mapped[str]
    content: Mapped[str]
    done_on: Mapped[date]
    starts_on: Mapped[date | None]
    at_once_because: Mapped[str | None]
    at_once_approved_by: Mapped[str | None]
    ahead_because: Mapped[str | None]
    supplier: Mapped[str | None]
    signed_on: Mapped[date | None]
    unsigned_because: Mapped[str | None]
    rests_on: Mapped[list[int]] = mapped_column(ARRAY(Integer()), server_default=text("'{}'"))
    stance: Mapped[str | None]
    form: Mapped[str | None]
    due_on: Mapped[date | None]
    policy_ref: Mapped[str | None]
    version_hash: Mapped[str]
    salt: Mapped[str | None]
    made_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
    checked_on: Mapped[date | None]
    checked_by: Mapped[str | None]
    verdict: Mapped[str | None]
    opinion: Mapped[str | None]
    checked_position: Mapped[int | None]
    delivered_on: Mapped[date | None]
    delivered_by: Mapped[str | None]
    ruling_until_on: Mapped[date | None]
    ruling_ref: Mapped[str | None]
    delivered_position: Mapped[int | None]


class EngagementFindingRow(Row):
    """A finding that was made in an engagement; in one at most, and never taken out of it."""

    __tablename__ = "engagement_finding"
    __table_args__ = (
        _of_engagement(),
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        Index("ix_engagement_finding_engagement", "county_code", "engagement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    engagement_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    named_on: Mapped[date]
    named_by: Mapped[str]
    position: Mapped[int]
