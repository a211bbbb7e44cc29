"""Households in SQL: many at once by arrays over the driver's own connection, inside the session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.tables import HouseholdRow, RegionRow

# Keeps each statement well below the statement timeout.
_INSERT_ROWS: Final = 20_000


async def villages(tx: AsyncSession, county: str) -> list[str]:
    """The codes of the county's villages."""
    query = select(RegionRow.code).where(
        RegionRow.code >= county, RegionRow.code < county + "~", RegionRow.level == "village"
    )
    return list((await tx.scalars(query)).all())


async def known(tx: AsyncSession, county: str, tokens: Sequence[bytes]) -> list[bytes]:
    """Those of the tokens that stand in the county's registry."""
    found = await (await driver(tx)).fetch(
        "SELECT h.head_token FROM unnest($2::bytea[]) AS asked(token)"
        " JOIN funds.household h ON h.head_token = asked.token WHERE h.county_code = $1",
        county,
        tokens,
    )
    return [row[0] for row in found]


async def insert(tx: AsyncSession, county: str, columns: Sequence[Sequence[Any]]) -> None:
    """Insert households given as columns: id, village, token, cell, key number, persons, day of registration."""
    connection = await driver(tx)
    for start in range(0, len(columns[0]), _INSERT_ROWS):
        await connection.execute(
            "INSERT INTO funds.household (county_code, id, region_code, head_token, head_cell, key_number, persons_n,"
            " registered_on) SELECT $1, new.* FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[],"
            " $6::smallint[], $7::smallint[], $8::date[]) AS new",
            county,
            *(column[start : start + _INSERT_ROWS] for column in columns),
        )


async def page(
    tx: AsyncSession, who: Principal, county: str, window: Window, village: str | None
) -> Sequence[HouseholdRow]:
    """Visible households by place and id, one more than the page holds."""
    query = (
        select(HouseholdRow)
        .where(HouseholdRow.county_code == county, visible_to(who, HouseholdRow.region_code))
        .order_by(HouseholdRow.region_code, HouseholdRow.id)
        .limit(window.limit + 1)
    )
    if village is not None:
        query = query.where(HouseholdRow.region_code >= village, HouseholdRow.region_code < village + "~")
    if after := window.key(str, UUID):
        place, last = after
        query = query.where(
            (HouseholdRow.region_code > place) | ((HouseholdRow.region_code == place) & (HouseholdRow.id > last))
        )
    return (await tx.scalars(query)).all()


async def by_token(tx: AsyncSession, county: str, token: bytes) -> HouseholdRow | None:
    query = select(HouseholdRow).where(HouseholdRow.county_code == county, HouseholdRow.head_token == token)
    return (await tx.scalars(query)).one_or_none()
