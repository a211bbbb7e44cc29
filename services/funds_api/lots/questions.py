"""The questions (疑点) that terms ask about movements they let through, told of the lots made. Refuses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.funds_api.flags.breaches import Desk, MadeLot, raise_breaches
from services.funds_api.funds.judge import OF_PEOPLE, Breach
from services.funds_api.lots.decide import Made
from services.funds_api.units import store as units


async def ask(
    tx: AsyncSession, who: Principal, act: Act, county: str, made: Sequence[Made], breaches: Sequence[Breach]
) -> None:
    """Flag the lots these movements made, in the same transaction and after the act is recorded."""
    first = made[0].movement
    [(account, unit_name)] = await units.accounts(tx, who, county, ids=[first.source] if first.source else [])
    desk = Desk(account.id, account.unit_id, unit_name, account.region_code)
    # Terms about people are those of the calendar year in which they were paid, whatever budget the money is of.
    found = []
    for year in {one.term.fiscal_year if one.term.rule in OF_PEOPLE else None for one in breaches}:
        lots = [
            MadeLot(part.to_lot, draw.lot.fund, year or draw.lot.fiscal_year, part.amount_fen)
            for one in made
            for draw, part in zip(one.draws, one.parts, strict=True)
        ]
        of_year = [one for one in breaches if (one.term.fiscal_year if one.term.rule in OF_PEOPLE else None) == year]
        found.append((of_year, lots))
    await raise_breaches(tx, act, county, found, desk, first.effective_on, first.id)
