"""Alerts: flags as the feed told them, and what inspectors did with each."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import DECIDED, RegionText, Row, TwoPeople


class Told:
    """What the feed tells of a flag, as an alert keeps it."""

    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    unit_name: Mapped[str | None]
    fund_code: Mapped[str | None]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    explanation: Mapped[str]
    source: Mapped[str]


class AlertRow(Told, Row):
    """A flag of funds_api as it arrived (its id is the flag's): a question that somebody takes up or dismisses.

    `flag_outcome` is what stands of the flag itself, where a person decided it in funds_api. `triage`, `assignee` and
    `merged_into` are what the last of its dealings says: triggers keep them, and lists are read along them.
    """

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('new', 'decided', 'taken_up', 'dismissed')", name="status"),
        CheckConstraint("flag_outcome IN ('confirmed', 'refuted')", name="flag_outcome"),
        CheckConstraint("status <> 'decided' OR flag_outcome IS NOT NULL", name="decided_says_how"),
        CheckConstraint("status <> 'new' OR flag_outcome IS NULL", name="new_is_undecided"),
        CheckConstraint("(status = 'taken_up') = (finding_id IS NOT NULL)", name="taken_up_names_its_finding"),
        CheckConstraint(
            "(status = 'dismissed') = (dismissed_by IS NOT NULL AND dismissal_reason IS NOT NULL)",
            name="dismissed_says_why",
        ),
        # Dismissals of before two people decided have no second one.
        CheckConstraint("dismissal_checked_by <> dismissed_by", name="maker_is_not_checker"),
        CheckConstraint("(dismissed_by IS NULL) = (dismissed_on IS NULL)", name="dismissed_has_its_day"),
        CheckConstraint("(dismissed_by IS NULL) = (dismissed_position IS NULL)", name="dismissed_is_positioned"),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("(subject = 'lot') = (lot_id IS NOT NULL)", name="lot_is_the_subject"),
        Index("ix_alert_lot", "county_code", "lot_id"),
        Index("ix_alert_status", "county_code", "status", "id"),
        Index("ix_alert_triage", "county_code", "triage", "id"),
        Index("ix_alert_assignee", "county_code", "assignee", "id"),
        Index("ix_alert_counted", "county_code", "status", "triage", "assignee", "region_code", "merged_into"),
        Index("ix_alert_merged", "county_code", "id", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_alert_unit", "county_code", "rule_code", "unit_id", "as_of"),
        Index("ix_alert_subject", "county_code", "rule_code", "subject_id", "as_of"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_position: Mapped[int]
    status: Mapped[str] = mapped_column(server_default=text("'new'"))
    flag_outcome: Mapped[str | None]
    finding_id: Mapped[UUID | None]
    triage: Mapped[str | None]
    assignee: Mapped[str | None]
    merged_into: Mapped[UUID | None]
    dismissed_by: Mapped[str | None]
    dismissal_reason: Mapped[str | None]
    dismissal_checked_by: Mapped[str | None]
    dismissed_on: Mapped[date | None]
    dismissed_position: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


_ALERT = ["audit.alert.county_code", "audit.alert.id"]


class AlertTriageRow(Row):
    """How an alert is to be dealt with: what the policy values proposed and what a person set. The last one holds."""

    __tablename__ = "alert_triage"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "alert_id"], _ALERT),
        CheckConstraint("triage_no > 0", name="triage_no_positive"),
        CheckConstraint("triage IN ('rectify', 'key_check', 'urgent_check')", name="triage"),
        CheckConstraint("proposed IN ('rectify', 'key_check', 'urgent_check')", name="proposed"),
        CheckConstraint("triage = proposed OR reason IS NOT NULL", name="another_has_its_reason"),
        Index("ix_alert_triage_way", "county_code", "triage", "alert_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    triage_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    triage: Mapped[str]
    proposed: Mapped[str]
    reason: Mapped[str | None]
    repeats_n: Mapped[int] = mapped_column(Integer)
    policies: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    triaged_on: Mapped[date]
    made_by: Mapped[str]
    position: Mapped[int]


class AlertAssignmentRow(Row):
    """To whom an alert was given to work on. The last one holds."""

    __tablename__ = "alert_assignment"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "alert_id"], _ALERT),
        CheckConstraint("assignment_no > 0", name="assignment_no_positive"),
        Index("ix_alert_assignment_assignee", "county_code", "assignee", "alert_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    assignee: Mapped[str]
    assigned_on: Mapped[date]
    made_by: Mapped[str]
    position: Mapped[int]


class AlertMergeRow(Row):
    """An alert that is worked on as part of another about the same money, until somebody takes them apart again."""

    __tablename__ = "alert_merge"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "alert_id"], _ALERT),
        ForeignKeyConstraint(["county_code", "main_id"], _ALERT),
        CheckConstraint("alert_id <> main_id", name="into_another"),
        CheckConstraint("merge_no > 0", name="merge_no_positive"),
        CheckConstraint(
            "num_nonnulls(undone_on, undone_by, undo_reason, undone_position) IN (0, 4)", name="undone_whole"
        ),
        CheckConstraint("undone_on >= merged_on", name="undone_not_before"),
        Index(
            "uq_alert_merge_standing",
            "county_code",
            "alert_id",
            unique=True,
            postgresql_where=text("undone_on IS NULL"),
        ),
        Index("ix_alert_merge_main", "county_code", "main_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    merge_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    main_id: Mapped[UUID]
    reason: Mapped[str]
    merged_on: Mapped[date]
    made_by: Mapped[str]
    position: Mapped[int]
    undone_on: Mapped[date | None]
    undone_by: Mapped[str | None]
    undo_reason: Mapped[str | None]
    undone_position: Mapped[int | None]


class AlertRefutationRow(TwoPeople, Row):
    """One person holds that an alert asks about nothing, and why; another confirms exactly that, or sends it back."""

    __tablename__ = "alert_refutation"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "alert_id"], _ALERT),
        CheckConstraint("decision IN ('confirm', 'send_back')", name="decision"),
        CheckConstraint(DECIDED, name="decided_whole"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= refuted_on", name="decided_not_before"),
        Index(
            "uq_alert_refutation_open",
            "county_code",
            "alert_id",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_alert_refutation_alert", "county_code", "alert_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    reason: Mapped[str]
    refuted_on: Mapped[date]
    version_hash: Mapped[str] = mapped_column()


class AlertOutcomeRow(Row):
    """What a person decided of the flag itself in funds_api, as the feed told it; `seq` counts its outcomes."""

    __tablename__ = "alert_outcome"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "alert_id"], _ALERT),
        CheckConstraint("seq > 0", name="seq_positive"),
        CheckConstraint("outcome IN ('confirmed', 'refuted', 'reopened')", name="outcome"),
        CheckConstraint("recovered_fen >= 0", name="recovered_not_negative"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    outcome: Mapped[str]
    document: Mapped[str]
    decided_on: Mapped[date]
    decided_by: Mapped[str]
    recovered_fen: Mapped[int]
    feed_position: Mapped[int]
    position: Mapped[int]


class FlagToldRow(Told, Row):
    """A flag staged: told of the event at `position` of `stream`, and an alert once all of that event are here."""

    __tablename__ = "flag_told"
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
