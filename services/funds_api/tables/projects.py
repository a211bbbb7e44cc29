"""The project library: what was declared (every version), the steps it took, objections, contracts and progress.

Steps, versions, objections' texts, contracts, reports and results of targets are only added; of a project its stage,
version and accounts change, of an objection its answer, of a version and a report who confirmed it, of a waiting
version that it was refused or withdrawn, of a contract that it was cancelled.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
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
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row

STAGES = (
    "'declared', 'reviewed', 'published', 'admitted', 'planned', 'tendering', 'building', 'accepted', 'announced',"
    " 'owned', 'maintained', 'removed'"
)
PROJECT = (["county_code", "project_id"], ["funds.project.county_code", "funds.project.id"])


class ProjectRow(Row):
    """A project as it stands now; its accounts are opened when its plan is given out (计划下达)."""

    __tablename__ = "project"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"]),
        ForeignKeyConstraint(["county_code", "cash_account_id"], ["funds.account.county_code", "funds.account.id"]),
        ForeignKeyConstraint(["county_code", "quota_account_id"], ["funds.account.county_code", "funds.account.id"]),
        UniqueConstraint("county_code", "code"),
        UniqueConstraint("county_code", "cash_account_id"),
        UniqueConstraint("county_code", "quota_account_id"),
        CheckConstraint(f"stage IN ({STAGES})", name="stage"),
        CheckConstraint(
            "stage IN ('declared', 'reviewed', 'published', 'admitted', 'removed') OR cash_account_id IS NOT NULL",
            name="planned_has_its_accounts",
        ),
        CheckConstraint(
            "num_nulls(unit_id, cash_account_id, quota_account_id) IN (0, 3)", name="accounts_open_together"
        ),
        Index("ix_project_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, ForeignKey("funds.region.code"))
    code: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    stage: Mapped[str]
    steps_n: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[UUID | None]
    cash_account_id: Mapped[UUID | None]
    quota_account_id: Mapped[UUID | None]


class ProjectVersionRow(Row):
    """What a project is, as declared (version 1) or changed by a document; in force once approved.

    A change that waits may instead be refused by another person or withdrawn by its author; then it is in force never.
    """

    __tablename__ = "project_version"
    __table_args__ = (
        ForeignKeyConstraint(*PROJECT),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("planned_fen > 0", name="planned_positive"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("document <> ''", name="document_given"),
        CheckConstraint(
            "approved_by IS NULL OR NOT is_change OR approved_by <> reported_by", name="author_is_not_judge"
        ),
        CheckConstraint("(approved_by IS NULL) = (effective_on IS NULL)", name="in_force_once_approved"),
        CheckConstraint(
            "num_nulls(closed_as, closed_by, closed_on, closing_document, closing_reason) IN (0, 5)",
            name="closed_by_document",
        ),
        CheckConstraint("closed_as IN ('refused', 'withdrawn')", name="closed_as"),
        CheckConstraint("closed_on IS NULL OR is_change AND effective_on IS NULL", name="closed_instead_of_approved"),
        CheckConstraint("(closed_as = 'withdrawn') = (closed_by = reported_by)", name="author_withdraws"),
        CheckConstraint("closed_on >= reported_on", name="closed_after_reported"),
        Index(
            "uq_project_version_waiting",
            "county_code",
            "project_id",
            unique=True,
            postgresql_where=sql("effective_on IS NULL AND closed_on IS NULL"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    name: Mapped[str]
    kind: Mapped[str]
    nature: Mapped[str]
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    responsible_unit: Mapped[str]
    task: Mapped[str]
    planned_fen: Mapped[int]
    households_n: Mapped[int] = mapped_column(Integer)
    persons_n: Mapped[int] = mapped_column(Integer)
    villages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    participation: Mapped[str]
    benefit_mechanism: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    document: Mapped[str]
    reason: Mapped[str]
    is_change: Mapped[bool]
    reported_on: Mapped[date]
    reported_by: Mapped[str]
    approved_by: Mapped[str | None]
    approval_document: Mapped[str | None]
    effective_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    approved_position: Mapped[int | None]
    closed_as: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    closing_document: Mapped[str | None]
    closing_reason: Mapped[str | None]
    closed_position: Mapped[int | None]


class ProjectSourceRow(Row):
    """What a version plans to get from one fund; Σ sources = planned_fen (held at commit by a trigger)."""

    __tablename__ = "project_source"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "project_id", "version"],
            ["funds.project_version.county_code", "funds.project_version.project_id", "funds.project_version.version"],
        ),
        CheckConstraint("planned_fen > 0", name="planned_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    fund_code: Mapped[str] = mapped_column(ForeignKey("funds.fund.code"), primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    planned_fen: Mapped[int]


class ProjectTargetRow(Row):
    """A performance target (绩效目标) of a version: what is to be reached, in which unit."""

    __tablename__ = "project_target"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "project_id", "version"],
            ["funds.project_version.county_code", "funds.project_version.project_id", "funds.project_version.version"],
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    text: Mapped[str]
    unit: Mapped[str]
    target: Mapped[Decimal] = mapped_column(Numeric(16, 4))


class TargetResultRow(Row):
    """What a target reached, as measured at the acceptance that step `step_seq` is; the latest of a code counts."""

    __tablename__ = "target_result"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "project_id", "step_seq"],
            ["funds.project_step.county_code", "funds.project_step.project_id", "funds.project_step.seq"],
        ),
        CheckConstraint("document <> ''", name="document_given"),
        Index("ix_target_result_project", "county_code", "project_id", "code"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    step_seq: Mapped[int] = mapped_column(Integer)
    code: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    reached: Mapped[Decimal] = mapped_column(Numeric(16, 4))
    reached_on: Mapped[date]
    document: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]


class ProjectStepRow(Row):
    """A project came to a stage: by which document, on which day, recorded by whom and when. Never changed."""

    __tablename__ = "project_step"
    __table_args__ = (
        ForeignKeyConstraint(*PROJECT),
        CheckConstraint(f"stage IN ({STAGES})", name="stage"),
        CheckConstraint("way IN ('forward', 'sent_back', 'removed')", name="way"),
        CheckConstraint("(way = 'removed') = (stage = 'removed')", name="removed_is_removed"),
        CheckConstraint("way = 'forward' OR reason IS NOT NULL", name="reason_given"),
        CheckConstraint("document <> ''", name="document_given"),
        CheckConstraint("NOT (actor = ANY (makers))", name="maker_is_not_checker"),
        Index("ix_project_step_effective", "county_code", "project_id", "effective_on", "seq"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    way: Mapped[str]
    from_stage: Mapped[str | None]
    stage: Mapped[str]
    document: Mapped[str]
    effective_on: Mapped[date]
    reason: Mapped[str | None]
    actor: Mapped[str]
    makers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]


class ProjectObjectionRow(Row):
    """Somebody objects to a project; while it is open the project is not admitted. Names nobody."""

    __tablename__ = "project_objection"
    __table_args__ = (
        ForeignKeyConstraint(*PROJECT),
        CheckConstraint("num_nulls(closed_on, outcome, closed_by) IN (0, 3)", name="closed_with_outcome"),
        CheckConstraint("closed_on >= raised_on", name="closed_after_raised"),
        Index("ix_project_objection_project", "county_code", "project_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    raised_on: Mapped[date]
    text: Mapped[str]
    recorded_by: Mapped[str]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None]
    closed_by: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    closed_position: Mapped[int | None]


class ProjectContractRow(Row):
    """What a contractor is to build for how much; the retention (质保金) is its share held until `release_on`."""

    __tablename__ = "project_contract"
    __table_args__ = (
        ForeignKeyConstraint(*PROJECT),
        ForeignKeyConstraint(["county_code", "contractor_id"], ["funds.unit.county_code", "funds.unit.id"]),
        UniqueConstraint("county_code", "project_id", "number"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("retention_ppm BETWEEN 0 AND 1000000", name="retention_share"),
        CheckConstraint("(retention_ppm = 0) = (release_on IS NULL)", name="retention_has_its_day"),
        CheckConstraint("release_on >= signed_on", name="released_after_signing"),
        CheckConstraint(
            "num_nulls(cancelled_on, cancellation_document, settled_fen, cancelled_by) IN (0, 4)",
            name="cancelled_by_document",
        ),
        CheckConstraint("cancelled_on >= signed_on", name="cancelled_after_signing"),
        CheckConstraint("settled_fen BETWEEN 0 AND amount_fen", name="settled_within_amount"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    contractor_id: Mapped[UUID]
    number: Mapped[str]
    winning_bid: Mapped[str]
    signed_on: Mapped[date]
    amount_fen: Mapped[int]
    retention_ppm: Mapped[int] = mapped_column(Integer)
    release_on: Mapped[date | None]
    signed_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    cancelled_position: Mapped[int | None]
    cancelled_on: Mapped[date | None]
    cancellation_document: Mapped[str | None]
    settled_fen: Mapped[int | None]
    cancelled_by: Mapped[str | None]


class ProjectProgressRow(Row):
    """How far a contract had come on a day, as reported; it counts once another person has accepted it."""

    __tablename__ = "project_progress"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "contract_id"], ["funds.project_contract.county_code", "funds.project_contract.id"]
        ),
        CheckConstraint("progress_ppm BETWEEN 1 AND 1000000", name="progress_share"),
        CheckConstraint("accepted_by <> reported_by", name="reporter_is_not_acceptor"),
        CheckConstraint(
            "num_nulls(accepted_by, accepted_on, acceptance_document) IN (0, 3)", name="accepted_by_document"
        ),
        Index("ix_project_progress_contract", "county_code", "contract_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    progress_ppm: Mapped[int] = mapped_column(Integer)
    document: Mapped[str]
    reached_on: Mapped[date]
    reported_by: Mapped[str]
    accepted_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    acceptance_document: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    position: Mapped[int]
    accepted_position: Mapped[int | None]
