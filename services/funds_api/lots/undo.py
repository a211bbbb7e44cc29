"""Undoing: one movement, or one with all that its money went on to, the last first. Each undoes exactly once (law 3).

What a movement brought may stand in its account as other lots by now: what left and was undone or came back is a lot
that restores the one it left. Those stand for it, so a chain can be undone link by link, at once or one by one.
What a payment had drawn of a hold, whoever it was kept for, is kept again when that payment is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.missing import Missing
from services.funds_api import access
from services.funds_api.funds.judge import Breach
from services.funds_api.holds import store as holds
from services.funds_api.lots import again, followed, ledger, store
from services.funds_api.lots.decide import Made
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.lots.refusals import (
    AlreadyReversed,
    ChainTooLong,
    NoOutsideAccount,
    NotReversible,
    PaidAgain,
    PartOfSuccession,
    ReversalTooEarly,
)
from services.funds_api.lots.schemas import ReverseOrder
from services.funds_api.orders import claims
from services.funds_api.projects import restored
from services.funds_api.quarantines import store as quarantines
from services.funds_api.tables import MovementRow
from treasury.errors import MoneyHeld
from treasury.lots import draw_named

MAX_CHAIN = 200


async def reverse(
    tx: AsyncSession, who: Principal, county: str, order: ReverseOrder, actor: str
) -> tuple[list[Made], list[Breach]]:
    """Undo the movement (with `cascade`: and what followed from it, newest first) and post each reversal.

    With the breaches of terms that are only flagged: what had come back is spent again.
    """
    undone = await store.movement(tx, who, county, order.movement_id)
    if undone is None:
        raise Missing("业务", str(order.movement_id))
    if undone.kind == "reverse":
        raise NotReversible(str(undone.id))
    access.must_hold(who, undone.to_region)  # where the money went is where it is taken from
    chain = await _with_what_followed(tx, who, county, undone) if order.cascade else [undone]
    await _must_stand_alone(tx, county, chain)
    latest = max(one.effective_on for one in chain)
    if order.effective_on < latest:
        raise ReversalTooEarly(order.effective_on, latest)
    spent_again = await again.foreseen(tx, who, county, chain, order.effective_on)
    outside = await store.outside_account(tx, county) if any(one.from_account_id is None for one in chain) else None
    ends = {end for one in chain for end in (one.from_account_id or outside, one.to_account_id) if end}
    await ledger.open_lots(tx, county, sorted(ends), undone.to_account_id, upto=order.effective_on, named=[])
    projects = await restored.before(tx, who, county, chain)

    made: list[Made] = []
    for one in chain:
        # The lot that is restored may lie above the caller, and its clock goes on all the same.
        async with store.whole_county(tx, who, county):
            stands = await store.stands_for(tx, county, one.id)
        back = await undo_one(tx, county, order, one, stands, one.from_account_id or outside, actor)
        await ledger.post(tx, county, [back.movement], back.parts)
        made.append(back)
    if any(one.kind == "return" for one in chain):
        await claims.must_stay_free(tx, who, county, [one.id for one in chain])
    # Only now: what came back to one account may have gone on to the one it had come from.
    for one, back in zip(chain, made, strict=True):
        if one.batch_id is not None or one.hold_id is not None:
            back.holds.extend(await holds.keep_again(tx, county, back.movement.id))
    await restored.hear(tx, who, county, projects, order.effective_on)
    return made, await again.hear(tx, county, spent_again, order.effective_on)


async def _with_what_followed(
    tx: AsyncSession, who: Principal, county: str, undone: MovementRow
) -> Sequence[MovementRow]:
    """The movement and all that its money went on to, the last first."""
    chain = await store.chain(tx, who, county, undone.id, MAX_CHAIN + 1)
    if len(chain) > MAX_CHAIN:
        raise ChainTooLong(str(undone.id), MAX_CHAIN)
    return chain


async def _must_stand_alone(tx: AsyncSession, county: str, chain: Sequence[MovementRow]) -> None:
    """Money that went over to another county, or came from one, is undone in both or in neither."""
    sides = [one.id for one in chain if one.kind in {"succeed", "receive"}]
    found = await store.succession_of(tx, county, sides) if sides else None
    if found is not None:
        raise PartOfSuccession(*found)


async def undo_one(
    tx: AsyncSession,
    county: str,
    order: ReverseOrder,
    undone: MovementRow,
    stands: Sequence[store.Brought],
    target: UUID | None,
    actor: str,
) -> Made:
    """What undoes one movement with its accounts locked, not posted yet, out of what stands for what it brought.

    A receipt goes to `target`, the outside.
    """
    if target is None:
        raise NoOutsideAccount(county)
    await _unkeep(tx, county, undone)
    lots = await ledger.open_lots(
        tx,
        county,
        [undone.to_account_id, target],
        undone.to_account_id,
        upto=order.effective_on,
        named=[lot.id for lot in stands],
    )
    reversed_by = await store.reversal_of(tx, county, undone.id)
    if reversed_by is not None:
        raise AlreadyReversed(str(undone.id), str(reversed_by))
    whole, held = sum(lot.remaining_fen for lot in lots), sum(lot.held_fen for lot in lots)
    if whole != undone.amount_fen:
        spent_fen = undone.amount_fen - whole
        raise await followed.refusal(tx, county, undone.id, [lot.id for lot in stands], spent_fen)
    if held:
        async with quarantines.named(tx, county, undone.to_account_id, lots=[lot.id for lot in lots]):
            raise MoneyHeld(whole, whole - held, held, order.effective_on)

    released = [ledger.released(lot) for lot in lots]
    draws = draw_named(released, {lot.id: lot.remaining_fen for lot in released}, order.effective_on)
    movement = Movement(
        new_id(),
        "reverse",
        order.document,
        undone.to_account_id,
        target,
        order.effective_on,
        undone.amount_fen,
        actor,
        drawn="named",
        reverses=undone.id,
        note=order.note,
    )
    fed = {lot.id: lot for lot in stands}
    parts = [
        # The money never rightly left, so its clock goes on from the lot that is restored, and so does its retention.
        Part(
            movement.id,
            new_id(),
            draw.amount_fen,
            from_lot=draw.lot.id,
            restores=fed[draw.lot.id].fed_by,
            clock_from=fed[draw.lot.id].fed_by_clock_from,
            release_on=fed[draw.lot.id].fed_by_release_on,
            fiscal_year=fed[draw.lot.id].fed_by_year,
        )
        for draw in draws
    ]
    return Made(movement, draws, parts)


async def _unkeep(tx: AsyncSession, county: str, undone: MovementRow) -> None:
    """Undoing the return of a row ends the hold that kept it; refused once the household was paid the same again."""
    for back in await store.returns_of(tx, county, [undone.id]):
        if back.next_batch is not None:
            paid, again = f"{back.batch_id}-{back.line}", f"{back.next_batch}-{back.next_line}"
            raise PaidAgain(paid, again)
        if back.live_hold is not None:
            await holds.void(tx, county, back.live_hold)
