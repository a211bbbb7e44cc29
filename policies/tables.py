"""The tables of a policy book as columns, for each service to add to its schema.

SQL side: migrations/policies_v1.py and audit_policies_v1.py.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from chassis.rows import RegionText


class PolicyValueTable:
    """An edition of a number from law or practice, for a region and below, from a day on, perhaps to a stated end.

    With nobody in `set_by` it came with a release and counts since it was recorded (always, without an instant). What
    somebody set counts from when another person confirmed it, and until then may be withdrawn. The database numbers the
    editions, writes the instants and refuses stated periods that overlap (`policy_value_once`).
    """

    __tablename__ = "policy_value"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805 - of each class anew: a constraint has one table
        return (
            CheckConstraint("basis IN ('law', 'practice', 'assumed')", name="basis"),
            CheckConstraint("btrim(source, E' \\t\\n\\u3000') <> ''", name="source_given"),
            CheckConstraint("jsonb_typeof(value) IN ('number', 'array', 'object')", name="value_told"),
            CheckConstraint("edition > 0", name="edition_counts"),
            CheckConstraint("valid_to >= valid_from", name="period"),
            CheckConstraint(
                "confirmed_by IS NULL OR set_by IS NOT NULL AND confirmed_by <> set_by", name="second_person"
            ),
            CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_at"),
            CheckConstraint(
                "withdrawn_by IS NULL OR set_by IS NOT NULL AND confirmed_by IS NULL", name="withdrawn_while_waiting"
            ),
            CheckConstraint(
                "(withdrawn_by IS NULL) = (withdrawn_at IS NULL)"
                " AND (withdrawn_by IS NULL) = (withdrawn_because IS NULL)",
                name="withdrawn_whole",
            ),
            Index(
                "uq_policy_value_waiting",
                "key",
                "region_code",
                "valid_from",
                unique=True,
                postgresql_where=text("set_by IS NOT NULL AND confirmed_by IS NULL AND withdrawn_by IS NULL"),
            ),
        )

    key: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    source: Mapped[str]
    basis: Mapped[str]
    recorded_at: Mapped[datetime | None] = mapped_column(server_default=text("clock_timestamp()"))
    edition: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    valid_to: Mapped[date | None]
    set_by: Mapped[str | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]


class PolicyGateTable:
    """Whoever sets or answers values of a key in a region holds its row: each is weighed against the others."""

    __tablename__ = "policy_gate"
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
