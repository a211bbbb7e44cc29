"""Ranking units and townships by the fen-days they answer for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.moments import Moment
from services.funds_api.regions.store import names_on
from services.funds_api.responsibility import store
from services.funds_api.responsibility.schemas import RankBy, YuanDays, YuanDaysReport

TOWNSHIP_DIGITS = 9


async def yuan_days(tx: AsyncSession, who: Principal, county: str, moment: Moment, by: RankBy) -> YuanDaysReport:
    """Rank units, or townships with everything below them, by the fen-days they answer for.

    Among townships the county's own offices (国库, 部门) are one place of their own.
    """
    rows = await store.responsible(tx, who, county, moment)
    names = await names_on(tx, {row.region_code[:TOWNSHIP_DIGITS] for row in rows}, moment.as_of)
    merged: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        place = row.region_code[:TOWNSHIP_DIGITS]
        township = f"{names[place]}本级" if place == county else names[place]
        key = (place, township) if by is RankBy.TOWNSHIP else (row.region_code, row.name)
        for at, fen in enumerate((row.resting_fen, row.resting_fen_days, row.charged_fen_days)):
            merged[key][at] += fen
    ranked = sorted(merged.items(), key=lambda pair: (-(pair[1][1] + pair[1][2]), pair[0]))
    total = sum(row.resting_fen_days + row.charged_fen_days for row in rows)
    items = [
        YuanDays(
            rank=rank,
            region_code=region,
            name=name,
            resting_fen=resting,
            resting_fen_days=resting_days,
            charged_fen_days=charged,
            responsible_fen_days=resting_days + charged,
            yuan_days=f"{Decimal(resting_days + charged) / 100:.2f}",
        )
        for rank, ((region, name), (resting, resting_days, charged)) in enumerate(ranked, 1)
    ]
    return YuanDaysReport(
        as_of=moment.as_of,
        **moment.shown,
        by=by,
        total_fen_days=total,
        unexplained_fen_days=total - sum(one.responsible_fen_days for one in items),
        items=items,
        empty_because=None if items else "您的管辖范围内截至当日没有单位持有过资金",
    )
