"""What money is described by: funds, units, accounts, and notices as printed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class FundRow(Row):
    """A special fund by its code: level of government it comes from and its stream of use."""

    __tablename__ = "fund"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    stream: Mapped[str]


class UnitRow(Row):
    """An office, village, contractor or bank that can hold money."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("county_code", "region_code", "name"),)
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"))
    name: Mapped[str]
    kind: Mapped[str]


class AccountRow(Row):
    """A place where money rests, with counters that every posting updates.

    `holder_nature` is whose it was said to be when it was opened: a unit's, a person's, or cash and no account. What
    was said of a later day stands beside it (`account_nature`).
    """

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        UniqueConstraint("county_code", "unit_id", "name"),
        CheckConstraint("book IN ('quota', 'cash')", name="book"),
        CheckConstraint("sum_fen >= 0", name="sum_not_negative"),
        CheckConstraint("charged_fen_days >= 0", name="charged_not_negative"),
        CheckConstraint("holder_nature IN ('unit', 'personal', 'cash')", name="holder_nature"),
        CheckConstraint("holder_nature IS NULL OR book = 'cash' AND kind <> 'households'", name="holder_of_cash"),
        Index(
            "ix_account_not_a_units",
            "county_code",
            "id",
            postgresql_where=text("holder_nature IN ('personal', 'cash')"),
        ),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    name: Mapped[str]
    book: Mapped[str]
    kind: Mapped[str]
    sum_fen: Mapped[int] = mapped_column(server_default=text("0"))
    sum_fen_day: Mapped[int] = mapped_column(Numeric(38, 0), server_default=text("0"))
    charged_fen_days: Mapped[int] = mapped_column(Numeric(38, 0), server_default=text("0"))
    holder_nature: Mapped[str | None]


class AccountNatureRow(Row):
    """Whose an account is from a day on, as somebody said by a document; until the next day of which one is known.

    Nothing is edited: what corrects a day is said of the same day again, and the last that was said counts.
    """

    __tablename__ = "account_nature"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "account_id"], ["funds.account.county_code", "funds.account.id"]),
        CheckConstraint("nature IN ('unit', 'personal', 'cash')", name="nature"),
        CheckConstraint("document <> ''", name="document_given"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    nature: Mapped[str]
    document: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class NoticeRow(Row):
    """One document as printed, as its receiver registered it. It may address several counties and belongs to none.

    With `received_from` it is only known to have been received from that day to `received_on`.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("received_fen >= 0 AND received_fen <= coalesce(stated_total_fen, received_fen)", name="law5"),
        CheckConstraint("received_on_basis IN ('printed', 'assumed')", name="received_on_basis"),
        CheckConstraint("brought_by IN ('lines', 'sources')", name="brought_by"),
        CheckConstraint("received_from <= received_on", name="received_between"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"))
    issuer: Mapped[str]
    title: Mapped[str]
    document_key: Mapped[str]
    document_number: Mapped[str | None]
    cites: Mapped[list[str]] = mapped_column(ARRAY(Text))
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"))
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    issued_on_printed: Mapped[str | None]
    received_on: Mapped[date]
    received_from: Mapped[date | None]
    received_on_basis: Mapped[str]
    stated_total_fen: Mapped[int | None]
    received_fen: Mapped[int]
    brought_by: Mapped[str]
    completeness: Mapped[str]
    source: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class NoticeLineRow(Row):
    """One printed line or source of a notice, as printed; only `item` lines and sources can bring money."""

    __tablename__ = "notice_line"
    __table_args__ = (
        CheckConstraint("part IN ('line', 'source')", name="part"),
        CheckConstraint("kind IN ('item', 'subtotal', 'total', 'memo', 'source')", name="kind"),
    )
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("funds.notice.id"), primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str]
    group_no: Mapped[str | None]
    county_code: Mapped[str] = mapped_column(RegionText)
    region_code: Mapped[str | None] = mapped_column(RegionText)
    place: Mapped[str | None]
    purpose: Mapped[str | None]
    responsible_unit: Mapped[str | None]
    fund_level: Mapped[str | None]
    document_number: Mapped[str | None]
    amount_printed: Mapped[str]
    amount_fen: Mapped[int]
    note: Mapped[str | None]


class NoticeReceiptRow(Row):
    """What one county has received by a document, once, whoever registered it, and what of it was undone since.

    Only when all was undone it may receive by the document again. As public as the document.
    """

    __tablename__ = "notice_receipt"
    __table_args__ = (
        CheckConstraint("received_fen > 0", name="received"),
        CheckConstraint("undone_fen BETWEEN 0 AND received_fen", name="undone"),
        Index(
            "uq_notice_receipt_stands",
            "county_code",
            "issuer",
            "document_key",
            unique=True,
            postgresql_where=text("undone_fen < received_fen"),
        ),
        Index("ix_notice_receipt_document", "issuer", "document_key"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("funds.notice.id"), primary_key=True)
    issuer: Mapped[str]
    document_key: Mapped[str]
    received_fen: Mapped[int]
    undone_fen: Mapped[int] = mapped_column(server_default=text("0"))


class NoticeDiscrepancyRow(Row):
    """A printed sum that its printed parts do not make. Both stay as printed; only the difference is ours."""

    __tablename__ = "notice_discrepancy"
    __table_args__ = (CheckConstraint("difference_fen = summed_fen - printed_fen", name="difference"),)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("funds.notice.id"), primary_key=True)
    check_name: Mapped[str] = mapped_column(primary_key=True)
    group_no: Mapped[str] = mapped_column(primary_key=True)
    printed_fen: Mapped[int]
    summed_fen: Mapped[int]
    difference_fen: Mapped[int]
