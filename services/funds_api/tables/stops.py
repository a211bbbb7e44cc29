"""Stop-clocks (停表): why the clock of which lots stood still, by which document, from when to when, and who said so.

Rows are only added; that a stop ended before its limit is written once. A stop that nobody ends is over on its limit.
The database writes how many days it may last (`limit_days`, by the value in force) and from when they count.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class ClockStopRow(Row):
    """The clocks of some lots of one place stand still from a day; they run again on `ended_on`, or on `limit_on`."""

    __tablename__ = "clock_stop"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        ForeignKeyConstraint(["county_code", "project_id"], ["funds.project.county_code", "funds.project.id"]),
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["funds.treasury_order.county_code", "funds.treasury_order.id"]
        ),
        CheckConstraint("kind IN ('publicity', 'tender', 'court_freeze', 'bank_return')", name="kind"),
        CheckConstraint("document <> '' AND reason <> ''", name="document_and_reason_given"),
        CheckConstraint("limit_on > from_on", name="limit_after_start"),
        CheckConstraint("ended_on >= from_on AND ended_on < limit_on", name="ended_within"),
        CheckConstraint(
            "num_nulls(ended_on, end_document, ended_by, ended_position) IN (0, 4)", name="ended_by_document"
        ),
        CheckConstraint("num_nonnulls(batch_id, project_id, order_id) <= 1", name="one_cause"),
        CheckConstraint("limit_on <= counted_from_on + limit_days", name="within_its_limit"),
        CheckConstraint("counted_from_on <= from_on", name="counted_from_first_day_or_before"),
        CheckConstraint(
            "num_nulls(came_from_county, came_from_stop_id) IN (0, 2) AND came_from_county <> county_code",
            name="came_from_one",
        ),
        Index("ix_clock_stop_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    document: Mapped[str]
    reason: Mapped[str]
    from_on: Mapped[date]
    limit_on: Mapped[date]
    limit_days: Mapped[int] = mapped_column(Integer)
    counted_from_on: Mapped[date]
    batch_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None]
    placed_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    ended_on: Mapped[date | None]
    end_document: Mapped[str | None]
    ended_by: Mapped[str | None]
    position: Mapped[int]
    ended_position: Mapped[int | None]
    came_from_county: Mapped[str | None] = mapped_column(RegionText)
    came_from_stop_id: Mapped[UUID | None]


class ClockStopLotRow(Row):
    """A lot whose clock a stop holds; it had arrived when that began, or came from another county with its clock."""

    __tablename__ = "clock_stop_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "stop_id"], ["funds.clock_stop.county_code", "funds.clock_stop.id"]),
        ForeignKeyConstraint(["county_code", "lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        Index("ix_clock_stop_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    stop_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
