"""What stands beside the lots: fen that are held, books that are closed, and sums by month that spare reading history.

All written only by the functions of the migrations.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class HoldRow(Row):
    """Fen of one account that only one payment may draw, until it is posted, voided or past `expires_on`."""

    __tablename__ = "hold"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "account_id"], ["funds.account.county_code", "funds.account.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("status IN ('held', 'posted', 'voided')", name="status"),
        CheckConstraint("(status = 'held') = (ended_position IS NULL)", name="ended_once"),
        Index("ix_hold_live", "county_code", "account_id", postgresql_where=text("status = 'held'")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    fund_code: Mapped[str | None]
    amount_fen: Mapped[int]
    document: Mapped[str]
    purpose: Mapped[str]
    expires_on: Mapped[date | None]
    status: Mapped[str]
    placed_by: Mapped[str]
    position: Mapped[int]
    ended_position: Mapped[int | None]


class HoldLotRow(Row):
    """How many fen of which lot a hold keeps."""

    __tablename__ = "hold_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"]),
        ForeignKeyConstraint(["county_code", "lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_hold_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]


class ClosingRow(Row):
    """The books of a county are closed through this day: earlier days take reversals only."""

    __tablename__ = "closing"
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    through: Mapped[date] = mapped_column(primary_key=True)
    document: Mapped[str]
    closed_by: Mapped[str]
    position: Mapped[int]


class AccountMonthRow(Row):
    """What the entries of one account effective in one month add up to; `net_fen_day` counts days from 2000-01-01."""

    __tablename__ = "account_month"
    __table_args__ = (
        Index("ix_account_month_month", "county_code", "month", "account_id"),  # of all accounts of a county
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    net_fen: Mapped[int]
    net_fen_day: Mapped[int] = mapped_column(Numeric(38, 0))
    charged_fen_days: Mapped[int] = mapped_column(Numeric(38, 0))


class AccountPeriodRow(Row):
    """What the entries of one account effective in one month or on one day add up to, of one fund.

    Days are kept whatever the fund, too: `fund_code` is then empty. Months whatever the fund are `account_month`.
    """

    __tablename__ = "account_period"
    __table_args__ = (
        CheckConstraint("grain = 'day' OR grain = 'month' AND fund_code <> ''", name="grain"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    net_fen: Mapped[int]
    net_fen_day: Mapped[int] = mapped_column(Numeric(38, 0))
    charged_fen_days: Mapped[int] = mapped_column(Numeric(38, 0))


class FlowMonthRow(Row):
    """What flowed from one account to another in one month, by kind, fund and budget year, reversals taken out.

    What crosses the border of a budget year is a `carry_over` into the later one, once for each border.
    Money received by notice comes from the account of all zeros.
    """

    __tablename__ = "flow_month"
    __table_args__ = (
        Index(
            "ix_flow_month_carried",
            "county_code",
            "fiscal_year",
            "month",
            postgresql_where=text("flow = 'carry_over'"),
        ),
        Index("ix_flow_month_year", "county_code", "fiscal_year", "fund_code", "month"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(primary_key=True)
    from_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    to_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    from_region: Mapped[str | None] = mapped_column(RegionText)
    to_region: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]


class FlowPeriodRow(Row):
    """What flowed from one account to another in one month or year, by kind, whatever fund, reversals taken out.

    `payments_n` counts the household payments among it. Money received by notice comes from the account of all zeros.
    """

    __tablename__ = "flow_period"
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
    from_region: Mapped[str | None] = mapped_column(RegionText)
    to_region: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]
    payments_n: Mapped[int]
