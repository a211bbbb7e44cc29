"""What a project left behind: assets with their owners, what they earn, and among whom the income is shared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row

_UNDONE_WHOLE: Final = "num_nulls(undone_on, undoing_document, undoing_reason, undone_by) IN (0, 4)"


def _decision(table: str, *more: str) -> tuple[list[str], list[str]]:
    """The key of a decision how an income is shared, or of a part of it, here and in `table`."""
    key = ["county_code", "income_id", "decision_no", *more]
    return key, [f"funds.{table}.{one}" for one in key]


class AssetRow(Row):
    """Something a project paid for: `operating` (经营性), `public` (公益性) or `to_households` (到户类)."""

    __tablename__ = "asset"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "project_id"], ["funds.project.county_code", "funds.project.id"]),
        ForeignKeyConstraint(["county_code", "owner_unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        CheckConstraint("kind IN ('operating', 'public', 'to_households')", name="kind"),
        CheckConstraint("(kind = 'to_households') = (owner_unit_id IS NULL)", name="owned_by_unit_or_households"),
        CheckConstraint("(kind = 'to_households') = (households_n > 0)", name="households_counted"),
        CheckConstraint("value_fen > 0", name="value_positive"),
        CheckConstraint("capacity_w > 0", name="capacity_positive"),
        CheckConstraint(
            "num_nulls(confirmed_on, confirmed_by, title_document) IN (0, 3)", name="confirmed_by_document"
        ),
        CheckConstraint("confirmed_by <> registered_by", name="registrar_is_not_confirmer"),
        CheckConstraint("confirmed_on >= registered_on", name="confirmed_after_registered"),
        CheckConstraint(
            "num_nulls(disposed_on, disposal_document, disposal_reason, proceeds_fen) IN (0, 4)", name="disposed_whole"
        ),
        CheckConstraint("disposed_by <> registered_by", name="registrar_does_not_dispose"),
        CheckConstraint("disposed_by IS NULL OR disposed_on IS NOT NULL", name="disposed_by_with_its_day"),
        CheckConstraint("proceeds_fen >= 0", name="proceeds_not_negative"),
        Index("ix_asset_project", "county_code", "project_id"),
        Index("ix_asset_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    project_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    owner_unit_id: Mapped[UUID | None]
    households_n: Mapped[int] = mapped_column(Integer)
    value_fen: Mapped[int]
    capacity_w: Mapped[int | None] = mapped_column(Integer)
    care_unit: Mapped[str]
    document: Mapped[str]
    registered_on: Mapped[date]
    registered_by: Mapped[str]
    title_document: Mapped[str | None]
    confirmed_on: Mapped[date | None]
    confirmed_by: Mapped[str | None]
    disposed_on: Mapped[date | None]
    disposed_by: Mapped[str | None]
    disposal_document: Mapped[str | None]
    disposal_reason: Mapped[str | None]
    proceeds_fen: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    confirmed_position: Mapped[int | None]
    disposed_position: Mapped[int | None]


class AssetIncomeRow(Row):
    """What an asset earned in a period: when it arrived, when it was passed on to its owner, into which account.

    One recorded by mistake is undone by document, once; another may then be recorded of its period.
    """

    __tablename__ = "asset_income"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "asset_id"], ["funds.asset.county_code", "funds.asset.id"]),
        Index(
            "uq_asset_income_period",
            "county_code",
            "asset_id",
            "kind",
            "period_from",
            unique=True,
            postgresql_where=sql("undone_on IS NULL"),
        ),
        CheckConstraint("kind IN ('rent', 'dividend', 'pv_feed_in', 'pv_subsidy', 'sale', 'other')", name="kind"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("energy_kwh IS NULL OR (energy_kwh >= 0 AND kind = 'pv_feed_in')", name="energy_is_fed_in"),
        CheckConstraint("period_to >= period_from", name="period_in_order"),
        CheckConstraint("passed_on >= arrived_on", name="passed_on_after_arrival"),
        CheckConstraint("(passed_on IS NULL) = (passing_document IS NULL)", name="passed_on_by_document"),
        CheckConstraint(_UNDONE_WHOLE, name="undone_by_document"),
        CheckConstraint("undone_on >= arrived_on", name="undone_after_arrived"),
        CheckConstraint("undone_on >= passed_on", name="undone_after_passed"),
        Index("ix_asset_income_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    asset_id: Mapped[UUID]
    kind: Mapped[str]
    period_from: Mapped[date]
    period_to: Mapped[date]
    amount_fen: Mapped[int]
    energy_kwh: Mapped[int | None]
    document: Mapped[str]
    paid_into: Mapped[str]
    arrived_on: Mapped[date]
    passed_on: Mapped[date | None]
    passing_document: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    passed_position: Mapped[int | None]
    undone_on: Mapped[date | None]
    undoing_document: Mapped[str | None]
    undoing_reason: Mapped[str | None]
    undone_by: Mapped[str | None]
    undone_position: Mapped[int | None]


class IncomeShareRow(Row):
    """How one income is shared (收益分配), by a document; Σ lines = the income (held at commit by a trigger).

    One decision stands at a time: the next number follows one that was undone.
    """

    __tablename__ = "income_share"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "income_id"], ["funds.asset_income.county_code", "funds.asset_income.id"]),
        CheckConstraint("due_on >= decided_on", name="due_after_decided"),
        CheckConstraint("decision_no > 0", name="decision_counts"),
        CheckConstraint(_UNDONE_WHOLE, name="undone_by_document"),
        CheckConstraint("undone_on >= decided_on", name="undone_after_decided"),
        Index("ix_income_share_region", "county_code", "region_code", "income_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    income_id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    document: Mapped[str]
    decided_on: Mapped[date]
    due_on: Mapped[date]
    decided_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    undone_on: Mapped[date | None]
    undoing_document: Mapped[str | None]
    undoing_reason: Mapped[str | None]
    undone_by: Mapped[str | None]
    undone_position: Mapped[int | None]


class ShareLineRow(Row):
    """One use of a shared income, for a place; overdue while it is not paid after the share's day.

    `paid_fen` is what stands paid of it, kept by a trigger with each payment, return and undoing.

    `region_code` is the income's: who may see the income sees every line of it, or the lines would not add up.
    """

    __tablename__ = "share_line"
    __table_args__ = (
        ForeignKeyConstraint(*_decision("income_share"), name="fk_share_line_decision"),
        CheckConstraint(
            "use IN ('village_reserve', 'public_posts', 'small_works', 'awards', 'households')", name="use"
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("households_n >= 0 AND (use <> 'households' OR households_n > 0)", name="households_counted"),
        CheckConstraint("paid_fen BETWEEN 0 AND amount_fen", name="paid_within_line"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    income_id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    place_code: Mapped[str] = mapped_column(RegionText)
    use: Mapped[str]
    amount_fen: Mapped[int]
    households_n: Mapped[int] = mapped_column(Integer)
    paid_fen: Mapped[int] = mapped_column(server_default=sql("0"))


class ShareHouseholdRow(Row):
    """What one household, named by its id only, gets of a line; Σ = the line (held at commit by a trigger)."""

    __tablename__ = "share_household"
    __table_args__ = (
        ForeignKeyConstraint(*_decision("share_line", "line_no"), name="fk_share_household_line"),
        ForeignKeyConstraint(["county_code", "household_id"], ["funds.household.county_code", "funds.household.id"]),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        Index("ix_share_household_household", "county_code", "household_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    income_id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    line_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]


class SharePaymentRow(Row):
    """A line of a share was paid out, some of it came back (of a household, if named), or either was undone, once.

    Never changed; a trigger keeps `share_line.paid_fen` and refuses more than was paid, or than a household's part.
    """

    __tablename__ = "share_payment"
    __table_args__ = (
        ForeignKeyConstraint(*_decision("share_line", "line_no"), name="fk_share_payment_line"),
        ForeignKeyConstraint(
            *_decision("share_household", "line_no", "household_id"), name="fk_share_payment_household"
        ),
        ForeignKeyConstraint(
            ["county_code", "undoes_id"], ["funds.share_payment.county_code", "funds.share_payment.id"]
        ),
        UniqueConstraint("county_code", "undoes_id"),
        CheckConstraint("kind IN ('paid', 'returned', 'undone')", name="kind"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("document <> ''", name="document_given"),
        CheckConstraint("(kind = 'undone') = (undoes_id IS NOT NULL)", name="undoes_one"),
        CheckConstraint("kind <> 'paid' OR household_id IS NULL", name="paid_by_line"),
        Index("ix_share_payment_line", "county_code", "income_id", "decision_no", "line_no", "position"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    income_id: Mapped[UUID]
    decision_no: Mapped[int] = mapped_column(SmallInteger)
    line_no: Mapped[int] = mapped_column(SmallInteger)
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    amount_fen: Mapped[int]
    household_id: Mapped[UUID | None]
    undoes_id: Mapped[UUID | None]
    document: Mapped[str]
    effective_on: Mapped[date]
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
