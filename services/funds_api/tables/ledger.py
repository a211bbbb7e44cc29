"""Tranches, movements, lots, draws and entries: written only by the functions of the migrations.

`position` in each of them is the number of the act in the county's stream of the journal that recorded the row.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class TrancheRow(Row):
    """The money one notice line brings to one county; it never merges with another.

    With `succession_id` it came from the books of a former county and is what still rested there of that line.
    """

    __tablename__ = "tranche"
    __table_args__ = (
        ForeignKeyConstraint(
            ["notice_id", "part", "line_no"],
            ["funds.notice_line.notice_id", "funds.notice_line.part", "funds.notice_line.line_no"],
        ),
        ForeignKeyConstraint(
            ["county_code", "succession_id"],
            ["funds.succession.county_code", "funds.succession.id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        # A line brings money to a county once; what goes over from a former county keeps the line that brought it.
        Index(
            "uq_tranche_line",
            "county_code",
            "notice_id",
            "part",
            "line_no",
            unique=True,
            postgresql_where=text("succession_id IS NULL"),
        ),
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
    succession_id: Mapped[UUID | None]


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
            "kind IN ('receive', 'hand_down', 'order', 'pay', 'disburse', 'retain', 'return', 'recover', 'take_back',"
            " 'carry_over', 'reverse', 'succeed')",
            name="kind",
        ),
        CheckConstraint("(kind = 'receive') = (from_account_id IS NULL)", name="receive_comes_from_outside"),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reverse_names_its_movement"),
        CheckConstraint("(kind = 'disburse') = (batch_id IS NOT NULL)", name="disburse_names_its_batch"),
        CheckConstraint(
            "kind = 'reverse' OR (kind = 'carry_over') = (from_account_id IS NOT DISTINCT FROM to_account_id)",
            name="two_accounts",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("document <> ''", name="document_given"),
        Index("ix_movement_from", "county_code", "from_account_id", "effective_on"),
        Index("ix_movement_to", "county_code", "to_account_id", "effective_on"),
        Index("ix_movement_document", "county_code", "from_account_id", "document_key"),
        Index("ix_movement_use", "county_code", "use_code", postgresql_where=text("use_code IS NOT NULL")),
        Index("ix_movement_effective", "county_code", "effective_on"),
        Index(
            "ix_movement_late",
            "county_code",
            "recorded_at",
            postgresql_where=text("(recorded_at AT TIME ZONE 'Asia/Shanghai')::date > effective_on + 7"),
        ),
        Index(
            "ix_movement_ahead",
            "county_code",
            "effective_on",
            postgresql_where=text("effective_on > (recorded_at AT TIME ZONE 'Asia/Shanghai')::date"),
        ),
        Index(
            "ix_movement_year_changing",
            "county_code",
            "effective_on",
            postgresql_where=text("kind IN ('carry_over', 'reverse')"),
        ),
        Index(
            "ix_movement_batch",
            "county_code",
            "effective_on",
            postgresql_include=["from_account_id", "batch_id", "position"],
            postgresql_where=text("batch_id IS NOT NULL"),
        ),
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
    position: Mapped[int]
    document_key: Mapped[str]
    use_code: Mapped[str | None] = mapped_column(ForeignKey("funds.fund_use.code"))
    hold_id: Mapped[UUID | None]


class LotRow(Row):
    """Fen of one tranche resting in one account. `remaining_fen` only falls; ageing counts from `clock_from`.

    `is_terminal` lots are spent (or outside the county); `is_resting` ones still wait on somebody's desk.
    Money that comes back (return, recovery, reversal) is a new lot that names the one it restores: it keeps its way up.
    `fiscal_year` is the year whose budget it belongs to; before `release_on` it is retained (质保金).
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
            postgresql_include=["account_id", "arrived_on", "region_code", "fund_code"],
            postgresql_where=text("is_resting"),
        ),
        Index(
            "ix_lot_open_by_arrival",
            "county_code",
            "arrived_on",
            "id",
            postgresql_include=["region_code", "fund_code"],
            postgresql_where=text("is_open"),
        ),
        Index("ix_lot_emptied", "county_code", "emptied_on", postgresql_where=text("emptied_on IS NOT NULL")),
        # Money whose clock goes on from before it arrived, by when it was recorded: a daily look came too early for it.
        Index("ix_lot_older_clock", "county_code", "position", postgresql_where=text("clock_from < arrived_on")),
        Index("ix_lot_tranche", "county_code", "tranche_id"),
        Index("ix_lot_movement", "county_code", "movement_id"),
        Index(
            "ix_lot_restores",
            "county_code",
            "restores_lot_id",
            postgresql_where=text("restores_lot_id IS NOT NULL"),
        ),
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
    position: Mapped[int]
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    release_on: Mapped[date | None]
    last_position: Mapped[int | None]


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
        Index(
            "ix_draw_effective",
            "county_code",
            "effective_on",
            postgresql_include=["from_lot_id", "amount_fen", "days_rested"],
        ),
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
    position: Mapped[int]


class EntryRow(Row):
    """The signed change of one account by one movement, per arrival day: balances and yuan-days at any date.

    `position` is the act that recorded it, `recorded_on` that act's day in China.
    """

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
        Index(
            "ix_entry_account_effective",
            "county_code",
            "account_id",
            "effective_on",
            postgresql_include=["arrived_on", "amount_fen", "position"],
        ),
        Index(
            "ix_entry_late",
            "county_code",
            "account_id",
            "recorded_on",
            postgresql_where=text("recorded_on > effective_on + 7"),
        ),
        Index(
            "ix_entry_ahead",
            "county_code",
            "account_id",
            "effective_on",
            postgresql_where=text("effective_on > recorded_on"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    arrived_on: Mapped[date] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    amount_fen: Mapped[int]
    position: Mapped[int]
    recorded_on: Mapped[date]
