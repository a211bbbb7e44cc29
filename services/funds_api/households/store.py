"""Households and persons in SQL: many at once by arrays over the driver's own connection, inside the session."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver, keep_plans
from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.households.refusals import RegisterOvertaken
from services.funds_api.tables import (
    HouseholdRow,
    LivedInRow,
    MembershipRow,
    PersonRow,
    RegionRow,
    RegistryActRow,
    ResidenceRow,
    StandingRow,
)

# Keeps each statement well below the statement timeout.
_INSERT_ROWS: Final = 20_000
VILLAGES: Final = {"village": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
HEADS: Final = {
    "head_token": pl.Binary,
    "known_household": pl.Int32,
    "known_since": pl.Date,
    "known_region": pl.String,
    "known_gone": pl.Boolean,
}


async def villages(tx: AsyncSession, county: str) -> pl.DataFrame:
    """The codes of the county's villages with the days they hold (`VILLAGES`)."""
    query = select(RegionRow.code, RegionRow.valid_from, RegionRow.valid_to).where(
        RegionRow.code >= county, RegionRow.code < county + "~", RegionRow.level == "village"
    )
    return pl.DataFrame([tuple(row) for row in await tx.execute(query)], schema=VILLAGES, orient="row")


async def known(tx: AsyncSession, county: str, tokens: Sequence[bytes]) -> list[bytes]:
    """Those of the tokens that stand in the county's register of persons."""
    found = await (await driver(tx)).fetch(
        "SELECT p.token FROM unnest($2::bytea[]) AS asked(token)"
        " JOIN funds.person p ON p.token = asked.token WHERE p.county_code = $1",
        county,
        tokens,
    )
    return [row[0] for row in found]


async def heads(tx: AsyncSession, county: str, tokens: Sequence[bytes]) -> tuple[pl.DataFrame, list[UUID]]:
    """Those of the tokens that head a household, as a frame (`HEADS`), and the ids `known_household` points to.

    Nobody else changes these households before the commit. `known_gone`: removed, or no longer in the county.
    """
    connection = await driver(tx)
    homes = await connection.fetchval(
        "SELECT array_agg(p.household_id) FROM unnest($2::bytea[]) AS asked(token)"
        " JOIN funds.person p ON p.token = asked.token WHERE p.county_code = $1 AND p.role = 'head'",
        county,
        tokens,
    )
    await connection.execute(
        "SELECT FROM funds.household WHERE county_code = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        county,
        homes,
    )
    # Read once more: who heads them and where they live may have changed while they were waited for.
    found = await connection.fetch(
        "SELECT p.token, p.since_on, h.region_code, h.outside OR h.standing = 'removed', h.id"
        " FROM unnest($2::bytea[]) AS asked(token) JOIN funds.person p ON p.token = asked.token"
        " JOIN funds.household h ON h.county_code = $1 AND h.id = p.household_id"
        " WHERE p.county_code = $1 AND p.role = 'head' AND h.id = ANY($3::uuid[])",
        county,
        tokens,
        homes,
    )
    rows = [(row[0], at, row[1], row[2], row[3]) for at, row in enumerate(found)]
    return pl.DataFrame(rows, schema=HEADS, orient="row"), [row[4] for row in found]


async def insert(
    tx: AsyncSession, county: str, act: UUID, households: Sequence[Sequence[Any]], persons: Sequence[Sequence[Any]]
) -> None:
    """Insert what a register brings, given as columns, with the memberships its persons begin.

    `RegisterOvertaken` when another act has brought some of these people since they were looked for.

    Of a household that was there before, `facts.settle` says from when on its new people may be judged by their row.
    Households: id, village, people declared, day. Persons: id, village, token, cell, key number, household, role, day,
    match token.
    """
    connection = await driver(tx)
    await keep_plans(tx)
    await _many(
        connection,
        "INSERT INTO funds.household (county_code, act_id, id, region_code, declared_n, registered_on, founded_region,"
        " settled_on) SELECT $1, $2, new.id, new.place, new.declared, new.day, new.place, new.day FROM"
        " unnest($3::uuid[], $4::text[], $5::smallint[], $6::date[]) AS new(id, place, declared, day)",
        (county, act),
        households,
    )
    new = await _many(
        connection,
        "INSERT INTO funds.person (county_code, id, region_code, token, cell, key_number, household_id, role, since_on,"
        " match_token, settled_on) SELECT $1, new.*, new.since_on FROM unnest($2::uuid[], $3::text[], $4::bytea[],"
        " $5::bytea[], $6::smallint[], $7::uuid[], $8::text[], $9::date[], $10::bytea[])"
        " AS new(id, place, token, cell, key_number, household_id, role, since_on, match_token)"
        " ON CONFLICT (county_code, token) DO NOTHING",
        (county,),
        persons,
    )
    if new != len(persons[0]):
        raise RegisterOvertaken(len(persons[0]), len(persons[0]) - new)
    await _many(
        connection,
        "INSERT INTO funds.membership (county_code, act_id, reason, person_id, region_code, household_id, role,"
        " from_on) SELECT $1, $2, 'registered', new.* FROM"
        " unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::date[]) AS new",
        (county, act),
        [persons[at] for at in (0, 1, 5, 6, 7)],
    )


