"""Pairings and visits in SQL: who helped a household on a day, as known, and when that account came last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import HelperPairingRow, HelperVisitRow

# Which pairing is the latest is asked of the whole county: of a household that moved it may be one of another township,
# which is seen as the household is; whether it is the caller's is asked of that one alone.
_PAIRED: Final = """
SELECT c.household_id, c.region_code, c.helper, c.from_on, c.document, v.visited_on,
       CAST(:as_of AS date) - greatest(c.from_on, v.visited_on) AS days
  FROM (SELECT DISTINCT ON (p.household_id) p.household_id, p.region_code, p.helper, p.from_on, p.document
          FROM funds.helper_pairing p
         WHERE p.county_code = :county AND p.from_on <= :as_of AND p.position <= :known
           AND (CAST(:one AS uuid) IS NULL OR p.household_id = :one)
           AND p.household_id > coalesce(CAST(:after AS uuid), '00000000-0000-0000-0000-000000000000')
         ORDER BY p.household_id, p.from_on DESC, p.position DESC) c
  LEFT JOIN LATERAL (
    SELECT max(v.visited_on) AS visited_on FROM funds.helper_visit v
     WHERE v.county_code = :county AND v.household_id = c.household_id AND v.helper = c.helper
       AND v.visited_on <= :as_of AND v.position <= :known) v ON true
 WHERE c.helper IS NOT NULL AND (CAST(:helper AS text) IS NULL OR c.helper = :helper)
   AND c.region_code >= :scope AND c.region_code < :scope || '~'
 ORDER BY c.household_id LIMIT :limit"""


async def paired(
    tx: AsyncSession,
    who: Principal,
    county: str,
    moment: Moment,
    *,
    limit: int,
    after: UUID | None = None,
    helper: str | None = None,
    household: UUID | None = None,
) -> Sequence[RowMapping]:
    """Who helps which household on a day, by household; one row more than asked for tells that there are more."""
    asked = {"county": county, "scope": who.region, "limit": limit, "after": after, "helper": helper, "one": household}
    return (await tx.execute(text(_PAIRED), {**moment.arguments, **asked})).mappings().all()


async def latest(tx: AsyncSession, county: str, households: Collection[UUID]) -> dict[UUID, date]:
    """The day of the latest pairing of each household that has one."""
    query = (
        select(HelperPairingRow.household_id, func.max(HelperPairingRow.from_on))
        .where(HelperPairingRow.county_code == county, HelperPairingRow.household_id.in_(households))
        .group_by(HelperPairingRow.household_id)
    )
    return {row[0]: row[1] for row in await tx.execute(query)}


async def pair(tx: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await tx.execute(insert(HelperPairingRow), list(rows))


async def visit(tx: AsyncSession, row: dict[str, Any]) -> HelperVisitRow | None:
    """The visit; None when it is recorded already."""
    new = insert(HelperVisitRow).values(row).on_conflict_do_nothing()
    return (await tx.scalars(new.returning(HelperVisitRow))).one_or_none()


async def visits(
    tx: AsyncSession, who: Principal, county: str, window: Window, moment: Moment, household: UUID | None
) -> Sequence[HelperVisitRow]:
    """Visible visits up to a moment, by day; one more than asked."""
    query = (
        select(HelperVisitRow)
        .where(
            HelperVisitRow.county_code == county,
            visible_to(who, HelperVisitRow.region_code),
            HelperVisitRow.visited_on <= moment.as_of,
            HelperVisitRow.position <= moment.position,
        )
        .order_by(HelperVisitRow.visited_on, HelperVisitRow.id)
        .limit(window.limit + 1)
    )
    if household is not None:
        query = query.where(HelperVisitRow.household_id == household)
    if after := window.key(date_in, UUID):
        on, last = after
        query = query.where(
            (HelperVisitRow.visited_on > on) | ((HelperVisitRow.visited_on == on) & (HelperVisitRow.id > last))
        )
    return (await tx.scalars(query)).all()
