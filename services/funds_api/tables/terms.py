"""What the money of a fund may be used for in a year, what uses and function codes are called, and since when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row

_LISTS = (
    "'permitted_uses', 'barred_uses', 'permitted_payees', 'exclusive_with', 'household_exclusive_with', 'use_named'"
)
_BASIS = "basis IN ('law', 'practice', 'assumed')"


class FunctionCodeRow(Row):
    """支出功能分类: a class (5 digits) or item (7) of the yearly list, with the years in which it meant this name."""

    __tablename__ = "function_code"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{5}([0-9]{2})?$'", name="code_digits"),
        CheckConstraint("valid_to_year >= valid_from_year", name="valid_years"),
        CheckConstraint(_BASIS, name="basis"),
        CheckConstraint("source <> ''", name="source_given"),
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid_to_year: Mapped[int | None] = mapped_column(SmallInteger)
    name: Mapped[str]
    source: Mapped[str]
    basis: Mapped[str]


class FundUseRow(Row):
    """What money is used for, as a code with its Chinese name; special funds exclude what is `barred_by_practice`."""

    __tablename__ = "fund_use"
    __table_args__ = (CheckConstraint(_BASIS, name="basis"), CheckConstraint("source <> ''", name="source_given"))
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    barred_by_practice: Mapped[bool]
    source: Mapped[str]
    basis: Mapped[str]


class FundTermsRow(Row):
    """Terms one level of government set for a fund and fiscal year by a document; a later set replaces them whole.

    One that lifts what its own level laid down `waits`: it holds from when a second person confirmed it, and until then
    may be withdrawn. What was withdrawn stays, and its day may have another `edition`.
    """

    __tablename__ = "fund_terms"
    __table_args__ = (
        CheckConstraint("length(region_code) IN (2, 4, 6)", name="region_level"),
        CheckConstraint("document <> ''", name="document_given"),
        CheckConstraint("confirmed_by IS NULL OR waits AND confirmed_by <> set_by", name="second_person"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_at"),
        CheckConstraint("waits OR waits_because = '{}'", name="waits_because"),
        CheckConstraint("withdrawn_by IS NULL OR waits AND confirmed_by IS NULL", name="withdrawn_while_waiting"),
        CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_because IS NULL)",
            name="withdrawn_whole",
        ),
        CheckConstraint("edition > 0", name="edition_counts"),
        Index(
            "uq_fund_terms_day",
            "region_code",
            "fund_code",
            "fiscal_year",
            "valid_from",
            unique=True,
            postgresql_where=text("withdrawn_by IS NULL"),
        ),
    )
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    function_code: Mapped[str | None]
    document: Mapped[str]
    set_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    waits: Mapped[bool] = mapped_column(server_default=text("false"))
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    waits_because: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]


class FundRuleRow(Row):
    """One rule of a set of terms: its value, its own source, and what a breach does."""

    __tablename__ = "fund_rule"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "fund_code", "fiscal_year", "valid_from", "edition"],
            [
                "funds.fund_terms.region_code",
                "funds.fund_terms.fund_code",
                "funds.fund_terms.fiscal_year",
                "funds.fund_terms.valid_from",
                "funds.fund_terms.edition",
            ],
            name="fk_fund_rule_terms",
        ),
        CheckConstraint(
            f"rule IN ({_LISTS}, 'fee_cap', 'household_cap', 'person_cap', 'publicity', 'publicity_before_upload')",
            name="rule",
        ),
        CheckConstraint(
            f"CASE WHEN rule IN ({_LISTS})"
            " THEN jsonb_typeof(value) = 'array' ELSE jsonb_typeof(value) = 'number' AND value >= '0' END",
            name="value_fits_rule",
        ),
        CheckConstraint("on_breach IN ('refuse', 'flag')", name="on_breach"),
        CheckConstraint(_BASIS, name="basis"),
        CheckConstraint("source <> ''", name="source_given"),
    )
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fund_code: Mapped[str] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    rule: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    on_breach: Mapped[str]
    source: Mapped[str]
    basis: Mapped[str]


class NationalRuleRow(Row):
    """A rule that the nation laid down for every fund, in force from a day on until the next row of the same rule."""

    __tablename__ = "national_rule"
    __table_args__ = (
        CheckConstraint(
            "rule IN ('permitted_uses', 'barred_uses', 'permitted_payees', 'fee_cap', 'use_named')", name="rule"
        ),
        CheckConstraint(
            "CASE WHEN rule = 'fee_cap' THEN jsonb_typeof(value) = 'number' AND value >= '0'"
            " ELSE jsonb_typeof(value) = 'array' END",
            name="value_fits_rule",
        ),
        CheckConstraint("on_breach IN ('refuse', 'flag')", name="on_breach"),
        CheckConstraint(_BASIS, name="basis"),
        CheckConstraint("document <> '' AND source <> ''", name="source_given"),
    )
    rule: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    document: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB)
    on_breach: Mapped[str]
    source: Mapped[str]
    basis: Mapped[str]


class FundGateRow(Row):
    """Whoever judges a movement by the sums of a fund holds its row, so that two are not let through side by side."""

    __tablename__ = "fund_gate"
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"), primary_key=True)
