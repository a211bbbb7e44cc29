"""Fen-days by unit and fund in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.access import holds
from services.funds_api.moments import Moment
from services.funds_api.regions.store import NAME_ON
from services.funds_api.tables import FundRow


class Held(NamedTuple):
    """What a unit answers for: fen that rest there, their fen-days, and those of what has left.

    `fund` is empty when it is told whatever the fund, `place` when no place was asked for.
    """

    region_code: str
    name: str
    kind: str
    place: str
    fund: str
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int


def root_of(who: Principal, county: str) -> str:
    """The place whose units the caller sees in a county: the county, or the caller's own part of it."""
    return county if holds(who, county) else who.region


async def responsible(
    session: AsyncSession,
    who: Principal,
    county: str,
    moment: Moment,
    funds: Sequence[str] | None = None,
    digits: int | None = None,
) -> list[Held]:
    """Every visible unit that ever held money by then, of each of `funds` or whatever fund; spent money is out.

    `place` is what the place of `digits` digits that the unit lies in was called on the day.
    """
    found = await session.execute(
        text(
            # As text: a number without bounds would be made a decimal first, and an integer of that.
            f"""
            SELECT h.region_code, h.name, h.kind, {NAME_ON} AS place, h.fund_code, h.fen,
                   h.resting_fen_days::text, h.charged_fen_days::text
              FROM funds.responsible(:county, :root, :as_of, :known, :known_on, CAST(:funds AS text[])) h
              LEFT JOIN funds.region r ON r.code = left(h.region_code, CAST(:digits AS integer))
            """
        ),
        {
            "county": county,
            "root": root_of(who, county),
            "funds": None if funds is None else list(funds),
            "digits": digits,
            **moment.arguments,
        },
    )
    return [
        Held(region, name, kind, place or "", fund, fen, int(resting), int(charged))
        for region, name, kind, place, fund, fen, resting, charged in found
    ]


async def funds(session: AsyncSession) -> dict[str, str]:
    """The name of each fund by its code."""
    return {row.code: row.name for row in await session.execute(select(FundRow.code, FundRow.name))}
