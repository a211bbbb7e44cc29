"""Rosters, payments and loans, every person as ciphertext; and the keys that rest beside them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class PaymentBatchRow(Row):
    """A roster on its way: draft → checked → posted, or withdrawn. Whoever uploaded it cannot approve it.

    One with objected rows is approved as `divided`: its rows go on in batches that are `part_of` it, those that nobody
    objects to together (`part_line` 0), every other one by itself.
    """

    __tablename__ = "payment_batch"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"]),
        ForeignKeyConstraint(["county_code", "part_of"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]),
        CheckConstraint("status IN ('draft', 'checked', 'posted', 'withdrawn', 'divided')", name="status"),
        CheckConstraint("approved_by IS NULL OR approved_by <> uploaded_by", name="maker_is_not_checker"),
        CheckConstraint("(status IN ('posted', 'divided')) = (approved_by IS NOT NULL)", name="posted_is_approved"),
        CheckConstraint("(part_of IS NULL) = (part_line IS NULL) AND part_line >= 0", name="part_named"),
        CheckConstraint("part_of IS NULL OR status <> 'divided'", name="part_is_whole"),
        CheckConstraint("per IN ('household', 'person')", name="per"),
        CheckConstraint("(list_position IS NULL) = (list_sha256 IS NULL)", name="list_whole"),
        CheckConstraint("rows_good >= 0 AND rows_bad >= 0 AND total_fen >= 0", name="counts_not_negative"),
        Index("ix_payment_batch_entitlement", "county_code", "entitlement"),
        Index("ix_payment_batch_region", "county_code", "region_code", "id"),
        Index(
            "ix_payment_batch_part",
            "county_code",
            "part_of",
            "part_line",
            unique=True,
            postgresql_where=text("part_of IS NOT NULL"),
        ),
        Index("ix_payment_batch_hold", "county_code", "hold_id", postgresql_where=text("hold_id IS NOT NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    account_id: Mapped[UUID]
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"))
    entitlement: Mapped[str]
    document: Mapped[str]
    effective_on: Mapped[date]
    status: Mapped[str]
    file_name: Mapped[str | None]
    file_sha256: Mapped[bytes | None]
    file_format: Mapped[str | None]
    rows_good: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    rows_bad: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    total_fen: Mapped[int] = mapped_column(server_default=text("0"))
    printed_total_fen: Mapped[int | None]
    uploaded_by: Mapped[str | None]
    uploaded_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    per: Mapped[str] = mapped_column(server_default=text("'household'"))
    use_code: Mapped[str | None] = mapped_column(ForeignKey("funds.fund_use.code"))
    list_on: Mapped[date | None]
    list_position: Mapped[int | None]
    list_sha256: Mapped[bytes | None]
    hold_id: Mapped[UUID | None]
    part_of: Mapped[UUID | None]
    part_line: Mapped[int | None] = mapped_column(Integer)


class PaymentRow(Row):
    """One good row of a roster. `cum_fen` is the running sum up to and including it; who fed it is a view over spans.

    `card_token` tells bank accounts apart, as the roster wrote them (ADR 53); rows of before and without one have none.
    Partitioned only because COPY cannot write through row-level security: the service copies into the partition
    `payment_rows`, which it may not read, and reads the parent, which has the policy.
    """

    __tablename__ = "payment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        UniqueConstraint("county_code", "batch_id", "cum_fen"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("cum_fen >= amount_fen", name="cum_reaches_amount"),
        CheckConstraint("length(card_token) = 8", name="card_token_length"),
        Index("ix_payment_payee", "county_code", "payee_token"),
        {"postgresql_partition_by": "LIST (county_code)"},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    household_id: Mapped[UUID]
    payee_token: Mapped[bytes]
    payee_cell: Mapped[bytes]
    amount_fen: Mapped[int]
    cum_fen: Mapped[int]
    card_token: Mapped[bytes | None]


class BatchPlaceRow(Row):
    """What a checked roster pays to the households of one place, and in which lines: kept once, by a trigger."""

    __tablename__ = "batch_place"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        CheckConstraint("rows_n > 0 AND amount_fen > 0", name="pays"),
        Index("ix_batch_place_region", "county_code", "region_code", "batch_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    rows_n: Mapped[int] = mapped_column(Integer)
    amount_fen: Mapped[int]
    lines: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class HouseholdFlowRow(Row):
    """What households of one place kept of what desks of another (or the same) paid them in a month or year.

    A fund of '' is every fund; a place of '' is what came back from cards and is no row's. Written by triggers only.
    """

    __tablename__ = "household_flow"
    __table_args__ = (
        CheckConstraint("grain IN ('month', 'year')", name="grain"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    desk_region: Mapped[str] = mapped_column(RegionText, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    amount_fen: Mapped[int]
    payments_n: Mapped[int]


class BatchYearRow(Row):
    """What a posted roster paid to the households of one place out of the money of one budget year.

    A row that was fed by several years counts in each.
    """

    __tablename__ = "batch_year"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        CheckConstraint("rows_n > 0 AND amount_fen > 0", name="pays"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    rows_n: Mapped[int] = mapped_column(Integer)
    amount_fen: Mapped[int]


class HouseholdYearRow(Row):
    """What households of one place kept of one budget year's money that desks of a place paid them in a month or year.

    A place of '' is what came back from cards and is no row's. Written by triggers only.
    """

    __tablename__ = "household_year"
    __table_args__ = (
        CheckConstraint("grain IN ('month', 'year')", name="grain"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    desk_region: Mapped[str] = mapped_column(RegionText, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    amount_fen: Mapped[int]
    payments_n: Mapped[int]


class RejectedRowRow(Row):
    """A row of a roster that was not accepted: its line, what is wrong, and the row itself as ciphertext."""

    __tablename__ = "rejected_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    reasons: Mapped[Any] = mapped_column(JSONB)
    row_cell: Mapped[bytes]


class LoanRow(Row):
    """A microloan a bank reported: its own reference acts once, whatever key the request had.

    Of the borrower's age only the answer is kept: whether it was over the limit of that day (both NULL: not asked).
    """

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("county_code", "bank", "bank_ref"),
        CheckConstraint("principal_fen > 0", name="principal_positive"),
        CheckConstraint("due_on > disbursed_on", name="due_after_disbursed"),
        CheckConstraint("(age_limit_years IS NULL) = (is_over_age IS NULL)", name="age_held_against_a_limit"),
        Index("ix_loan_borrower", "county_code", "borrower_token"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    bank: Mapped[str]
    bank_ref: Mapped[str]
    household_id: Mapped[UUID]
    borrower_token: Mapped[bytes]
    principal_fen: Mapped[int]
    rate_ppm: Mapped[int] = mapped_column(Integer)
    disbursed_on: Mapped[date]
    due_on: Mapped[date]
    use: Mapped[str]
    content_hash: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
    age_limit_years: Mapped[int | None] = mapped_column(SmallInteger)
    is_over_age: Mapped[bool | None]


class DataKeyRow(Row):
    """A data key, wrapped under the key-encrypting key that lives outside the database."""

    __tablename__ = "data_key"
    __table_args__ = (CheckConstraint("purpose IN ('cell', 'token', 'exchange', 'match')", name="purpose"),)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
