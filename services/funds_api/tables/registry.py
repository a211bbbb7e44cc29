"""Households and persons, and the dated facts that say who belonged where: each stands from its day until the next.

A fact is a row that is never changed: `from_on` is the day it begins, its act says by which document and at which
place of the county's journal it was recorded. What held on a day is the last fact up to it; two memberships of one
person can therefore not overlap. `household` and `person` carry the newest state beside, for what is asked most.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


def _by_act() -> ForeignKeyConstraint:
    # Deferred: the act takes its place in the journal last, so that a file of many rows does not hold the stream.
    return ForeignKeyConstraint(
        ["county_code", "act_id"],
        ["funds.registry_act.county_code", "funds.registry_act.id"],
        deferrable=True,
        initially="DEFERRED",
    )


def _of_household() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["county_code", "household_id"], ["funds.household.county_code", "funds.household.id"])


class RegistryActRow(Row):
    """What changed the register: one document, one day, one place in the county's journal. No personal data.

    A correction says which household's history it `corrects`, and why.
    """

    __tablename__ = "registry_act"
    __table_args__ = (
        UniqueConstraint("county_code", "position"),
        CheckConstraint("document <> ''", name="document"),
        CheckConstraint(
            "(kind = 'corrected') = (corrects IS NOT NULL) AND (kind = 'corrected') = (reason IS NOT NULL)",
            name="corrected_for_a_reason",
        ),
        CheckConstraint(
            # No further ahead than `treasury.calendar.AHEAD_DAYS`; what older releases took stays (NOT VALID).
            "effective_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date + 31",
            name="near",
        ),
        Index("ix_registry_act_corrects", "county_code", "corrects", postgresql_where=text("corrects IS NOT NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    document: Mapped[str]
    effective_on: Mapped[date]
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    corrects: Mapped[UUID | None]
    reason: Mapped[str | None]


class HouseholdRow(Row):
    """A registered household for ever: where it began, and its newest place and standing (from `settled_on` on).

    `declared_n` is how many people its file said it had, named or not; how many belong to it is told by memberships.
    """

    __tablename__ = "household"
    __table_args__ = (
        _by_act(),
        ForeignKeyConstraint(["county_code", "came_from"], ["funds.household.county_code", "funds.household.id"]),
        CheckConstraint("removed_on IS NULL OR removed_on >= registered_on", name="removed_after_registered"),
        CheckConstraint("(standing = 'removed') = (removed_on IS NOT NULL)", name="removed_since"),
        CheckConstraint("settled_on >= registered_on", name="settled_after_registered"),
        Index("ix_household_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    declared_n: Mapped[int | None] = mapped_column(SmallInteger)
    registered_on: Mapped[date]
    removed_on: Mapped[date | None]
    act_id: Mapped[UUID]
    founded_region: Mapped[str] = mapped_column(RegionText)
    outside: Mapped[bool] = mapped_column(server_default=text("false"))
    standing: Mapped[str] = mapped_column(server_default=text("'registered'"))
    settled_on: Mapped[date]
    came_from: Mapped[UUID | None]


class PersonRow(Row):
    """A person as ciphertext, found by the token of the ID number, and the household that person is in now, if any.

    From `settled_on` on, `household_id`, `role` and `region_code` say all a payment has to know; before it, or without
    it (in no household, or in one that was removed or left the county), the history is asked. `match_token` meets the
    entries of comparison lists; nobody has it who was registered by a release that knew no lists, until it is filled.
    """

    __tablename__ = "person"
    __table_args__ = (
        _of_household(),
        UniqueConstraint("county_code", "token"),
        UniqueConstraint("county_code", "match_token"),
        CheckConstraint("length(token) = 16", name="token_length"),
        CheckConstraint("length(match_token) = 16 AND match_token <> token", name="match_token"),
        CheckConstraint("(household_id IS NULL) = (role IS NULL)", name="role_in_a_household"),
        CheckConstraint("role IN ('head', 'member')", name="role"),
        Index("ix_person_household", "county_code", "household_id"),
        Index(
            "ix_person_one_head",
            "county_code",
            "household_id",
            unique=True,
            postgresql_where=text("role = 'head'"),
        ),
        Index("ix_person_unmatched", "county_code", "id", postgresql_where=text("match_token IS NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    token: Mapped[bytes]
    cell: Mapped[bytes]
    key_number: Mapped[int] = mapped_column(SmallInteger)
    household_id: Mapped[UUID | None]
    role: Mapped[str | None]
    since_on: Mapped[date]
    settled_on: Mapped[date | None]
    match_token: Mapped[bytes | None]


class MembershipRow(Row):
    """From this day on the person belongs to this household in this role, or (both NULL) to none."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "person_id"], ["funds.person.county_code", "funds.person.id"]),
        _of_household(),
        _by_act(),
        CheckConstraint("(household_id IS NULL) = (role IS NULL)", name="role_in_a_household"),
        CheckConstraint("role IN ('head', 'member')", name="role"),
        Index("ix_membership_household", "county_code", "household_id", "from_on"),
        Index("ix_membership_act", "county_code", "act_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID | None]
    role: Mapped[str | None]
    reason: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)


class ResidenceRow(Row):
    """From this day on the household lives here; with `outside` it has left the county (`region_code` is the last)."""

    __tablename__ = "residence"
    __table_args__ = (_of_household(), _by_act(), Index("ix_residence_act", "county_code", "act_id"))
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    left_region: Mapped[str] = mapped_column(RegionText)
    outside: Mapped[bool]


class LivedInRow(Row):
    """A place in which a household that moved ever lived; written by the move. It sees the household for ever."""

    __tablename__ = "lived_in"
    __table_args__ = (_of_household(), Index("ix_lived_in_region", "county_code", "region_code", "household_id"))
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText, primary_key=True)


class StandingRow(Row):
    """From this day on the household stands in the register as this; a removal says why and until when to appeal."""

    __tablename__ = "standing"
    __table_args__ = (
        _of_household(),
        _by_act(),
        CheckConstraint("standing IN ('registered', 'lifted', 'monitored', 'returned', 'removed')", name="standing"),
        CheckConstraint("appeal_until IS NULL OR standing = 'removed'", name="appeal_of_a_removal"),
        CheckConstraint("standing <> 'removed' OR reason <> ''", name="removed_for_a_reason"),
        Index("ix_standing_act", "county_code", "act_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    standing: Mapped[str]
    reason: Mapped[str]
    appeal_until: Mapped[date | None]
    region_code: Mapped[str] = mapped_column(RegionText)
