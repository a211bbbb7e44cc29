"""GET /funds/v1/payments/{batch}-{line}/trace and /funds/v1/tranches/{id}/trace."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import TypeAdapter

from chassis.database import Database, Read, Single
from chassis.identity import Principal, can
from chassis.missing import Missing
from chassis.pages import Paging, cut
from chassis.vault import Vault
from services.funds_api.access import county_of, holds
from services.funds_api.lots.endpoints import tranche_of
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import AsOf, KnownAt, day_or_today, moment_of
from services.funds_api.payments import returned
from services.funds_api.payments import store as batches
from services.funds_api.payments.schemas import PaymentId, row_of
from services.funds_api.payments.shown import payee_name
from services.funds_api.traces import store
from services.funds_api.traces.schemas import (
    EarlierHop,
    PaidFromTranche,
    PaymentTrace,
    Resting,
    Succeeded,
    TrancheTrace,
    Way,
)
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1", tags=["traces 资金追溯"])

_WAYS: Final = TypeAdapter(list[Way])
_EARLIER: Final = TypeAdapter(list[EarlierHop])


@router.get("/payments/{payment_id}/trace", summary="一户一笔补贴追溯到资金文件")
async def get_payment_trace(
    payment_id: PaymentId,
    request: Request,
    single: Single,
    who: Annotated[Principal, can("payments:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PaymentTrace:
    asked = county_of(who, county)
    batch, line = row_of(payment_id)
    paid = await store.payment(single, asked, batch, line, day_or_today(as_of), known_at)
    if paid is None:
        raise Missing("支付", payment_id)
    moment, back, given_up = paid.moment, None, False
    ways = _WAYS.validate_json(paid.ways)
    # Looks of their own, where there is anything to see: none changes what the way that led here is.
    if not ways or paid.came_back or any(way.succession_id for way in ways):
        database: Database = request.app.state.database
        async with database.reading(who.region) as tx:
            back = (await returned.of_rows(tx, asked, batch, [line], moment)).get(line)
            ways = await _with_earlier(tx, asked, ways)
            if not ways and (seen := await batches.batch(tx, who, asked, batch)) is not None:
                given_up = await batches.withdrawn_by(tx, who, seen, moment)
    traced = sum(way.amount_fen for way in ways)
    return PaymentTrace(
        payment_id=payment_id,
        line=line,
        payee=payee_name(request.app.state.vault, asked, paid.sealed_for, line, paid.payee_cell),
        as_of=moment.as_of,
        **moment.shown,
        amount_fen=paid.amount_fen if ways else 0,
        traced_fen=traced,
        unexplained_fen=(paid.amount_fen if ways else 0) - traced,
        reversed_by=paid.reversed_by,
        returned_fen=back.fen if back else 0,
        recovered_fen=back.recovered_fen if back else 0,
        returned_by=back.by if back else [],
        reissued_as=back.reissued_as if back else None,
        ways=ways,
        empty_because=None if ways else "该行所在批次已撤回，没有支付" if given_up else "该行截至所查日期尚未支付",
    )


async def _with_earlier(tx: Read, county: str, ways: list[Way]) -> list[Way]:
    """The ways with what came before, in a former county, where money went over from one."""
    receipts = sorted({way.hops[0].movement_id for way in ways if way.succession_id is not None})
    if not receipts:
        return ways
    before = {one: _EARLIER.validate_json(hops) for one, hops in await store.earlier(tx, county, receipts)}
    return [way.model_copy(update={"earlier": before.get(way.hops[0].movement_id, [])}) for way in ways]


@router.get("/tranches/{tranche_id}/trace", summary="一笔来文资金追溯到户")
async def get_tranche_trace(
    tranche_id: UUID,
    request: Request,
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("payments:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> TrancheTrace:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    tranche = await tranche_of(tx, who, asked, tranche_id, moment)
    async with whole_county(tx, who, asked):
        holders = await store.holders(tx, asked, tranche_id, moment)
        over = await store.succeeded(tx, asked, tranche_id, moment)
    found = await store.households(tx, who, asked, tranche_id, moment, window)
    rows, after = cut(found, window, lambda row: (row.batch_id, row.lo_fen, row.line))
    accounts = [Resting.model_validate(row, from_attributes=True) for row in holders if holds(who, row.region_code)]
    elsewhere = sum(row.fen for row in holders if not holds(who, row.region_code))
    vault: Vault = request.app.state.vault
    items = [
        PaidFromTranche(
            payment_id=f"{row.batch_id}-{row.line}",
            payee=payee_name(vault, asked, row.sealed_for, row.line, row.payee_cell),
            region_code=row.region_code,
            amount_fen=row.amount_fen,
            from_tranche_fen=row.from_tranche_fen,
            returned_fen=row.returned_fen,
            effective_on=row.effective_on,
        )
        for row in rows
    ]
    return TrancheTrace(
        tranche=tranche,
        accounts=accounts,
        elsewhere_fen=elsewhere,
        unexplained_fen=tranche.received_fen - sum(one.fen for one in accounts) - elsewhere,
        came_from=[Succeeded.model_validate(row, from_attributes=True) for row in over if row.side == "in"],
        went_to=[Succeeded.model_validate(row, from_attributes=True) for row in over if row.side == "out"],
        items=items,
        next=after,
        empty_because=None if items else "截至所查日期，这笔资金尚未支付到您管辖范围内的农户",
    )
