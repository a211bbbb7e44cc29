"""Treasury orders, the invoices they reimburse, what the bank reported of them, and what flowed by them.

Rows are only ever added; the sums of flows are written only by triggers of the migrations.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class TreasuryOrderRow(Row):
    """支付令: so much of a quota to a payee through a bank; seen by the quota's desk and by the payee's."""

    __tablename__ = "treasury_order"
    __table_args__ = (
        *(
            ForeignKeyConstraint(["county_code", account], ["funds.account.county_code", "funds.account.id"])
            for account in ("from_account_id", "bank_account_id", "payee_account_id")
        ),
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(
            ["county_code", "reissues_id"], ["funds.treasury_order.county_code", "funds.treasury_order.id"]
        ),
        UniqueConstraint("county_code", "fiscal_year", "order_key"),
        UniqueConstraint("county_code", "reissues_id"),
        UniqueConstraint("county_code", "movement_id"),
        CheckConstraint("basis IN ('direct', 'authorised', 'reimbursement')", name="basis"),
        CheckConstraint("payee_bank ~ '^[0-9]{12}$'", name="payee_bank_digits"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("order_key <> '' AND document <> ''", name="papers_given"),
        Index("ix_treasury_order_account", "county_code", "from_account_id", "effective_on"),
        Index("ix_treasury_order_payee", "county_code", "payee_account_id", "effective_on"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    payee_region: Mapped[str] = mapped_column(RegionText)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    order_number: Mapped[str]
    order_key: Mapped[str]
    basis: Mapped[str]
    from_account_id: Mapped[UUID]
    bank_account_id: Mapped[UUID]
    payee_account_id: Mapped[UUID]
    payee_bank: Mapped[str]
    fund_code: Mapped[str | None] = mapped_column(ForeignKey("funds.fund.code"))
    use_code: Mapped[str] = mapped_column(ForeignKey("funds.fund_use.code"))
    amount_fen: Mapped[int]
    document: Mapped[str]
    effective_on: Mapped[date]
    presented_at: Mapped[datetime | None]
    handled_by: Mapped[date | None]
    reissues_id: Mapped[UUID | None]
    movement_id: Mapped[UUID]
    issued_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class OrderInvoiceRow(Row):
    """An invoice that an order reimburses: it counts once in the county, while an order that stands claims it."""

    __tablename__ = "order_invoice"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["funds.treasury_order.county_code", "funds.treasury_order.id"]
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_order_invoice_order", "county_code", "order_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    invoice_key: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    invoice_number: Mapped[str]
    amount_fen: Mapped[int]


class OrderResultRow(Row):
    """What the bank reported of an order. Another one follows only when the movement of the last was reversed."""

    __tablename__ = "order_result"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["funds.treasury_order.county_code", "funds.treasury_order.id"]
        ),
        ForeignKeyConstraint(["county_code", "bank_account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        UniqueConstraint("county_code", "bank_account_id", "bank_serial"),
        UniqueConstraint("county_code", "movement_id"),
        CheckConstraint("result IN ('paid', 'returned')", name="result"),
        CheckConstraint("(result = 'returned') = (reason_code IS NOT NULL)", name="returned_says_why"),
        CheckConstraint("attempt > 0", name="attempt_counts"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    payee_region: Mapped[str] = mapped_column(RegionText)
    bank_account_id: Mapped[UUID]
    bank_serial: Mapped[str]
    result: Mapped[str]
    reason_code: Mapped[str | None]
    effective_on: Mapped[date]
    movement_id: Mapped[UUID]
    content_hash: Mapped[bytes]
    reported_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class OrderFlowRow(Row):
    """What flowed by orders in one month or year, from and to which account, by the desk whose quota was drawn.

    Flows into a bank by order, and out of it by the bank's word, reversals taken out. A marked part of `flow_month`.
    """

    __tablename__ = "order_flow"
    __table_args__ = (
        CheckConstraint("grain IN ('month', 'year')", name="grain"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(primary_key=True)
    from_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    to_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    desk_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    from_region: Mapped[str] = mapped_column(RegionText)
    to_region: Mapped[str] = mapped_column(RegionText)
    desk_region: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]
