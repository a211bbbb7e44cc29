"""What a household received: the household as the caller sees it, its payments masked, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.vault import Vault
from services.funds_api.access import holds
from services.funds_api.households import masks
from services.funds_api.households import service as households
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.payments import returned
from services.funds_api.payments.returned import Returned
from services.funds_api.payments.schemas import PaymentStatus
from services.funds_api.receipts import store
from services.funds_api.receipts.schemas import HouseholdReceipts, Receipt


async def told(
    tx: AsyncSession, who: Principal, county: str, vault: Vault, household: UUID, moment: Moment
) -> HouseholdReceipts:
    """What the household received, or the refusal that there is none in sight by that moment."""
    known = None if moment.known_at is None else moment.position
    home = await households.detail(tx, who, county, vault, household, moment.as_of, known)
    async with whole_county(tx, who, county):
        rows = await store.paid(tx, county, household, moment)
        back = await returned.of_payments(tx, county, [(row.batch_id, row.line) for row in rows], moment)
    own = [row for row in rows if holds(who, row.region_code)]
    elsewhere = [row for row in rows if not holds(who, row.region_code)]
    items = _receipts(own, back, vault, county)
    stand = [one for one in items if one.reversed_by is None]
    paid_fen, returned_fen, recovered_fen = (
        sum(getattr(one, name) for one in stand) for name in ("amount_fen", "returned_fen", "recovered_fen")
    )
    return HouseholdReceipts(
        **moment.shown,
        county_code=county,
        household_id=household,
        as_of=moment.as_of,
        head=home.household.name,
        region_code=home.household.region_code,
        persons_n=home.household.persons_n,
        paid_fen=paid_fen,
        returned_fen=returned_fen,
        recovered_fen=recovered_fen,
        kept_fen=paid_fen - returned_fen - recovered_fen,
        elsewhere_fen=sum(row.amount_fen for row in elsewhere if row.reversed_by is None),
        unexplained_fen=sum(abs(row.amount_fen - row.fed_fen) for row in rows),
        items=items,
        empty_because=None if items else "截至所查时点，该户没有收到您管辖范围内的资金",
    )


def _receipts(
    rows: Sequence[Row[Any]], back: Mapping[tuple[UUID, int], Returned], vault: Vault, county: str
) -> list[Receipt]:
    found = []
    for row in rows:
        place = f"{county}|{row.sealed_for}|{row.line}"
        person = json.loads(vault.open("payment", "payee_cell", place, row.payee_cell))
        came = back.get((row.batch_id, row.line), Returned(0, 0, [], None))
        stands = PaymentStatus.PAID if row.reversed_by is None else PaymentStatus.REVERSED
        gone_fen = row.amount_fen if row.reversed_by else came.fen + came.recovered_fen
        found.append(
            Receipt(
                payment_id=f"{row.batch_id}-{row.line}",
                payee=masks.name(person["name"]),
                card=masks.tail(person["card"]),
                amount_fen=row.amount_fen,
                kept_fen=row.amount_fen - gone_fen,
                paid_by=row.paid_by,
                document=row.document,
                entitlement=row.entitlement,
                fund_code=row.fund_code,
                effective_on=row.effective_on,
                movement_id=row.movement_id,
                status=returned.status(stands, row.amount_fen, came),
                reversed_by=row.reversed_by,
                returned_fen=came.fen,
                recovered_fen=came.recovered_fen,
                reissued_as=came.reissued_as,
            )
        )
    return found
