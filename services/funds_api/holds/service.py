"""Placing and voiding holds. A hold is posted by the movement that pays from it (`hold_id` of an order)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.holds import store
from services.funds_api.holds.schemas import HeldLot, Hold, HoldRequest, HoldStatus
from services.funds_api.households import masks
from services.funds_api.lots import decide, ledger
from services.funds_api.lots import store as lots
from services.funds_api.lots.refusals import DocumentHolds, ExpiryPassed, WrongAccount
from services.funds_api.lots.shortfall import explained
from services.funds_api.moments import Moment
from services.funds_api.tables import HoldLotRow
from treasury.documents import normalise_document
from wire.money import HoldPlaced, HoldVoided

# What an answer shows of a hold beyond what it was asked to be.
_SHOWN: Final = {
    "lots",
    "unexplained_fen",
    "status",
    "county_code",
    "region_code",
    "placed_on",
    "ended_on",
    "posted_fen",
    "freed_fen",
}


async def place(tx: AsyncSession, who: Principal, act: Act, county: str, request: HoldRequest, today: date) -> Hold:
    """Keep free fen of the account for one payment; nothing else draws them until the hold is over."""
    await act.claim(tx, county)
    ends = await lots.visible_ends(tx, who, county, [request.account_id])
    if not ends:
        raise Missing("账户", str(request.account_id))
    if request.expires_on is not None and request.expires_on < today:
        raise ExpiryPassed(request.expires_on, today)
    if ends[0].kind in decide.CLOSED:
        raise WrongAccount(str(request.account_id), ends[0].kind, "hold")
    there = await ledger.open_lots(
        tx,
        county,
        [request.account_id],
        request.account_id,
        upto=today,
        fund=request.fund_code,
        need_fen=request.amount_fen,
        named=[share.lot_id for share in request.lots] if request.lots else None,
    )
    earlier = await store.live_by_document(tx, county, request.account_id, normalise_document(request.document), today)
    if earlier is not None:
        raise DocumentHolds(earlier.document, str(earlier.id), earlier.amount_fen)
    free = [ledger.released(lot) for lot in there]
    named = [share.lot_id for share in request.lots] if request.lots else None
    async with explained(tx, county, request.account_id, request.fund_code, named=named):
        draws = decide.draw(free, request.amount_fen, request.lots, today)
    hold = Hold(
        id=new_id(),
        county_code=county,
        account_id=request.account_id,
        region_code=ends[0].region_code,
        fund_code=request.fund_code,
        amount_fen=request.amount_fen,
        document=request.document,
        purpose=request.purpose,
        expires_on=request.expires_on,
        status=HoldStatus.HELD,
        placed_on=today,
        ended_on=None,
        posted_fen=0,
        freed_fen=0,
        lots=[HeldLot(lot_id=draw.lot.id, amount_fen=draw.amount_fen) for draw in draws],
        unexplained_fen=request.amount_fen - sum(draw.amount_fen for draw in draws),
    )
    told = hold.model_dump(exclude=_SHOWN)
    await store.place(
        tx, county, {**told, "actor": act.actor, "today": today}, {one.lot_id: one.amount_fen for one in hold.lots}
    )
    event = HoldPlaced(
        hold_id=hold.id,
        county_code=county,
        account_id=hold.account_id,
        amount_fen=hold.amount_fen,
        expires_on=hold.expires_on,
        document=hold.document,
    )
    await act.record(tx, county, event, hold)
    return hold


async def void(tx: AsyncSession, who: Principal, act: Act, county: str, hold: UUID, reason: str, today: date) -> Hold:
    """End a hold that was not posted; its fen are free again."""
    await act.claim(tx, county)
    await store.must_be_for(tx, county, await store.in_force(tx, who, county, hold, today), None)
    kept = await store.lots_of(tx, county, [hold])
    await store.void(tx, county, hold)
    answer = hold_of(await store.one(tx, who, county, hold, Moment(date.max)), kept, date.max)
    event = HoldVoided(hold_id=hold, county_code=county, reason=masks.free_text(reason))
    await act.record(tx, county, event, answer, status=200)
    return answer


def hold_of(row: Row[Any], kept: Sequence[HoldLotRow], on: date) -> Hold:
    """A hold as it stood on a day; what of it was neither posted nor is held any more is free again."""
    own = [one for one in kept if one.hold_id == row.id]
    status = HoldStatus(store.status_of(row, on))
    ended = status in {HoldStatus.POSTED, HoldStatus.VOIDED}
    posted_fen = row.posted_fen if ended else 0
    return Hold(
        id=row.id,
        county_code=row.county_code,
        account_id=row.account_id,
        region_code=row.region_code,
        fund_code=row.fund_code,
        amount_fen=row.amount_fen,
        document=row.document,
        purpose=row.purpose,
        expires_on=row.expires_on,
        status=status,
        placed_on=row.placed_on,
        ended_on=row.ended_on if ended else None,
        posted_fen=posted_fen,
        freed_fen=0 if status == HoldStatus.HELD else row.amount_fen - posted_fen,
        lots=[HeldLot(lot_id=one.lot_id, amount_fen=one.amount_fen) for one in own],
        unexplained_fen=row.amount_fen - sum(one.amount_fen for one in own),
    )
