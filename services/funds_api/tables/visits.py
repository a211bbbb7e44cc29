"""Who of the staff helps which household (结对帮扶), and on which days helpers came (帮扶走访).

A helper is the name of a staff account, never a name or a number of a person. Where a visit was made is not kept: a
track of places is sensitive personal data (个人信息保护法第二十八条), and a day is all that is asked about. Pairings
are facts like the register's: each stands from its day until the next of its household, none is ever edited.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row

_ACCOUNT = "helper ~ '^[A-Za-z][A-Za-z0-9._-]{0,63}$'"


class HelperPairingRow(Row):
    """From this day on this account helps the household, or (NULL) nobody does."""

    __tablename__ = "helper_pairing"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "household_id"], ["funds.household.county_code", "funds.household.id"]),
        CheckConstraint("document <> ''", name="document"),
        CheckConstraint(_ACCOUNT, name="helper_is_an_account"),
        Index("ix_helper_pairing_helper", "county_code", "helper", "from_on"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    helper: Mapped[str | None]
    document: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]


class HelperVisitRow(Row):
    """The helper came to the household on this day; however often reported, one visit."""

    __tablename__ = "helper_visit"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "household_id"], ["funds.household.county_code", "funds.household.id"]),
        UniqueConstraint("county_code", "household_id", "helper", "visited_on"),
        CheckConstraint(_ACCOUNT, name="helper_is_an_account"),
        CheckConstraint("visited_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date", name="of_a_day_gone_by"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    helper: Mapped[str]
    visited_on: Mapped[date]
    region_code: Mapped[str] = mapped_column(RegionText)
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