async def _many(connection: Any, statement: str, fixed: tuple[Any, ...], columns: Sequence[Sequence[Any]]) -> int:
    """Insert columns piece by piece; how many rows were inserted."""
    inserted = 0
    for start in range(0, len(columns[0]), _INSERT_ROWS):
        done = await connection.execute(
            statement, *fixed, *(column[start : start + _INSERT_ROWS] for column in columns)
        )
        inserted += int(done.rpartition(" ")[2])
    return inserted


def _within(column: Any, codes: Iterable[str]) -> ColumnElement[bool]:
    return or_(false(), *(and_(column >= code, column < code + "~") for code in codes))


def _lives(on: date) -> Any:
    """Where a household lived on that day; NULL when it had left the county."""
    last = (
        select(case((ResidenceRow.outside, ""), else_=ResidenceRow.region_code))
        .join(
            RegistryActRow,
            (RegistryActRow.county_code == ResidenceRow.county_code) & (RegistryActRow.id == ResidenceRow.act_id),
        )
        .where(
            ResidenceRow.county_code == HouseholdRow.county_code,
            ResidenceRow.household_id == HouseholdRow.id,
            ResidenceRow.from_on <= on,
        )
        .order_by(ResidenceRow.from_on.desc(), RegistryActRow.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    now = case((HouseholdRow.outside, ""), else_=HouseholdRow.region_code)
    return case((HouseholdRow.settled_on <= on, now), else_=func.coalesce(last, HouseholdRow.founded_region))


def _housed(county: str, places: Iterable[str]) -> Select[UUID]:
    """The households that moved and ever lived in one of the places."""
    return select(LivedInRow.household_id).where(
        LivedInRow.county_code == county, _within(LivedInRow.region_code, places)
    )


async def page(
    tx: AsyncSession, who: Principal, county: str, window: Window, places: Collection[str] | None, on: date
) -> Sequence[HouseholdRow]:
    """Households that lived in the caller's region (and in one of `places`) that day, by newest place and id.

    Whoever lives there now is read along the places; whoever has moved on is found by where it lived.
    """
    lives, asked = _lives(on), [who.region] if places is None else places
    query = (
        select(HouseholdRow)
        .where(
            HouseholdRow.county_code == county,
            HouseholdRow.registered_on <= on,
            _within(lives, [who.region]),
        )
        .order_by(HouseholdRow.region_code, HouseholdRow.id)
        .limit(window.limit + 1)
    )
    if places is not None:
        query = query.where(_within(lives, places))
    if after := window.key(str, UUID):
        query = query.where(tuple_(HouseholdRow.region_code, HouseholdRow.id) > tuple_(*after))
    here = _within(HouseholdRow.region_code, asked)
    found = list(await tx.scalars(query.where(here)))
    if not any(county.startswith(one) for one in asked):
        moved_on = query.where(~here, HouseholdRow.settled_on > on, HouseholdRow.id.in_(_housed(county, asked)))
        found += await tx.scalars(moved_on)
    return sorted(found, key=lambda row: (row.region_code, row.id))[: window.limit + 1]


async def households(
    tx: AsyncSession, who: Principal, county: str, ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, HouseholdRow]:
    """The visible households of these ids; with `lock`, nobody else changes them before the commit."""
    query = (
        select(HouseholdRow)
        .where(
            HouseholdRow.county_code == county,
            HouseholdRow.id.in_(ids),
            visible_to(who, HouseholdRow.region_code) | HouseholdRow.id.in_(_housed(county, [who.region])),
        )
        .order_by(HouseholdRow.id)
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(key_share=True)
    return {row.id: row for row in await tx.scalars(query)}


async def founded_at(tx: AsyncSession, household: HouseholdRow) -> int:
    """The place of the county's journal at which the household came into the register."""
    query = select(RegistryActRow.position).where(
        RegistryActRow.county_code == household.county_code, RegistryActRow.id == household.act_id
    )
    return (await tx.scalars(query)).one()


async def living_in(tx: AsyncSession, who: Principal, county: str, place: str) -> list[UUID]:
    """The households whose newest place is `place`, and that have not left the county."""
    query = select(HouseholdRow.id).where(
        HouseholdRow.county_code == county,
        HouseholdRow.region_code == place,
        HouseholdRow.outside.is_(False),
        visible_to(who, HouseholdRow.region_code),
    )
    return list(await tx.scalars(query))


async def persons(tx: AsyncSession, county: str, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, PersonRow]:
    """The visible persons of these ids; with `lock`, nobody else changes them before the commit."""
    query = select(PersonRow).where(PersonRow.county_code == county, PersonRow.id.in_(ids)).order_by(PersonRow.id)
    if lock:
        query = query.with_for_update(key_share=True)
    return {row.id: row for row in await tx.scalars(query.execution_options(populate_existing=True))}


async def members_now(tx: AsyncSession, county: str, household: UUID) -> dict[UUID, PersonRow]:
    """The people whose newest household is this one."""
    query = select(PersonRow).where(PersonRow.county_code == county, PersonRow.household_id == household)
    return {row.id: row for row in await tx.scalars(query.execution_options(populate_existing=True))}


async def held_by_token(tx: AsyncSession, county: str, token: bytes) -> PersonRow | None:
    """The person of this token, whom nobody else brings into a household before the commit; None if unknown."""
    query = select(PersonRow).where(PersonRow.county_code == county, PersonRow.token == token)
    return (await tx.scalars(query.with_for_update(key_share=True))).one_or_none()


async def died(tx: AsyncSession, person: PersonRow) -> Any:
    """The day and the document of the person's death, if the departure that was recorded last is one.

    A correction tells days and no end of its own: a death of the wrong day stays one, and so does that of whoever
    turns out to have belonged elsewhere before.
    """
    last = (
        select(MembershipRow.from_on, RegistryActRow.document, MembershipRow.reason)
        .join(
            RegistryActRow,
            (RegistryActRow.county_code == MembershipRow.county_code) & (RegistryActRow.id == MembershipRow.act_id),
        )
        .where(
            MembershipRow.county_code == person.county_code,
            MembershipRow.person_id == person.id,
            MembershipRow.household_id.is_(None),
            MembershipRow.reason != "corrected",
        )
        .order_by(RegistryActRow.position.desc())
        .limit(1)
    )
    found = (await tx.execute(last)).one_or_none()
    return found if found is not None and found.reason == "death" else None


def _facts(table: Any, county: str, *where: Any) -> Any:
    return (
        select(table, RegistryActRow.position, RegistryActRow.document)
        .join(RegistryActRow, (RegistryActRow.county_code == county) & (RegistryActRow.id == table.act_id))
        .where(table.county_code == county, *where)
        .order_by(table.from_on, RegistryActRow.position)
    )


async def memberships(tx: AsyncSession, county: str, ids: Collection[UUID]) -> list[Any]:
    """Every membership fact of all people who ever belonged to one of the households: (row, position, document)."""
    ever = select(MembershipRow.person_id).where(
        MembershipRow.county_code == county, MembershipRow.household_id.in_(ids)
    )
    found = await tx.execute(_facts(MembershipRow, county, MembershipRow.person_id.in_(ever)))
    return list(found.all())


async def histories(tx: AsyncSession, county: str, household: UUID, people: Collection[UUID]) -> list[Any]:
    """Every membership fact of these people and of all who ever were in the household: (row, position, document)."""
    ever = select(MembershipRow.person_id).where(
        MembershipRow.county_code == county, MembershipRow.household_id == household
    )
    asked = or_(MembershipRow.person_id.in_(ever), MembershipRow.person_id.in_(people))
    return list((await tx.execute(_facts(MembershipRow, county, asked))).all())


async def corrections(tx: AsyncSession, county: str, household: UUID, known: int | None) -> Sequence[RegistryActRow]:
    """The corrections of the household's history, as far as known, in the order they were recorded."""
    query = (
        select(RegistryActRow)
        .where(RegistryActRow.county_code == county, RegistryActRow.corrects == household)
        .order_by(RegistryActRow.position)
    )
    if known is not None:
        query = query.where(RegistryActRow.position <= known)
    return (await tx.scalars(query)).all()


async def residences(tx: AsyncSession, county: str, ids: Collection[UUID]) -> list[Any]:
    """Every move of the households: (row, position, document)."""
    return list((await tx.execute(_facts(ResidenceRow, county, ResidenceRow.household_id.in_(ids)))).all())


async def standings(tx: AsyncSession, county: str, ids: Collection[UUID]) -> list[Any]:
    """Every standing of the households after registration: (row, position, document)."""
    return list((await tx.execute(_facts(StandingRow, county, StandingRow.household_id.in_(ids)))).all())


async def membership_on(tx: AsyncSession, county: str, token: bytes, on: date) -> Any:
    """Household, its place that day, and since when it was removed (None: it was not), of the person of `token`."""
    found = await (await driver(tx)).fetch(
        "SELECT household_id, region_code, removed_on FROM funds.registry_on($1, $2, $3, 9223372036854775807)"
        " WHERE household_id IS NOT NULL",
        county,
        [token],
        on,
    )
    return found[0] if found else None
