"""Places by their statistical code, with the days on which a code stood for them and what it became.

A code keeps its row for ever: money, households and documents point to the code of their own day, and nothing that was
recorded is moved to a later code. What changes is told beside it: until when it held, what it was called before, and
by which document it went over into which codes.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class RegionRow(Row):
    """A division of the country by its statistical code (2, 4, 6, 9 or 12 digits; "00" is the nation).

    It holds from `valid_from` until the day before `valid_to`. Without `valid_from` it stood in the first list that
    was entered, and since when is not known; without `valid_to` it still stands.
    """

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("length(code) IN (2, 4, 6, 9, 12) AND code ~ '^[0-9]+$'", name="code_length"),
        CheckConstraint("valid_to > valid_from", name="valid_some_day"),
        Index("ix_region_parent_code", "parent_code", "code"),
    )
    code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(RegionText, ForeignKey("funds.region.code"))
    listed_year: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class RegionFormerRow(Row):
    """What a code was called, and where it belonged, until the day before `valid_to`."""

    __tablename__ = "region_former"
    code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"), primary_key=True)
    valid_to: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(RegionText)
    listed_year: Mapped[int] = mapped_column(SmallInteger)


class RegionChangeRow(Row):
    """A document by which codes went over into codes on one day."""

    __tablename__ = "region_change"
    __table_args__ = (
        CheckConstraint("kind IN ('recoded', 'merged', 'split', 'redrawn')", name="kind"),
        CheckConstraint("document <> ''", name="document_given"),
        CheckConstraint("effective_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date + 31", name="near"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    document: Mapped[str]
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class RegionLinkRow(Row):
    """One code that went over, whole or in part, into another by a change."""

    __tablename__ = "region_link"
    __table_args__ = (
        CheckConstraint("from_code <> to_code", name="two_codes"),
        Index("ix_region_link_from", "from_code"),
        Index("ix_region_link_to", "to_code"),
    )
    change_id: Mapped[UUID] = mapped_column(ForeignKey("funds.region_change.id"), primary_key=True)
    from_code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"), primary_key=True)
    to_code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"), primary_key=True)
