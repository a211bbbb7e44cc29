"""Movements with their ends, their undoing and the lots they made, in SQL; which are visible is said by region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment

_SEEN: Final = """(m.from_region >= :scope AND m.from_region < :scope || '~'
                OR m.to_region >= :scope AND m.to_region < :scope || '~')"""
_MOVED: Final = f"""
SELECT m.id, m.kind, m.document, m.effective_on, m.recorded_at, m.amount_fen, m.reverses_id, m.batch_id, m.use_code,
       m.drawn, f.id AS from_id, fu.name AS from_unit, f.region_code AS from_region, f.kind AS from_kind,
       f.book AS from_book, t.id AS to_id, tu.name AS to_unit, t.region_code AS to_region, t.kind AS to_kind,
       t.book AS to_book, r.id AS undone_by, r.document AS undone_document, r.effective_on AS undone_on,
       (SELECT coalesce(sum(l.amount_fen), 0)::bigint FROM funds.lot l
         WHERE l.county_code = :county AND l.movement_id = m.id) AS made_fen
  FROM asked JOIN funds.movement m ON m.county_code = :county AND m.id = asked.id
  JOIN funds.account t ON t.county_code = :county AND t.id = m.to_account_id
  JOIN funds.unit tu ON tu.county_code = :county AND tu.id = t.unit_id
  LEFT JOIN funds.account f ON f.county_code = :county AND f.id = m.from_account_id
  LEFT JOIN funds.unit fu ON fu.county_code = :county AND fu.id = f.unit_id
  LEFT JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = m.id
   AND r.effective_on <= :as_of AND r.position <= :known
 WHERE m.effective_on <= :as_of AND m.position <= :known AND {_SEEN}
 ORDER BY m.effective_on, m.position, m.id"""
_NAMED: Final = text(f"WITH asked AS (SELECT CAST(:movement AS uuid) AS id) {_MOVED}")
# Movements have an index by account and document: every account of the county is probed, and no history is read.
_BY_DOCUMENT: Final = text(f"""
WITH asked AS MATERIALIZED (
  SELECT m.id FROM funds.account a
    JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = a.id AND m.document_key = ANY(:keys)
   WHERE a.county_code = :county
  UNION ALL
  SELECT m.id FROM funds.movement m
   WHERE m.county_code = :county AND m.from_account_id IS NULL AND m.document_key = ANY(:keys))
{_MOVED}""")
_PARTS: Final = text("""
SELECT l.id AS lot_id, l.amount_fen, l.tranche_id, n.id AS notice_id, coalesce(n.document_number, n.title) AS notice,
       n.issuer, l.fund_code, l.fiscal_year, d.from_lot_id, d.days_rested, l.restores_lot_id, d.first_line, d.last_line
  FROM funds.lot l
  JOIN funds.tranche t ON t.county_code = :county AND t.id = l.tranche_id
  JOIN funds.notice n ON n.id = t.notice_id
  LEFT JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
 WHERE l.county_code = :county AND l.movement_id = :movement
 ORDER BY d.lo_fen, l.id""")


async def one(
    session: AsyncSession, who: Principal, county: str, movement: UUID, moment: Moment
) -> tuple[Row[Any], Sequence[Row[Any]]] | None:
    """A visible movement that was effective and known by that moment, with the lots it made.

    Whoever sees one end of it is told both ends and its whole way, as by a trace.
    """
    asked = {"county": county, "movement": movement, "scope": who.region, **moment.arguments}
    async with whole_county(session, who, county):
        found = (await session.execute(_NAMED, asked)).one_or_none()
        if found is None:
            return None
        parts = (await session.execute(_PARTS, {"county": county, "movement": movement})).all()
    return found, parts


async def by_document(
    session: AsyncSession, who: Principal, county: str, keys: Sequence[str], moment: Moment
) -> Sequence[Row[Any]]:
    """Visible movements by a document (any of its spellings), effective and known by that moment, in their order."""
    asked = {"county": county, "keys": list(keys), "scope": who.region, **moment.arguments}
    async with whole_county(session, who, county):
        return (await session.execute(_BY_DOCUMENT, asked)).all()
