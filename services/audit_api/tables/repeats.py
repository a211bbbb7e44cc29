"""Findings that are held to be earlier ones again, and that they are so no more."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import DECIDED_WHOLE, HAS_ITS_VERSION, RegionText, Row, TwoPeople

_FINDING = ["audit.finding.county_code", "audit.finding.id"]


class FindingRepeatRow(TwoPeople, Row):
    """That a finding is an earlier one again (屡审屡犯): one person holds so, another confirms, a third may undo it.

    One of before there were two has no version, and counted at once.
    """

    __tablename__ = "finding_repeat"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        ForeignKeyConstraint(["county_code", "earlier_id"], _FINDING),
        ForeignKeyConstraint(
            ["county_code", "look_back_id"],
            ["audit.rectification_look_back.county_code", "audit.rectification_look_back.id"],
        ),
        CheckConstraint("finding_id <> earlier_id", name="of_another"),
        CheckConstraint(
            "num_nonnulls(undone_on, undone_by, undo_reason, undone_position) IN (0, 4)", name="undone_whole"
        ),
        CheckConstraint("undone_on >= linked_on", name="undone_not_before"),
        CheckConstraint("decision IN ('confirm', 'send_back')", name="decision"),
        CheckConstraint(DECIDED_WHOLE, name="decided_whole"),
        CheckConstraint(HAS_ITS_VERSION, name="has_its_version"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= linked_on", name="decided_not_before_drawn"),
        CheckConstraint(
            "undone_on IS NULL OR (decided_on IS NOT NULL AND decision IS DISTINCT FROM 'send_back')",
            name="undone_was_confirmed",
        ),
        CheckConstraint(
            "version_hash IS NULL OR (undone_by <> made_by AND undone_by <> checked_by)", name="undone_by_a_third"
        ),
        Index(
            "uq_finding_repeat_standing",
            "county_code",
            "finding_id",
            "earlier_id",
            unique=True,
            postgresql_where=text("undone_on IS NULL AND decision IS DISTINCT FROM 'send_back'"),
        ),
        Index("ix_finding_repeat_earlier", "county_code", "earlier_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    finding_id: Mapped[UUID]
    earlier_id: Mapped[UUID]
    look_back_id: Mapped[UUID | None]
    alike: Mapped[bool]
    reason: Mapped[str]
    linked_on: Mapped[date]
    undone_on: Mapped[date | None]
    undone_by: Mapped[str | None]
    undo_reason: Mapped[str | None]
    undone_position: Mapped[int | None]


class FindingRepeatUndoingRow(TwoPeople, Row):
    """That a link is to be taken back: one person says so, another agrees or sends it back; nothing else changes.

    `finding_id` is the link's, by which words are found and taken out.
    """

    __tablename__ = "finding_repeat_undoing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "repeat_id"], ["audit.finding_repeat.county_code", "audit.finding_repeat.id"]
        ),
        CheckConstraint("decision IN ('confirm', 'send_back')", name="decision"),
        CheckConstraint(DECIDED_WHOLE, name="decided_whole"),
        CheckConstraint("version_hash IS NOT NULL", name="has_its_version"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= drawn_on", name="decided_not_before_drawn"),
        Index(
            "uq_finding_repeat_undoing_standing",
            "county_code",
            "repeat_id",
            unique=True,
            postgresql_where=text("decision IS DISTINCT FROM 'send_back'"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    repeat_id: Mapped[UUID]
    finding_id: Mapped[UUID]
    reason: Mapped[str]
    drawn_on: Mapped[date]
