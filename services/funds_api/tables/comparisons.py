"""Comparison lists: their versions, which everybody in charge may see, and their entries, which nobody may.

An entry holds no name and no number, only tokens under two keys (ADR 48). The service writes entries and cannot read
them; who of the register stands on a list is told by `funds.comparison_hits` alone.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class ComparisonVersionRow(Row):
    """A list of one kind as a department gave it: in force from its `position` in the journal until the next one's.

    `position`, and what was found when it came (`hits_n` of `persons_n`, `uncompared_n` could not be compared), are
    written last, when all of its entries are there.
    """

    __tablename__ = "comparison_version"
    __table_args__ = (
        UniqueConstraint("county_code", "kind", "version_no"),
        CheckConstraint("kind ~ '^[a-z][a-z_]{1,29}$'", name="kind"),
        CheckConstraint("version_no > 0 AND rows_n > 0", name="counts_positive"),
        CheckConstraint("source <> '' AND document <> ''", name="says_whose"),
        CheckConstraint("list_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date", name="of_a_day_gone_by"),
        CheckConstraint(
            "(position IS NULL) = (hits_n IS NULL) AND (position IS NULL) = (persons_n IS NULL)"
            " AND (position IS NULL) = (uncompared_n IS NULL)",
            name="whole_when_in_force",
        ),
        CheckConstraint("hits_n >= 0 AND uncompared_n >= 0 AND hits_n + uncompared_n <= persons_n", name="found"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version_no: Mapped[int] = mapped_column(Integer)
    list_on: Mapped[date]
    source: Mapped[str]
    document: Mapped[str]
    rows_n: Mapped[int] = mapped_column(Integer)
    file_sha256: Mapped[bytes]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    persons_n: Mapped[int | None] = mapped_column(Integer)
    hits_n: Mapped[int | None] = mapped_column(Integer)
    uncompared_n: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int | None]


class ComparisonEntryRow(Row):
    """One line of a list: a token, and what the list says of whoever it is. Written by the service, read by nobody."""

    __tablename__ = "comparison_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "version_id"], ["funds.comparison_version.county_code", "funds.comparison_version.id"]
        ),
        CheckConstraint("length(token) = 16", name="token_length"),
        CheckConstraint("length(ref_token) = 16 AND ref_token <> token", name="ref_is_another"),
        CheckConstraint("to_on >= from_on", name="ends_after_it_begins"),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("count_n > 0", name="count_positive"),
        CheckConstraint("category !~ '[0-9]{8}'", name="category_is_no_number"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[bytes]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    category: Mapped[str | None]
    amount_fen: Mapped[int | None]
    count_n: Mapped[int | None] = mapped_column(Integer)
    ref_token: Mapped[bytes | None]
    region_code: Mapped[str | None] = mapped_column(RegionText)
