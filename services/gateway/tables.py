"""The rows of schema `identity` with the constraints that keep administrators apart even when code is wrong.

三员分立 (system, security and audit administrator are three people) and "an administrator holds no business role" are
an index and a foreign key here, not only a check in code. Holds no clear password and no clear client secret.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    MetaData,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.journal_tables import ErasedOutcome, Event, StreamHead
from chassis.rows import NAMES, TYPES, RegionText

ADMINISTRATORS_SQL = "role IN ('system_admin', 'security_admin', 'audit_admin')"
REGION_CODE_SQL = "length(region) IN (2, 4, 6, 9, 12) AND region ~ '^[0-9]+$'"


class Row(DeclarativeBase):
    metadata = MetaData(schema="identity", naming_convention=NAMES)
    type_annotation_map = TYPES


class PersonRow(Row):
    """Somebody who signs in with a password. `username` is for ever: it stands in journals, so it is never reused.

    `administers` is unknown until the first grant and then says on which side a person is: administration or business.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("id", "region", "administers"),
        CheckConstraint(REGION_CODE_SQL, name="region_code"),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="password_hashed"),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        Index("ix_person_region", "region", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(RegionText)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(RegionText)
    unit: Mapped[str | None]
    password_hash: Mapped[str]
    administers: Mapped[bool | None]
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ClientRow(Row):
    """A machine (a bank's system) that signs in with a secret. `web` is what people's own tokens carry as client."""

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint(REGION_CODE_SQL, name="region_code"),
        CheckConstraint("id <> 'web'", name="not_web"),
        CheckConstraint("length(secret_sha256) = 32", name="secret_hashed"),
        UniqueConstraint("id", "region"),
        Index("ix_client_region", "region", "id"),
    )
    id: Mapped[str] = mapped_column(RegionText, primary_key=True)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(RegionText)
    unit: Mapped[str | None]
    secret_sha256: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class RoleGrantRow(Row):
    """A role that one person or one client holds, in the place where that person or client belongs."""

    __tablename__ = "role_grant"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person_id", "region", "administers"],
            ["identity.person.id", "identity.person.region", "identity.person.administers"],
            name="fk_role_grant_one_place_one_side",
        ),
        ForeignKeyConstraint(["client_id", "region"], ["identity.client.id", "identity.client.region"]),
        CheckConstraint("(person_id IS NULL) <> (client_id IS NULL)", name="one_holder"),
        CheckConstraint(
            "role IN ('finance_clerk', 'finance_reviewer', 'township_clerk', 'township_reviewer', 'inspector',"
            " 'helper', 'case_office', 'witness', 'bank', 'system_admin', 'security_admin', 'audit_admin')",
            name="role",
        ),
        CheckConstraint("(role = 'bank') = (client_id IS NOT NULL)", name="banks_are_clients"),
        UniqueConstraint("person_id", "role"),
        UniqueConstraint("client_id", "role"),
        # 三员分立: nobody holds two of the three.
        Index(
            "uq_role_grant_three_administrators", "person_id", unique=True, postgresql_where=text(ADMINISTRATORS_SQL)
        ),
        Index("ix_role_grant_region", "region", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None]
    client_id: Mapped[str | None] = mapped_column(RegionText)
    role: Mapped[str]
    administers: Mapped[bool] = mapped_column(Boolean, Computed(ADMINISTRATORS_SQL, persisted=True))
    region: Mapped[str] = mapped_column(RegionText)
    granted_by: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""


class ErasedOutcomeRow(ErasedOutcome, Row):
    """The answers of this schema's journal that somebody was forgotten in."""
