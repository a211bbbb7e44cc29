"""Warnings (预警): who leads a unit since when, what a unit was told of and did about it, and to whom it went on.

Rows are only added; each step of a warning is written once.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class UnitLeaderRow(Row):
    """From a day on this post, under this login, is in charge of the unit (分管领导); without a login it is vacant.

    It stands until the next one of the unit begins. A post and a login, and nothing else of a person.
    """

    __tablename__ = "unit_leader"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        UniqueConstraint("county_code", "unit_id", "from_on"),
        CheckConstraint("(account IS NULL) = (post IS NULL)", name="post_and_account_together"),
        CheckConstraint("account <> '' AND post <> ''", name="post_and_account_given"),
        CheckConstraint("document <> ''", name="document_given"),
        Index("ix_unit_leader_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    from_on: Mapped[date]
    post: Mapped[str | None]
    account: Mapped[str | None]
    document: Mapped[str]
    set_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]


class WarningRow(Row):
    """The new flags of one rule in one run, told to the unit that answers and to its leader of that day.

    `leader_id` is the fact that said who leads it; without one the county's office in charge was told instead. The days
    by which each step is due are worked out once, when it is issued. `next_due_on` is the next of them that nobody has
    looked at yet, for whoever records escalations.
    """

    __tablename__ = "warning"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        ForeignKeyConstraint(
            ["county_code", "run_id", "rule_code"],
            ["funds.flag_run_rule.county_code", "funds.flag_run_rule.run_id", "funds.flag_run_rule.rule_code"],
        ),
        ForeignKeyConstraint(["county_code", "leader_id"], ["funds.unit_leader.county_code", "funds.unit_leader.id"]),
        ForeignKeyConstraint(["county_code", "first_warning_id"], ["funds.warning.county_code", "funds.warning.id"]),
        UniqueConstraint("county_code", "run_id", "rule_code", "unit_id"),
        CheckConstraint("flags_n > 0 AND amount_fen >= 0 AND days >= 0", name="figures"),
        CheckConstraint("(first_warning_id IS NULL) = (times = 1) AND times > 0", name="first_or_repeated"),
        CheckConstraint(
            "issued_on < acknowledge_by_on AND acknowledge_by_on < acknowledge_leader_by_on"
            " AND acknowledge_by_on < explain_by_on AND explain_by_on < explain_leader_by_on",
            name="due_in_order",
        ),
        CheckConstraint(
            "num_nulls(acknowledged_on, acknowledged_by, acknowledged_position) IN (0, 3)",
            name="acknowledged_by_somebody",
        ),
        CheckConstraint(
            "num_nulls(explained_on, explained_by, explanation, explanation_document, explained_position) IN (0, 5)",
            name="explained_by_document",
        ),
        CheckConstraint(
            "num_nulls(closed_on, closed_by, closing, closing_document, closed_position) IN (0, 5)",
            name="closed_by_document",
        ),
        CheckConstraint(
            "acknowledged_on >= issued_on AND (explained_on IS NULL OR explained_on >= acknowledged_on"
            " AND acknowledged_on IS NOT NULL) AND closed_on >= issued_on"
            " AND closed_on >= coalesce(explained_on, closed_on)",
            name="steps_in_order",
        ),
        CheckConstraint("closed_by <> acknowledged_by AND closed_by <> explained_by", name="not_answered_by_the_unit"),
        Index("ix_warning_region", "county_code", "region_code", "id"),
        Index("ix_warning_unit", "county_code", "unit_id", "rule_code", "id"),
        Index(
            "ix_warning_leader",
            "county_code",
            "leader_account",
            "id",
            postgresql_where=sql("leader_account IS NOT NULL"),
        ),
        Index("ix_warning_due", "county_code", "next_due_on", postgresql_where=sql("next_due_on IS NOT NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    rule_code: Mapped[str]
    run_id: Mapped[UUID]
    issued_on: Mapped[date]
    flags_n: Mapped[int]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    leader_id: Mapped[UUID | None]
    leader_account: Mapped[str | None]
    first_warning_id: Mapped[UUID | None]
    times: Mapped[int] = mapped_column(Integer)
    acknowledge_by_on: Mapped[date]
    acknowledge_leader_by_on: Mapped[date]
    explain_by_on: Mapped[date]
    explain_leader_by_on: Mapped[date]
    acknowledged_on: Mapped[date | None]
    acknowledged_by: Mapped[str | None]
    explained_on: Mapped[date | None]
    explained_by: Mapped[str | None]
    explanation: Mapped[str | None]
    explanation_document: Mapped[str | None]
    closed_on: Mapped[date | None]
    closed_by: Mapped[str | None]
    closing: Mapped[str | None]
    closing_document: Mapped[str | None]
    next_due_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    acknowledged_position: Mapped[int | None]
    explained_position: Mapped[int | None]
    closed_position: Mapped[int | None]


class WarningEscalationRow(Row):
    """That a step was not taken by its day, as the journal was told; the days themselves say it without this row."""

    __tablename__ = "warning_escalation"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "warning_id"], ["funds.warning.county_code", "funds.warning.id"]),
        CheckConstraint("step IN ('acknowledge', 'explain')", name="step"),
        CheckConstraint("told IN ('leader', 'inspectors')", name="told"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    warning_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    told: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    since_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
