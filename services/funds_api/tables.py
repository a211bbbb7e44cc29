"""The rows of schema `funds` with the constraints that keep the laws of the ledger even when code is wrong.

Every table that grows with payments carries `county_code` first in its primary key, so that sharding by county later
changes no query. `region_code` is the holder's place, for row-level security (policies stand in the migrations).
Lots, draws, movements, entries and events are written only by the functions of migration 0001; the service's role
may not insert or update them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
RegionText = Text(collation="C")


class Row(DeclarativeBase):
    metadata = MetaData(schema="funds", naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        str: Text(),
        int: BigInteger(),
        UUID: Uuid(),
        date: Date(),
        datetime: DateTime(timezone=True),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(),
    }


class RegionRow(Row):
    """A division of the country by its statistical code (2, 4, 6, 9 or 12 digits; "00" is the nation)."""

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("length(code) IN (2, 4, 6, 9, 12) AND code ~ '^[0-9]+$'", name="code_length"),
        Index("ix_region_parent_code", "parent_code", "code"),
    )
    code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(RegionText, ForeignKey("funds.region.code"))
    listed_year: Mapped[int] = mapped_column(SmallInteger)


class PolicyValueRow(Row):
    """A number from law or practice, for a region and below, from a day on."""

    __tablename__ = "policy_value"
    __table_args__ = (
        CheckConstraint("basis IN ('law', 'practice', 'assumed')", name="basis"),
        CheckConstraint("source <> ''", name="source_given"),
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    source: Mapped[str]
    basis: Mapped[str]


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
    """A place where money rests, with counters that every posting updates."""

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        UniqueConstraint("county_code", "unit_id", "name"),
        CheckConstraint("book IN ('quota', 'cash')", name="book"),
        CheckConstraint("sum_fen >= 0", name="sum_not_negative"),
        CheckConstraint("charged_fen_days >= 0", name="charged_not_negative"),
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


class NoticeRow(Row):
    """One received document as printed. A notice may address several counties, so it belongs to none."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("issuer", "document_key"),
        CheckConstraint("received_fen >= 0 AND received_fen <= coalesce(stated_total_fen, received_fen)", name="law5"),
        CheckConstraint("received_on_basis IN ('printed', 'assumed')", name="received_on_basis"),
        CheckConstraint("brought_by IN ('lines', 'sources')", name="brought_by"),
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


