"""The rows of schema `audit`, with the constraints that hold even when code is wrong.

Every key begins with `county_code`; `region_code` is what row-level security looks at (policies stand in the
migrations). A finding belongs to the county, so that no township session can see one; an order belongs to the place
it is addressed to. Money is known here only as fen of lots that funds_api told of: there is no copy of its rows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.journal_tables import Event, StreamHead

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
RegionText = Text(collation="C")


class Row(DeclarativeBase):
    metadata = MetaData(schema="audit", naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        str: Text(),
        int: BigInteger(),
        UUID: Uuid(),
        date: Date(),
        datetime: DateTime(timezone=True),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(),
    }


class Told:
    """What the feed tells of a flag, as an alert keeps it."""

    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    unit_name: Mapped[str | None]
    fund_code: Mapped[str | None]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    explanation: Mapped[str]
    source: Mapped[str]


class AlertRow(Told, Row):
    """A flag of funds_api as it arrived (its id is the flag's): a question that somebody takes up or dismisses."""

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('new', 'taken_up', 'dismissed')", name="status"),
        CheckConstraint("(status = 'taken_up') = (finding_id IS NOT NULL)", name="taken_up_names_its_finding"),
        CheckConstraint(
            "(status = 'dismissed') = (dismissed_by IS NOT NULL AND dismissal_reason IS NOT NULL)",
            name="dismissed_says_why",
        ),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("(subject = 'lot') = (lot_id IS NOT NULL)", name="lot_is_the_subject"),
        Index("ix_alert_lot", "county_code", "lot_id"),
        Index("ix_alert_status", "county_code", "status", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_position: Mapped[int]
    status: Mapped[str] = mapped_column(server_default=text("'new'"))
    finding_id: Mapped[UUID | None]
    dismissed_by: Mapped[str | None]
    dismissal_reason: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class FindingRow(Row):
    """What an inspector holds to be the case, in one of the classes F01–F18, over `amount_fen` of bound lots."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("class_code ~ '^F(0[1-9]|1[0-8])$'", name="class_code"),
        CheckConstraint("status IN ('open', 'ordered', 'closed')", name="status"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_finding_status", "county_code", "status", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    class_code: Mapped[str]
    title: Mapped[str]
    facts: Mapped[str]
    amount_fen: Mapped[int]
    found_on: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    opened_by: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    closed_on: Mapped[date | None]


class FindingLotRow(Row):
    """The fen of one lot a finding is bound to, and how many of them have been put right.

    A lot is held by one finding at a time, so that no yuan is rectified twice. When a reversal brings money back into
    a new lot, the binding moves with it (`came_from`), and Σ bound_fen stays the finding's amount.
    """

    __tablename__ = "finding_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("bound_fen >= 0", name="bound_not_negative"),
        CheckConstraint("rectified_fen BETWEEN 0 AND bound_fen", name="rectified_within_bound"),
        CheckConstraint("came_from IS NULL OR came_from <> lot_id", name="came_from_another"),
        Index("uq_finding_lot_held", "county_code", "lot_id", unique=True, postgresql_where=text("held")),
        Index("ix_finding_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    alert_id: Mapped[UUID | None]
    came_from: Mapped[UUID | None]
    bound_fen: Mapped[int]
    rectified_fen: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[bool] = mapped_column(server_default=text("true"))


class LotDrawRow(Row):
    """A draw from a lot that an alert or a finding names, as the feed told it; `reversed` once it has been undone.

    `finding_id` is the finding that holds the lot and counts the draw; null while an alert alone watches the lot.
    """

    __tablename__ = "lot_draw"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
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


class RectifiedChangeRow(Row):
    """By how many fen one movement changed what a finding counts as put right; negative when a reversal took back."""

    __tablename__ = "rectified_change"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("change_fen <> 0", name="change_not_zero"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    change_fen: Mapped[int]


class RectificationOrderRow(Row):
    """A demand to one unit to put a finding right by a day. Whoever asks to close it is never the one who reviews."""

    __tablename__ = "rectification_order"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('issued', 'closure_requested', 'sent_back', 'closed')", name="status"),
        CheckConstraint("kind IN ('at_once', 'in_stages', 'continuing')", name="kind"),
        CheckConstraint("deadline >= issued_on", name="deadline_not_before_issue"),
        CheckConstraint("closed_on IS NULL OR closed_on >= issued_on", name="closed_not_before_issue"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("status <> 'closed' OR reviewed_by IS NOT NULL", name="closed_is_reviewed"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> requested_by", name="maker_is_not_checker"),
        CheckConstraint("reviewed_by IS NULL OR requested_by IS NOT NULL", name="reviewed_was_requested"),
        CheckConstraint("region_code LIKE county_code || '%'", name="within_its_county"),
        Index("ix_rectification_order_finding", "county_code", "finding_id"),
        Index("ix_rectification_order_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    finding_title: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    kind: Mapped[str]
    demand: Mapped[str]
    issued_on: Mapped[date]
    deadline: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'issued'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    issued_by: Mapped[str]
    requested_by: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    closed_on: Mapped[date | None]


class RectificationStepRow(Row):
    """One thing that happened to an order: who did what on which day, in whose words. Never changed."""

    __tablename__ = "rectification_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["audit.rectification_order.county_code", "audit.rectification_order.id"]
        ),
        CheckConstraint("action IN ('issued', 'closure_requested', 'sent_back', 'closed')", name="action"),
        CheckConstraint("step_no > 0", name="step_no_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    action: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    note: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class EvidenceRow(Row):
    """What is known of one kept file. The file lies in the evidence folder under its own SHA-256."""

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        UniqueConstraint("county_code", "finding_id", "sha256"),
        CheckConstraint("length(sha256) = 32", name="sha256_length"),
        CheckConstraint("size_bytes > 0", name="size_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    file_name: Mapped[str]
    file_kind: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    path_key: Mapped[str]
    kept_by: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class FollowerCursorRow(Row):
    """How far a stream of the funds feed was applied, and the hash of its last event: that history may not change.

    While the flags of the next event are read, `reading_hash` is that event's, and `reading_after` the mark of the page
    to be read next: empty before the first, NULL when all are staged (`FlagToldRow`).
    """

    __tablename__ = "follower_cursor"
    __table_args__ = (
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("reading_after IS NULL OR reading_hash IS NOT NULL", name="reading_is_of_an_event"),
    )
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]
    moved_at: Mapped[datetime]
    reading_hash: Mapped[bytes | None]
    reading_after: Mapped[str | None]


class FlagToldRow(Told, Row):
    """A flag staged: told of the event at `position` of `stream`, and an alert once all of that event are here."""

    __tablename__ = "flag_told"
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""
