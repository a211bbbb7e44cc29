"""Publicity of rosters (公示): where a batch was put on show and since when, and who objected to what (nobody named).

Publications are only added; of an objection its answer is written once.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row

BATCH = (["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"])


class PublicationRow(Row):
    """The frozen list of a batch (`list_sha256`) was put on show at a place from a day on; the latest `seq` counts."""

    __tablename__ = "publication"
    __table_args__ = (
        ForeignKeyConstraint(*BATCH),
        CheckConstraint("seq > 0", name="seq_counts"),
        CheckConstraint("document <> '' AND place <> ''", name="paper_and_place_given"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    list_sha256: Mapped[bytes]
    document: Mapped[str]
    place: Mapped[str]
    from_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))


class BatchObjectionRow(Row):
    """Somebody objects to one row (`line`) or, without a line, to the whole of a published roster."""

    __tablename__ = "batch_objection"
    __table_args__ = (
        ForeignKeyConstraint(*BATCH),
        CheckConstraint("line > 0", name="line_counts"),
        CheckConstraint("num_nulls(closed_on, outcome, closed_by) IN (0, 3)", name="closed_with_outcome"),
        CheckConstraint("closed_on >= raised_on", name="closed_after_raised"),
        CheckConstraint(
            "verdict IS NULL OR verdict IN ('upheld', 'unfounded', 'withdrawn') AND closed_on IS NOT NULL",
            name="verdict",
        ),
        Index("ix_batch_objection_batch", "county_code", "batch_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    line: Mapped[int | None] = mapped_column(Integer)
    raised_on: Mapped[date]
    text: Mapped[str]
    recorded_by: Mapped[str]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None]
    closed_by: Mapped[str | None]
    verdict: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
