"""The lowest level of the tree: the households that a place's own desks have paid, and the proof that they are all."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, cut
from chassis.vault import Vault
from services.funds_api.flows import paid as rosters
from services.funds_api.flows import service
from services.funds_api.flows.schemas import PaidHousehold, PaidHouseholds
from services.funds_api.flows.store import Asked
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.payments.shown import payee_name
from services.funds_api.regions.store import names_on


async def paid(
    tx: AsyncSession, who: Principal, vault: Vault, asked: Asked, moment: Moment, window: Window
) -> PaidHouseholds:
    """The households of a place's node in the tree by that moment, a page of them by id.

    The node's figure comes from the flows, the rest from the rows of rosters: two books that must agree.
    """
    async with whole_county(tx, who, asked.county):
        spent = await service.spent_on_households(tx, asked, moment)
        recovered = await rosters.recovered(tx, asked, moment)
    every = await rosters.sums(tx, asked, moment)
    rows, after = cut(await rosters.page(tx, asked, moment, window), window, lambda row: (row.household_id,))
    names = await names_on(tx, {asked.root, *(row.region_code for row in rows)}, moment.as_of)
    items = [
        PaidHousehold(
            household_id=row.household_id,
            payee=payee_name(vault, asked.county, row.batch_id, row.line, row.payee_cell),
            region_code=row.region_code,
            region_name=names.get(row.region_code, row.region_code),
            payments_n=row.payments_n,
            received_fen=row.received_fen,
            returned_fen=row.returned_fen,
            spent_fen=row.received_fen - row.returned_fen,
            last_paid_on=row.last_paid_on,
            last_payment_id=f"{row.batch_id}-{row.line}",
        )
        for row in rows
    ]
    return PaidHouseholds(
        county_code=asked.county,
        region_code=asked.root,
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
        empty_because=None if items else "截至所查日期，该区划本级没有直接支付到农户",
    )
