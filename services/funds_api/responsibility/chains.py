"""A lot's chain of responsibility, and a tranche's: each day since the receipt on one desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.access import holds
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.responsibility import stays
from services.funds_api.responsibility.ranking import percent
from services.funds_api.responsibility.schemas import (
    CameOver,
    LotPart,
    LotResponsibility,
    Stay,
    TrancheResponsibility,
    UnitDays,
)
from treasury.ageing import days_rested


async def of_lot(tx: AsyncSession, who: Principal, county: str, lot: UUID, moment: Moment) -> LotResponsibility:
    """The desks a lot's money lay on since its receipt. The lot is the caller's; the way up is told whole."""
    if not await stays.visible(tx, who, county, lot, moment):
        raise Missing("资金批次", str(lot))
    async with whole_county(tx, who, county):
        way = await stays.way_up(tx, county, lot)
        left = await stays.left(tx, county, lot, moment)
        came = await stays.came_over(tx, county, way[0].lot_id)
    here, received_on = way[-1], way[0].arrived_on
    parts = _parts(here, left, received_on, moment.as_of)
    ended = _ended(here, parts, moment.as_of)
    told = [_stay(row, row.left_on, row.days_rested) for row in way[:-1]]
    gone = ended if parts[-1].left_on else None
    told.append(_stay(here, gone, days_rested(here.arrived_on, ended)))
    responsible, spent = (sum(one.days for one in told if one.spent is away) for away in (False, True))
    since = days_rested(received_on, ended)
    return LotResponsibility(
        lot_id=lot,
        tranche_id=here.tranche_id,
        fund_code=here.fund_code,
        amount_fen=here.amount_fen,
        as_of=moment.as_of,
        **moment.shown,
        received_on=received_on,
        stays=told,
        parts=parts,
        unexplained_fen=here.amount_fen - sum(one.fen for one in parts),
        responsible_days=responsible,
        spent_days=spent,
        since_receipt_days=since,
        unexplained_days=since - responsible - spent,
        sentence=_sentence(told),
        came_from=CameOver.model_validate(came, from_attributes=True) if came else None,
    )


def _parts(here: Row[Any], left: Sequence[Row[Any]], received_on: date, as_of: date) -> list[LotPart]:
    """What left, by day, and last what is still there; of money that was spent here no further day counts."""
    parts = [
        LotPart(
            fen=row.fen,
            left_on=row.left_on,
            to_unit=row.unit_name,
            spent=row.is_terminal,
            days_here=days_rested(here.arrived_on, row.left_on),
            days_since_receipt=days_rested(received_on, row.left_on),
        )
        for row in left
    ]
    rests = here.amount_fen - sum(one.fen for one in parts)
    if rests or not parts:
        until = here.arrived_on if here.is_terminal else as_of
        parts.append(
            LotPart(
                fen=rests,
                left_on=None,
                to_unit=None,
                spent=here.is_terminal,
                days_here=days_rested(here.arrived_on, until),
                days_since_receipt=days_rested(received_on, until),
            )
        )
    return parts


def _ended(here: Row[Any], parts: Sequence[LotPart], as_of: date) -> date:
    """The last day that is counted: it was spent, all of it had left, or it is the day asked for."""
    last = parts[-1].left_on
    if last is not None:
        return last
    return here.arrived_on if here.is_terminal else as_of


def _stay(row: Row[Any], left_on: date | None, days: int) -> Stay:
    return Stay(
        lot_id=row.lot_id,
        unit_name=row.unit_name,
        region_code=row.region_code,
        document=row.document,
        arrived_on=row.arrived_on,
        left_on=left_on,
        days=days,
        spent=row.is_terminal,
    )


def _sentence(told: Sequence[Stay]) -> str:
    """Unit by unit in the order of the way; days on one desk without a break (结转) are one figure."""
    figures = []
    for (name, _, spent), some in groupby(told, key=lambda one: (one.unit_name, one.region_code, one.spent)):
        if not spent:
            figures.append((name, sum(one.days for one in some)))
    named = "、".join(f"{name} {days} 天" for name, days in figures)
    return f"{named}，共 {sum(days for _, days in figures)} 天"


async def of_tranche(
    tx: AsyncSession, who: Principal, county: str, tranche: UUID, moment: Moment
) -> TrancheResponsibility:
    """What each unit answers for of a tranche; the caller sees the own units, and of the others a sum."""
    async with whole_county(tx, who, county):
        rows = await stays.of_tranche(tx, county, tranche, moment)
    since = sum(int(row.received_fen_days) for row in rows)
    seen = [row for row in rows if not row.is_terminal and holds(who, row.region_code)]
    spent, elsewhere = (
        sum(_fen_days(row) for row in rows if row not in seen and row.is_terminal is away) for away in (True, False)
    )
    units = [
        UnitDays(
            unit_name=row.unit_name,
            region_code=row.region_code,
            resting_fen=row.resting_fen,
            resting_fen_days=int(row.resting_fen_days),
            charged_fen_days=int(row.charged_fen_days),
            responsible_fen_days=_fen_days(row),
            share_percent=percent(_fen_days(row), since),
        )
        for row in sorted(seen, key=lambda row: (-_fen_days(row), row.region_code, row.unit_name))
    ]
    return TrancheResponsibility(
        tranche_id=tranche,
        as_of=moment.as_of,
        **moment.shown,
        since_receipt_fen_days=since,
        spent_fen_days=spent,
        elsewhere_fen_days=elsewhere,
        unexplained_fen_days=since - spent - elsewhere - sum(one.responsible_fen_days for one in units),
        units=units,
        empty_because=None if units else "截至所查日期，您管辖范围内没有单位持有过这笔资金",
    )


def _fen_days(row: Row[Any]) -> int:
    return int(row.resting_fen_days) + int(row.charged_fen_days)
