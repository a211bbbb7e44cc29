"""Findings' lots and recoveries in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.funds_api.moments import Moment
from services.funds_api.tables import FindingLotRow, MovementRow, RecoveryRow


async def add_finding(session: AsyncSession, county: str, finding: UUID, bound: Mapping[UUID, int]) -> None:
    """Keep what a finding is bound to."""
    if bound:
        rows = [
            {"county_code": county, "finding_id": finding, "lot_id": lot, "bound_fen": fen}
            for lot, fen in sorted(bound.items())
        ]
        await session.execute(insert(FindingLotRow), rows)


async def bound(session: AsyncSession, county: str, finding: UUID, moment: Moment | None = None) -> dict[UUID, int]:
    """What a finding is bound to by lot; nothing of one that was not told (by that moment)."""
    query = select(FindingLotRow).where(FindingLotRow.county_code == county, FindingLotRow.finding_id == finding)
    if moment is not None:
        query = query.where(FindingLotRow.position <= moment.position)
    return {row.lot_id: row.bound_fen for row in await session.scalars(query)}


# From each lot up through what fed it, and what it restores: one draw feeds a lot, so these are a few ways, no tree.
_STRANGERS: Final = """
WITH RECURSIVE up AS (
  SELECT l AS asked, l AS id FROM unnest(CAST(:lots AS uuid[])) l
  UNION
  SELECT u.asked, n.id FROM up u CROSS JOIN LATERAL (
    SELECT d.from_lot_id AS id FROM funds.draw d WHERE d.county_code = :county AND d.to_lot_id = u.id
    UNION ALL
    SELECT x.restores_lot_id FROM funds.lot x
     WHERE x.county_code = :county AND x.id = u.id AND x.restores_lot_id IS NOT NULL) n)
SELECT l AS id FROM unnest(CAST(:lots AS uuid[])) l
 WHERE NOT EXISTS (SELECT FROM up u JOIN funds.finding_lot f ON f.county_code = :county AND f.lot_id = u.id
                    WHERE u.asked = l AND f.finding_id = :finding)
 ORDER BY l LIMIT 1"""


async def stranger(session: AsyncSession, county: str, finding: UUID, lots: Sequence[UUID]) -> UUID | None:
    """The first of these lots whose money is neither what the finding is bound to nor came of it."""
    values = {"county": county, "finding": finding, "lots": list(lots)}
    found: UUID | None = (await session.execute(text(_STRANGERS), values)).scalar_one_or_none()
    return found


async def recovered_fen(session: AsyncSession, county: str, finding: UUID) -> int:
    """What was recovered for a finding and not undone, whatever its day."""
    of, undone = MovementRow, aliased(MovementRow)
    taken_back = select(undone.id).where(undone.county_code == county, undone.reverses_id == of.id)
    query = (
        select(func.coalesce(func.sum(of.amount_fen), 0))
        .join(RecoveryRow, (RecoveryRow.county_code == of.county_code) & (RecoveryRow.movement_id == of.id))
        .where(of.county_code == county, RecoveryRow.finding_id == finding, ~taken_back.exists())
    )
    return int(await session.scalar(query) or 0)


async def add(session: AsyncSession, county: str, finding: UUID, movements: Sequence[UUID]) -> None:
    """Say that these recoveries, posted in this transaction, answer a finding."""
    rows = [{"county_code": county, "movement_id": one, "finding_id": finding} for one in movements]
    await session.execute(insert(RecoveryRow), rows)


async def of_finding(session: AsyncSession, county: str, finding: UUID, moment: Moment) -> Sequence[Row[Any]]:
    """The recoveries that answer a finding, effective and known by a moment: what each drew, and when it was undone."""
    rows = await session.execute(
        text(
            """
            SELECT m.id AS movement_id, m.document, m.effective_on, m.from_account_id, m.to_account_id, m.amount_fen,
                   (SELECT coalesce(sum(d.amount_fen), 0)::bigint FROM funds.draw d
                     WHERE d.county_code = :county AND d.movement_id = m.id) AS drawn_fen,
                   (SELECT max(r.effective_on) FROM funds.movement r
                     WHERE r.county_code = :county AND r.reverses_id = m.id
                       AND r.effective_on <= :as_of AND r.position <= :known) AS undone_on
              FROM funds.recovery o
              JOIN funds.movement m ON m.county_code = :county AND m.id = o.movement_id
             WHERE o.county_code = :county AND o.finding_id = :finding
               AND o.position <= :known AND m.effective_on <= :as_of
             ORDER BY m.effective_on, m.id
            """
        ),
        {"county": county, "finding": finding, "as_of": moment.as_of, "known": moment.position},
    )
    return rows.all()
