"""Words that were taken out, by whose decision and on which legal basis; and what proves the journal since."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class ErasureRow(Row):
    """That words which may name a person are to go (个人信息保护法 art 47): asked by one person, decided by another.

    `events_n` is how many answers of the journal they were taken out of; null until that is done.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint(
            "what IN ('finding', 'evidence', 'alert', 'rectification_order', 'quarantine', 'engagement',"
            " 'filed_report', 'erasure', 'lead')",
            name="what",
        ),
        CheckConstraint("cardinality(fields) > 0", name="fields_named"),
        CheckConstraint(
            "basis IN ('purpose_ended', 'service_ended', 'consent_withdrawn', 'handled_unlawfully', 'other_law')",
            name="basis",
        ),
        CheckConstraint("texts_n > 0", name="texts_n_positive"),
        CheckConstraint("decision IN ('agreed', 'restricted', 'refused')", name="decision"),
        # What may be kept and not handled any more is a file alone (art 47 para 2).
        CheckConstraint("decision <> 'restricted' OR fields = ARRAY['content']", name="restricted_is_a_content"),
        CheckConstraint(
            "num_nulls(decision, checked_by, opinion, decided_on, decided_position) IN (0, 5)", name="decided_whole"
        ),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= asked_on", name="decided_not_before_asked"),
        CheckConstraint("events_n IS NULL OR decision <> 'refused'", name="done_was_agreed"),
        Index("ix_erasure_row", "county_code", "row_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    what: Mapped[str]
    row_id: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    basis: Mapped[str]
    document: Mapped[str]
    texts_n: Mapped[int] = mapped_column(Integer)
    asked_on: Mapped[date]
    made_by: Mapped[str]
    salt: Mapped[str | None]
    version_hash: Mapped[str]
    decision: Mapped[str | None]
    checked_by: Mapped[str | None]
    opinion: Mapped[str | None]
    decided_on: Mapped[date | None]
    events_n: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int]
    decided_position: Mapped[int | None]


class ErasableTextRow(Row):
    """Where words that may name a person rest; `inside` names the one word of a JSON column that is meant."""

    __tablename__ = "erasable_text"
    what: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    named_by: Mapped[str]
    words: Mapped[str] = mapped_column(primary_key=True)
    inside: Mapped[str] = mapped_column(primary_key=True)


class ErasedOutcomeRow(Row):
    """The SHA-256 of an answer in the county's journal, or in that of its leads (`stream`), before it lost words.

    The hash of its event covers this.
    """

    __tablename__ = "erased_outcome"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "erasure_id"], ["audit.erasure.county_code", "audit.erasure.id"]),
        CheckConstraint("length(outcome_sha256) = 32", name="outcome_sha256_length"),
    )
    county_code: Mapped[str] = mapped_column(RegionText)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    erasure_id: Mapped[UUID]
    outcome_sha256: Mapped[bytes]
