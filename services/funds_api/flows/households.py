"""The lowest level of the tree, household by household, and the proof that they are all.

Either the households that a place's own desks have paid, or those that live in a place, whoever's desk paid them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, cut
from chassis.vault import Vault
from services.funds_api.flows import paid as rosters
from services.funds_api.flows import service, store
from services.funds_api.flows.schemas import PaidHousehold, PaidHouseholds, Side
from services.funds_api.flows.store import Asked
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.payments.shown import payee_name
from services.funds_api.regions.store import names_on

_EMPTY: Final = {
    Side.DESK: "截至所查日期，该区划本级没有直接支付到农户",
    Side.HOME: "截至所查日期，住在该区划的农户没有收到支付",
}


@dataclass(eq=False)
class OneSideOnly(Exception):
    """Households were asked for by the desks that paid and by where they live at once."""

    region: str
    living_in: str

    def __str__(self) -> str:
        return f"按支付单位（region={self.region}）与按住址（living_in={self.living_in}）不能同时查询"


async def paid_by(
    tx: AsyncSession, who: Principal, vault: Vault, asked: Asked, moment: Moment, window: Window
) -> PaidHouseholds:
    """The households of a place's node in the tree by that moment, a page of them by id.

    The node's figure comes from the flows, the rest from the rows of rosters: two books that must agree.
    """
    async with whole_county(tx, who, asked.county):
        spent = await service.spent_on_households(tx, asked, moment)
        housed = await store.housed(tx, asked, moment)
    recovered = -sum(one.fen for one in housed if one.desk == asked.root and not one.place)
    return await _told(tx, vault, asked, Side.DESK, moment, window, spent, recovered)


async def living_in(
    tx: AsyncSession, who: Principal, vault: Vault, asked: Asked, moment: Moment, window: Window
) -> PaidHouseholds:
    """The households that lived in a place when they were paid, by that moment, a page of them by id.

    The figure of the tree (`households_fen`) comes from the sums by place, the rest from the rows of rosters. A roster
    may be of a desk above, which the caller does not see; of its rows only those of the place are told.
    """
    async with whole_county(tx, who, asked.county):
        kept = sum(one.fen for one in await store.housed(tx, asked, moment) if one.place.startswith(asked.root))
        return await _told(tx, vault, asked, Side.HOME, moment, window, kept, 0)


async def _told(
    tx: AsyncSession,
    vault: Vault,
    asked: Asked,
    side: Side,
    moment: Moment,
    window: Window,
    spent: int,
    recovered: int,
) -> PaidHouseholds:
    every = await rosters.paid(tx, asked, side, moment, window)
    rows, after = cut(every.page, window, lambda row: (row.household_id,))
    names = await names_on(tx, {asked.root, *(row.region_code for row in rows)}, moment.as_of)
    items = [
        PaidHousehold(
            household_id=row.household_id,
            payee=payee_name(vault, asked.county, row.sealed_for, row.line, row.payee_cell),
            region_code=row.region_code,
            region_name=names.get(row.region_code, row.region_code),
            payments_n=row.payments_n,
            received_fen=row.received_fen,
            returned_fen=row.returned_fen,
            spent_fen=row.received_fen - row.returned_fen,
            last_paid_on=row.last_paid_on,
            last_payment_id=f"{row.batch_id}-{row.line}",
            desks=row.desks,
        )
        for row in rows
    ]
    return PaidHouseholds(
        county_code=asked.county,
        region_code=asked.root,
        side=side,
        name=names.get(asked.root, asked.root),
        as_of=moment.as_of,
        **moment.shown,
        fund_code=asked.fund,
        households_n=every.households_n,
        received_fen=every.received_fen,
        returned_fen=every.returned_fen,
        recovered_fen=recovered,
        spent_fen=spent,
        unexplained_fen=spent - (every.received_fen - every.returned_fen - recovered),
        items=items,
        next=after,
        empty_because=None if items else _EMPTY[side],
    )
