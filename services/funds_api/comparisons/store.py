"""Comparison lists in SQL: versions, entries that are written and never read, and who can be compared at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver, keep_plans
from chassis.identity import Principal
from services.funds_api.access import visible_to
from services.funds_api.tables import ComparisonVersionRow, PersonRow

# Keeps each statement well below the statement timeout.
_INSERT_ROWS: Final = 20_000


async def versions(
    tx: AsyncSession, who: Principal, county: str, kind: str, before: int | None, limit: int
) -> Sequence[ComparisonVersionRow]:
    """Versions of a kind, the newest first, older than number `before`."""
    query = (
        select(ComparisonVersionRow)
        .where(*_of(who, county), ComparisonVersionRow.kind == kind)
        .order_by(ComparisonVersionRow.version_no.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ComparisonVersionRow.version_no < before)
    return (await tx.scalars(query)).all()


async def in_force(tx: AsyncSession, who: Principal, county: str, position: int) -> dict[str, ComparisonVersionRow]:
    """By kind, the version that was in force at a position of the journal: the last one recorded by then."""
    query = (
        select(ComparisonVersionRow)
        .where(*_of(who, county), ComparisonVersionRow.position <= position)
        .order_by(ComparisonVersionRow.position)
    )
    return {row.kind: row for row in await tx.scalars(query)}


async def last_number(tx: AsyncSession, county: str, kind: str) -> int:
    query = select(func.max(ComparisonVersionRow.version_no)).where(
        ComparisonVersionRow.county_code == county, ComparisonVersionRow.kind == kind
    )
    return (await tx.scalar(query)) or 0


async def add_version(tx: AsyncSession, row: dict[str, Any]) -> bool:
    """A version without entries, not in force yet; False if another of its number is there since."""
    new = insert(ComparisonVersionRow).values(row).on_conflict_do_nothing()
    return (await tx.scalars(new.returning(ComparisonVersionRow.id))).one_or_none() is not None


async def add_entries(tx: AsyncSession, county: str, version: UUID, columns: Sequence[Sequence[Any]]) -> None:
    """Write entries, given as columns: line, token, from, to, category, fen, count, other person's token, place."""
    connection = await driver(tx)
    await keep_plans(tx)
    for start in range(0, len(columns[0]), _INSERT_ROWS):
        await connection.execute(
            "INSERT INTO funds.comparison_entry (county_code, version_id, line, token, from_on, to_on, category,"
            " amount_fen, count_n, ref_token, region_code) SELECT $1, $2, new.* FROM unnest($3::int[], $4::bytea[],"
            " $5::date[], $6::date[], $7::text[], $8::bigint[], $9::int[], $10::bytea[], $11::text[]) AS new",
            county,
            version,
            *(column[start : start + _INSERT_ROWS] for column in columns),
        )


async def hits_of(tx: AsyncSession, county: str, version: UUID) -> int:
    """How many registered people stand on this version."""
    query = text("SELECT count(DISTINCT h.person_id) FROM funds.comparison_hits_of(:county, :version) h")
    found: int = (await tx.execute(query, {"county": county, "version": version})).scalar_one()
    return found


async def hits(tx: AsyncSession, county: str, kind: str, position: int) -> tuple[int, int]:
    """How many registered people stand on the version in force at a position, and with how many entries."""
    query = text("SELECT count(DISTINCT h.person_id), count(*) FROM funds.comparison_hits(:county, :kind, :known) h")
    found = (await tx.execute(query, {"county": county, "kind": kind, "known": position})).one()
    return found[0], found[1]


async def put_in_force(
    tx: AsyncSession, county: str, version: UUID, persons_n: int, hits_n: int, uncompared_n: int
) -> ComparisonVersionRow:
    """The version with what was found, in force from here on: the head of the county's journal is locked from now."""
    changed = (
        update(ComparisonVersionRow)
        .where(ComparisonVersionRow.county_code == county, ComparisonVersionRow.id == version)
        .values(persons_n=persons_n, hits_n=hits_n, uncompared_n=uncompared_n)
        .returning(ComparisonVersionRow)
    )
    return (await tx.scalars(changed)).one()


async def people(tx: AsyncSession, county: str) -> tuple[int, int]:
    """How many people the county has registered, and how many of them cannot be compared yet."""
    lacking = func.count().filter(PersonRow.match_token.is_(None))
    query = select(func.count(), lacking).select_from(PersonRow).where(PersonRow.county_code == county)
    found = (await tx.execute(query)).one()
    return found[0], found[1]


async def walk_along_keys(tx: AsyncSession) -> None:
    """From here on in this transaction rows are found by their keys and read in their order, whatever statistics say.

    A register that came since they were gathered was sorted whole for each piece of it.
    """
    off = ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")
    await tx.execute(text("SELECT " + ", ".join(f"set_config('enable_{one}', 'off', true)" for one in off)))


async def unmatched(tx: AsyncSession, county: str, after: UUID | None, limit: int) -> Sequence[PersonRow]:
    """The next people who have no match token, by id."""
    query = (
        select(PersonRow)
        .where(PersonRow.county_code == county, PersonRow.match_token.is_(None))
        .order_by(PersonRow.id)
        .limit(limit)
    )
    return (await tx.scalars(query if after is None else query.where(PersonRow.id > after))).all()


async def match(tx: AsyncSession, county: str, ids: Sequence[UUID], tokens: Sequence[bytes]) -> None:
    """Give these people their match tokens."""
    await (await driver(tx)).execute(
        "UPDATE funds.person p SET match_token = new.token FROM unnest($2::uuid[], $3::bytea[]) AS new(id, token)"
        " WHERE p.county_code = $1 AND p.id = new.id",
        county,
        ids,
        tokens,
    )


def _of(who: Principal, county: str) -> tuple[Any, Any, Any]:
    return (
        ComparisonVersionRow.county_code == county,
        ComparisonVersionRow.position.is_not(None),
        visible_to(who, ComparisonVersionRow.county_code),
    )
