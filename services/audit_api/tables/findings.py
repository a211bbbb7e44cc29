"""Findings and their versions, the fen they are bound to, and what put them right."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row

_FINDING = ["audit.finding.county_code", "audit.finding.id"]
_REPORT = ["audit.filed_report.county_code", "audit.filed_report.id"]
_VERSION = [f"audit.finding_version.{name}" for name in ("county_code", "finding_id", "version_no")]


class FindingClassRow(Row):
    """One edition of a class of findings: its title, the problem class above it, and the articles it falls under."""

    __tablename__ = "finding_class"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("basis IN ('law', 'practice', 'assumed')", name="basis"),
        CheckConstraint("edition > 0", name="edition_counts"),
        CheckConstraint(
            "problem_class IN"
            " ('识别不准', '脱贫质量不高', '台账资料不规范', '资金项目监管不严', '内生动力不足', '工作落实不力')",
            name="problem_class",
        ),
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid_from: Mapped[date]
    title: Mapped[str]
    problem_class: Mapped[str]
    articles: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    source: Mapped[str]
    basis: Mapped[str]


class FiledReportRow(Row):
    """A report of an audit office as it was published, filed once per reference; its findings name it."""

    __tablename__ = "filed_report"
    __table_args__ = (UniqueConstraint("county_code", "reference"),)
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    reference: Mapped[str]
    title: Mapped[str]
    auditor: Mapped[str]
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    filed_by: Mapped[str]
    filed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class FindingRow(Row):
    """What an inspector holds to be the case, as its latest version says it, and how far it has come.

    A draft has no effect on alerts or money. Another person than whoever drew it up confirms it; from then on what it
    says does not change (a trigger refuses), and it counts over `amount_fen`.
    """

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("class_code ~ '^F(0[1-9]|1[0-8])$'", name="class_code"),
        CheckConstraint("status IN ('draft', 'open', 'ordered', 'closed')", name="status"),
        CheckConstraint("(status = 'draft') = (confirmed_on IS NULL)", name="confirmed_has_its_day"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("confirmed_by <> opened_by", name="maker_is_not_checker"),
        # Findings of before there were drafts were drawn up and confirmed in one act, by one person.
        CheckConstraint(
            "(confirmed_by IS NOT NULL) = (confirmed_on IS NOT NULL AND position < confirmed_position)",
            name="confirmed_by_somebody",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("amount_known IN ('exact', 'approximate')", name="amount_known"),
        CheckConstraint("within_finding_id <> id", name="within_another"),
        ForeignKeyConstraint(["county_code", "within_finding_id"], _FINDING, name="fk_finding_within"),
        ForeignKeyConstraint(["county_code", "report_id"], _REPORT, name="fk_finding_report"),
        Index("ix_finding_status", "county_code", "status", "id"),
        Index("ix_finding_within", "county_code", "within_finding_id"),
        Index("ix_finding_report", "county_code", "report_id", "id"),
        Index("ix_finding_class", "county_code", "class_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    class_code: Mapped[str]
    title: Mapped[str]
    facts: Mapped[str]
    amount_fen: Mapped[int | None]
    amount_known: Mapped[str | None]
    within_finding_id: Mapped[UUID | None]
    report_id: Mapped[UUID | None]
    about_region: Mapped[str | None] = mapped_column(RegionText)
    found_on: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    version_no: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    version_hash: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
    confirmed_by: Mapped[str | None]
    confirmed_on: Mapped[date | None]
    confirmed_position: Mapped[int | None]
    ordered_position: Mapped[int | None]
    closed_on: Mapped[date | None]
    closed_position: Mapped[int | None]


class FindingVersionRow(Row):
    """What a finding said in one version, named by the hash of its whole content. Never changed: an edit is a row."""

    __tablename__ = "finding_version"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        UniqueConstraint(
            "county_code", "finding_id", "version_no", "version_hash", "made_by", name="uq_finding_version_exact"
        ),
        CheckConstraint("version_no > 0", name="version_no_positive"),
        CheckConstraint("version_hash ~ '^[0-9a-f]{64}$'", name="version_hash"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("amount_known IN ('exact', 'approximate')", name="amount_known"),
        ForeignKeyConstraint(["county_code", "within_finding_id"], _FINDING, name="fk_finding_version_within"),
        ForeignKeyConstraint(["county_code", "report_id"], _REPORT, name="fk_finding_version_report"),
        ForeignKeyConstraint(
            ["class_code", "class_edition"],
            ["audit.finding_class.code", "audit.finding_class.edition"],
            name="fk_finding_version_class",
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    version_hash: Mapped[str]
    salt: Mapped[str | None]
    class_code: Mapped[str]
    class_edition: Mapped[int | None] = mapped_column(SmallInteger)
    title: Mapped[str]
    facts: Mapped[str]
    amount_fen: Mapped[int | None]
    amount_known: Mapped[str | None]
    within_finding_id: Mapped[UUID | None]
    report_id: Mapped[UUID | None]
    about_region: Mapped[str | None] = mapped_column(RegionText)
    published: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    found_on: Mapped[date]
    alert_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class FindingListedRow(Row):
    """What the list of findings looks at of one version, at any position: narrow, and written by triggers alone.

    `amount_fen` is 0 where it is not known; `until_position` is that of the next version; `grams` are the runs of one,
    two, three and five characters of all that the version says, hashed with the county (`findings_listed_v1.py`).
    """

    __tablename__ = "finding_listed"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id", "version_no"], _VERSION),
        CheckConstraint("position < until_position", name="until_later"),
        Index("ix_finding_listed_amount", "county_code", "amount_fen", "finding_id"),
        Index("ix_finding_listed_found_on", "county_code", "found_on", "finding_id"),
        Index("ix_finding_listed_grams", "grams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    class_code: Mapped[str]
    amount_fen: Mapped[int]
    about_region: Mapped[str | None] = mapped_column(RegionText)
    report_id: Mapped[UUID | None]
    found_on: Mapped[date]
    position: Mapped[int]
    until_position: Mapped[int | None]
    confirmed_position: Mapped[int | None]
    ordered_position: Mapped[int | None]
    closed_position: Mapped[int | None]
    grams: Mapped[list[int]] = mapped_column(ARRAY(Integer()))


class FindingFactRow(Row):
    """One thing that a version of a finding holds to have happened: what, when, over how much, by which evidence."""

    __tablename__ = "finding_fact"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id", "version_no"], _VERSION),
        CheckConstraint("fact_no > 0", name="fact_no_positive"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("from_on <= to_on", name="period_in_order"),
        CheckConstraint("(from_on IS NULL) = (to_on IS NULL)", name="period_has_both_ends"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    fact_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    what: Mapped[str]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    amount_fen: Mapped[int | None]


class FindingFactEvidenceRow(Row):
    """A piece of evidence that a recorded fact rests on."""

    __tablename__ = "finding_fact_evidence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "fact_no"],
            [f"audit.finding_fact.{name}" for name in ("county_code", "finding_id", "version_no", "fact_no")],
            name="fk_finding_fact_evidence_fact",
        ),
        ForeignKeyConstraint(["county_code", "evidence_id"], ["audit.evidence.county_code", "audit.evidence.id"]),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    fact_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)


class FindingSubjectRow(Row):
    """What a version of a finding is about: lots, movements, payments, loans, projects, each with its fen.

    `subject_id` names a row of funds_api, of which nothing is copied here; `line` a row of a batch.
    """

    __tablename__ = "finding_subject"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id", "version_no"], _VERSION),
        CheckConstraint("subject_no > 0", name="subject_no_positive"),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("kind <> 'lot' OR (alert_id IS NOT NULL AND amount_fen > 0)", name="lot_has_its_alert"),
        CheckConstraint("line IS NULL OR (kind = 'batch' AND line > 0)", name="line_is_of_a_batch"),
        Index("ix_finding_subject_subject", "county_code", "subject_id"),
        Index(
            "uq_finding_subject_once",
            "county_code",
            "finding_id",
            "version_no",
            "kind",
            "subject_id",
            text("coalesce(line, 0)"),
            unique=True,
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    line: Mapped[int | None] = mapped_column(Integer)
    alert_id: Mapped[UUID | None]
    amount_fen: Mapped[int]


class FindingSubjectLotRow(Row):
    """Where the money of a thing that a version names rested when it was drawn up: so many fen of a lot, to be bound.

    `position` is that of the county's funds feed at which the books answered; `movement_id` is the thing as a movement,
    and the fen rest `depth` steps further down than it brought them. `batch_id` and `line`: they are those of one row.
    """

    __tablename__ = "finding_subject_lot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "subject_no"],
            [f"audit.finding_subject.{name}" for name in ("county_code", "finding_id", "version_no", "subject_no")],
            name="fk_finding_subject_lot_subject",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("depth >= 0", name="depth_not_negative"),
        CheckConstraint("lot_no > 0", name="lot_no_positive"),
        CheckConstraint("(batch_id IS NULL) = (line IS NULL)", name="row_of_a_batch"),
        Index("ix_finding_subject_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    lot_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject_no: Mapped[int] = mapped_column(Integer)
    lot_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]
    movement_id: Mapped[UUID]
    position: Mapped[int]
    depth: Mapped[int] = mapped_column(SmallInteger)
    batch_id: Mapped[UUID | None]
    line: Mapped[int | None] = mapped_column(Integer)


class FollowedLotRow(Row):
    """A lot whose every draw is kept, since a version names its money, or money of such a lot came into it."""

    __tablename__ = "followed_lot"
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)


class BindingMoveRow(Row):
    """Bound fen went on from one lot into another by a movement, and their binding with them: not put right."""

    __tablename__ = "binding_move"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    to_lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_lot_id: Mapped[UUID]
    movement_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]
    position: Mapped[int]


class FindingReviewRow(Row):
    """What another person decided on one exact version of a draft: confirmed (认定), or sent back. Once per version."""

    __tablename__ = "finding_review"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "version_hash", "made_by"],
            [*_VERSION, "audit.finding_version.version_hash", "audit.finding_version.made_by"],
            name="fk_finding_review_version",
        ),
        CheckConstraint("decision IN ('confirm', 'send_back')", name="decision"),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    version_hash: Mapped[str]
    made_by: Mapped[str]
    checked_by: Mapped[str]
    decision: Mapped[str]
    opinion: Mapped[str]
    decided_on: Mapped[date]
    position: Mapped[int]


class FindingLotRow(Row):
    """The fen of one lot a confirmed finding is bound to, and how many of them have been put right.

    A lot is held by one finding at a time, so that no yuan is rectified twice; findings on several rows of a roster
    share the lot that the rows were paid into (`shared`), each with its own fen. When a reversal (`came_by`) brings
    money back into a new lot, the binding moves with it (`came_from`), and Σ bound_fen stays what the finding was bound
    to. `told_position`: not an alert but the books told of it, as of this position of the feed; then `leaving` says
    whether it is put right by leaving, and `depth` how far it is below what is named (`findings/following.py`).
    `first_fen` is what was bound at first: less what moved on by a moment, it is what was bound then.
    """

    __tablename__ = "finding_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        CheckConstraint("bound_fen >= 0", name="bound_not_negative"),
        CheckConstraint("bound_fen <= first_fen", name="bound_within_first"),
        CheckConstraint("rectified_fen BETWEEN 0 AND bound_fen", name="rectified_within_bound"),
        CheckConstraint("came_from IS NULL OR came_from <> lot_id", name="came_from_another"),
        CheckConstraint("alert_id IS NULL OR told_position IS NULL", name="alerted_or_told"),
        CheckConstraint("told_position IS NOT NULL OR NOT (shared OR leaving)", name="shared_is_told"),
        Index(
            "uq_finding_lot_held",
            "county_code",
            "lot_id",
            unique=True,
            postgresql_where=text("held AND NOT shared"),
        ),
        Index("ix_finding_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    alert_id: Mapped[UUID | None]
    came_from: Mapped[UUID | None]
    came_by: Mapped[UUID | None]
    first_fen: Mapped[int]
    bound_fen: Mapped[int]
    rectified_fen: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[bool] = mapped_column(server_default=text("true"))
    told_position: Mapped[int | None]
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    leaving: Mapped[bool] = mapped_column(server_default=text("false"))
    depth: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))


class LotDrawRow(Row):
    """A draw from a lot that an alert, a finding or a draft names, as the feed told it; `reversed` once it was undone.

    `batch_id` and `line` are of the row of a roster that came back by it, `reverses_id` of what it undoes.

    `finding_id` is the finding that holds the lot and counts the draw; null while an alert alone watches the lot.
    """

    __tablename__ = "lot_draw"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_lot_draw_from", "county_code", "from_lot_id", "feed_position"),
        Index("ix_lot_draw_movement", "county_code", "movement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    to_lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_lot_id: Mapped[UUID]
    movement_id: Mapped[UUID]
    finding_id: Mapped[UUID | None]
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    effective_on: Mapped[date]
    amount_fen: Mapped[int]
    feed_position: Mapped[int]
    reversed: Mapped[bool] = mapped_column(server_default=text("false"))
    reverses_id: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    line: Mapped[int | None] = mapped_column(Integer)


class RectifiedChangeRow(Row):
    """By how many fen one movement changed what a finding counts as put right; negative when a reversal took back."""

    __tablename__ = "rectified_change"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], _FINDING),
        CheckConstraint("change_fen <> 0", name="change_not_zero"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    change_fen: Mapped[int]
    position: Mapped[int]
