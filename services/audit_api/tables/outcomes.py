"""Published outcomes of discipline cases."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class CaseOutcomeRow(Row):
    """What a notice says became of a case, as classes for statistics; never of whom."""

    __tablename__ = "case_outcome"
    __table_args__ = (
        UniqueConstraint("county_code", "reference"),
        ForeignKeyConstraint(
            ["county_code", "same_amount_as"],
            ["audit.case_outcome.county_code", "audit.case_outcome.id"],
            name="fk_case_outcome_same_amount",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("(amount_fen IS NULL) = (amount_known IS NULL)", name="amount_known_how"),
        CheckConstraint("amount_known IN ('exact', 'approximate')", name="amount_known"),
        CheckConstraint("same_amount_as <> id", name="same_as_another"),
        CheckConstraint(
            "violation IN ('embezzled', 'defrauded', 'diverted', 'favoured', 'negligent', 'irregular', 'pretended')",
            name="violation",
        ),
        CheckConstraint("form IN ('first', 'second', 'third', 'fourth')", name="form"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    reference: Mapped[str]
    notice: Mapped[str]
    office_level: Mapped[str]
    violation: Mapped[str]
    violation_printed: Mapped[str]
    form: Mapped[str | None]
    facts: Mapped[str]
    amount_fen: Mapped[int | None]
    amount_known: Mapped[str | None]
    same_amount_as: Mapped[UUID | None]
    households_n: Mapped[int | None] = mapped_column(Integer)
    persons_n: Mapped[int | None] = mapped_column(Integer)
    period: Mapped[str | None]
    punishment: Mapped[str | None]
    recovery: Mapped[str | None]
    note: Mapped[str | None]
    recorded_by: Mapped[str]
    position: Mapped[int]