class TrancheRow(Row):
    """The money one notice line brings to one county; it never merges with another."""

    __tablename__ = "tranche"
    __table_args__ = (
        ForeignKeyConstraint(
            ["notice_id", "part", "line_no"],
            ["funds.notice_line.notice_id", "funds.notice_line.part", "funds.notice_line.line_no"],
        ),
        UniqueConstraint("county_code", "notice_id", "part", "line_no"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID]
    part: Mapped[str]
    line_no: Mapped[int] = mapped_column(Integer)
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"))
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    purpose: Mapped[str]
    amount_fen: Mapped[int]
    received_on: Mapped[date]


class MovementRow(Row):
    """Money left one account for another by a document, on an effective date, recorded at a time."""

    __tablename__ = "movement"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "from_account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "to_account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "reverses_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        UniqueConstraint("county_code", "reverses_id"),
        CheckConstraint(
            "kind IN ('receive', 'hand_down', 'pay', 'disburse', 'return', 'recover', 'reverse')", name="kind"
        ),
        CheckConstraint("(kind = 'receive') = (from_account_id IS NULL)", name="receive_comes_from_outside"),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reverse_names_its_movement"),
        CheckConstraint("(kind = 'disburse') = (batch_id IS NOT NULL)", name="disburse_names_its_batch"),
        CheckConstraint("from_account_id <> to_account_id", name="two_accounts"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("document <> ''", name="document_given"),
        Index("ix_movement_from", "county_code", "from_account_id", "effective_on"),
        Index("ix_movement_to", "county_code", "to_account_id", "effective_on"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    document: Mapped[str]
    from_account_id: Mapped[UUID | None]
    to_account_id: Mapped[UUID]
    from_region: Mapped[str | None] = mapped_column(RegionText)
    to_region: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    amount_fen: Mapped[int]
    drawn: Mapped[str]
    reverses_id: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    actor: Mapped[str]
    note: Mapped[str | None]


class LotRow(Row):
    """Fen of one tranche resting in one account. `remaining_fen` only falls; ageing counts from `clock_from`.

    `is_terminal` lots are spent (or outside the county); `is_resting` ones still wait on somebody's desk.
    Money that comes back (return, recovery, reversal) is a new lot that names the one it restores: it keeps its way up.
    """

    __tablename__ = "lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "tranche_id"], ["funds.tranche.county_code", "funds.tranche.id"]),
        ForeignKeyConstraint(["county_code", "account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(["county_code", "restores_lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("remaining_fen BETWEEN 0 AND amount_fen", name="law2_not_overdrawn"),
        CheckConstraint("clock_from <= arrived_on", name="clock_not_after_arrival"),
        Index(
            "ix_lot_open_by_account",
            "county_code",
            "account_id",
            "fund_code",
            "arrived_on",
            "id",
            postgresql_where=text("is_open"),
        ),
        Index(
            "ix_lot_resting_by_clock",
            "county_code",
            "clock_from",
            "id",
            postgresql_include=["account_id", "remaining_fen", "arrived_on", "region_code", "fund_code"],
            postgresql_where=text("is_resting"),
        ),
        Index("ix_lot_emptied", "county_code", "emptied_on", postgresql_where=text("emptied_on IS NOT NULL")),
        Index("ix_lot_tranche", "county_code", "tranche_id"),
        Index("ix_lot_movement", "county_code", "movement_id"),
        {"postgresql_with": {"fillfactor": 80}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tranche_id: Mapped[UUID]
    fund_code: Mapped[str]
    account_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    movement_id: Mapped[UUID]
    restores_lot_id: Mapped[UUID | None]
    arrived_on: Mapped[date]
    clock_from: Mapped[date]
    amount_fen: Mapped[int]
    remaining_fen: Mapped[int]
    last_drawn_on: Mapped[date | None]
    is_terminal: Mapped[bool]
    is_open: Mapped[bool] = mapped_column(Computed("remaining_fen > 0", persisted=True))
    is_resting: Mapped[bool] = mapped_column(Computed("remaining_fen > 0 AND NOT is_terminal", persisted=True))
    emptied_on: Mapped[date | None]


class DrawRow(Row):
    """One lot feeding one movement, and the lot it became. In a roster payment it is also a span of the running sum."""

    __tablename__ = "draw"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(["county_code", "from_lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        ForeignKeyConstraint(["county_code", "to_lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("days_rested >= 0", name="law4_not_before_arrival"),
        CheckConstraint("batch_id IS NULL OR hi_fen - lo_fen = amount_fen", name="span_is_its_amount"),
        Index("ix_draw_from_lot", "county_code", "from_lot_id", "effective_on"),
        Index("ix_draw_movement", "county_code", "movement_id"),
        Index("ix_draw_span", "county_code", "batch_id", "lo_fen", postgresql_where=text("batch_id IS NOT NULL")),
        Index("ix_draw_effective", "county_code", "effective_on", postgresql_include=["from_lot_id", "amount_fen"]),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    to_lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID]
    from_lot_id: Mapped[UUID]
    from_region: Mapped[str] = mapped_column(RegionText)
    to_region: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    amount_fen: Mapped[int]
    days_rested: Mapped[int] = mapped_column(Integer)
    batch_id: Mapped[UUID | None]
    lo_fen: Mapped[int | None]
    hi_fen: Mapped[int | None]
    first_line: Mapped[int | None] = mapped_column(Integer)
    last_line: Mapped[int | None] = mapped_column(Integer)


class EntryRow(Row):
    """The signed change of one account by one movement, per arrival day: balances and yuan-days at any date."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
        Index(
            "ix_entry_account_effective",
            "county_code",
            "account_id",
            "effective_on",
            postgresql_include=["arrived_on", "amount_fen"],
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    arrived_on: Mapped[date] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    amount_fen: Mapped[int]


class HouseholdRow(Row):
    """A registered household; its people are ciphertext, found by the token of the head's ID number."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("county_code", "head_token"),
        CheckConstraint("length(head_token) = 16", name="token_length"),
        CheckConstraint("removed_on IS NULL OR removed_on >= registered_on", name="removed_after_registered"),
        Index("ix_household_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    head_token: Mapped[bytes]
    head_cell: Mapped[bytes]
    key_number: Mapped[int] = mapped_column(SmallInteger)
    persons_n: Mapped[int] = mapped_column(SmallInteger)
    registered_on: Mapped[date]
    removed_on: Mapped[date | None]


class PaymentBatchRow(Row):
    """A roster on its way: draft → checked → posted, or withdrawn. Whoever uploaded it cannot approve it."""

    __tablename__ = "payment_batch"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "account_id"], ["funds.account.county_code", "funds.account.id"]),
        CheckConstraint("status IN ('draft', 'checked', 'posted', 'withdrawn')", name="status"),
        CheckConstraint("approved_by IS NULL OR approved_by <> uploaded_by", name="maker_is_not_checker"),
        CheckConstraint("(status = 'posted') = (approved_by IS NOT NULL)", name="posted_is_approved"),
        CheckConstraint("rows_good >= 0 AND rows_bad >= 0 AND total_fen >= 0", name="counts_not_negative"),
        Index("ix_payment_batch_entitlement", "county_code", "entitlement"),
        Index("ix_payment_batch_region", "county_code", "region_code", "id"),
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


class PaymentRow(Row):
    """One good row of a roster. `cum_fen` is the running sum up to and including it; who fed it is a view over spans.

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
    """A microloan a bank reported: its own reference acts once, whatever key the request had."""

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("county_code", "bank", "bank_ref"),
        CheckConstraint("principal_fen > 0", name="principal_positive"),
        CheckConstraint("due_on > disbursed_on", name="due_after_disbursed"),
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


class FlagRow(Row):
    """A question with its figures: which rule, which version, what it saw, in one Chinese sentence."""

    __tablename__ = "flag"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        UniqueConstraint("county_code", "rule_code", "lot_id", "limit_days"),
        Index("ix_flag_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    lot_id: Mapped[UUID]
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    facts: Mapped[Any] = mapped_column(JSONB)
    explanation: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DataKeyRow(Row):
    """A data key, wrapped under the key-encrypting key that lives outside the database."""

    __tablename__ = "data_key"
    __table_args__ = (CheckConstraint("purpose IN ('cell', 'token')", name="purpose"),)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]


class StreamHeadRow(Row):
    """The last number and hash of a stream of the journal."""

    __tablename__ = "stream_head"
    __table_args__ = ({"postgresql_with": {"fillfactor": 10}},)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]


class EventRow(Row):
    """One act in the journal. `body` is JSON text kept byte for byte, because the hash covers it."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "actor", "idempotency_key"),)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    kind: Mapped[str]
    body: Mapped[Any] = mapped_column(JSON)
    actor: Mapped[str]
    request_id: Mapped[str]
    idempotency_key: Mapped[str]
    request_hash: Mapped[bytes]
    outcome: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime]
    hash: Mapped[bytes]
