"""Moving money: hand down, pay, return, recover, reverse. Each loads, decides with `treasury.lots`, and records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.funds_api.lots import ledger, store
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.lots.refusals import (
    AlreadyReversed,
    MixedLines,
    NoOutsideAccount,
    NotReversible,
    NowhereToReturn,
    ReversalTooEarly,
    SpentOn,
    WrongAccount,
)
from services.funds_api.lots.schemas import (
    BackOrder,
    DrawAnswer,
    LotShare,
    MovementAnswer,
    MovementOrder,
    MovementsAnswer,
    OutOrder,
    ReverseOrder,
)
from services.funds_api.missing import Missing
from services.funds_api.tables import AccountRow
from services.funds_api.units import store as units
from services.funds_api.units.schemas import TERMINAL, UnitKind
from treasury.lots import Draw, Lot, after, draw_named, draw_oldest_first
from wire.funds import MoneyMoved

Made = tuple[Movement, list[Draw], list[Part]]


async def move(tx: AsyncSession, who: Principal, act: Act, county: str, order: MovementOrder) -> MovementsAnswer:
    """Carry out one order, whole or not at all; the same key acts once."""
    await act.claim(tx, county)
    match order:
        case OutOrder():
            made = await _out(tx, who, act, county, order)
        case BackOrder():
            made = await _back(tx, who, act, county, order)
        case ReverseOrder():
            made = await _reverse(tx, who, act, county, order)
    return await _record(tx, act, county, made)


async def _out(tx: AsyncSession, who: Principal, act: Act, county: str, order: OutOrder) -> list[Made]:
    source, *targets = await _accounts(
        tx, who, county, [order.from_account_id, *(line.to_account_id for line in order.lines)]
    )
    _must_hand_out(order, source, targets)
    named = [line.lots for line in order.lines if line.lots]
    if named and len(named) != len(order.lines):
        raise MixedLines(len(named), len(order.lines) - len(named))
    total = sum(line.amount_fen for line in order.lines)
    lots = await ledger.open_lots(
        tx,
        county,
        [source.id, *(target.id for target in targets)],
        source.id,
        upto=order.effective_on,
        fund=order.fund_code,
        need_fen=total,
        named=[share.lot_id for shares in named for share in shares] if named else None,
    )

    made: list[Made] = []
    for line in order.lines:
        draws = _draw(lots, line.amount_fen, line.lots, order)
        lots = after(lots, draws)
        movement = Movement(
            new_id(),
            order.kind,
            order.document,
            source.id,
            line.to_account_id,
            order.effective_on,
            line.amount_fen,
            act.actor,
            drawn="named" if line.lots else "oldest",
            note=order.note,
        )
        made.append((movement, draws, ledger.parts_of(movement, draws)))
    return made


async def _back(tx: AsyncSession, who: Principal, act: Act, county: str, order: BackOrder) -> list[Made]:
    [holder] = await _accounts(tx, who, county, [order.account_id])
    lots = await ledger.open_lots(
        tx,
        county,
        [holder.id],
        holder.id,
        upto=order.effective_on,
        fund=order.fund_code,
        need_fen=order.amount_fen,
        named=[share.lot_id for share in order.lots] if order.lots else None,
    )
    draws = _draw(lots, order.amount_fen, order.lots, order)
    origins = await store.origins(tx, county, [draw.lot.id for draw in draws])

    back: dict[UUID, list[Draw]] = defaultdict(list)
    for draw in draws:
        if draw.lot.id not in origins:
            raise NowhereToReturn(str(draw.lot.id))
        back[origins[draw.lot.id].account_id].append(draw)
    made: list[Made] = []
    for target, fed in sorted(back.items()):
        amount = sum(draw.amount_fen for draw in fed)
        movement = Movement(
            new_id(),
            order.kind,
            order.document,
            holder.id,
            target,
            order.effective_on,
            amount,
            act.actor,
            note=order.note,
        )
        parts = [
            Part(movement.id, new_id(), draw.amount_fen, from_lot=draw.lot.id, restores=origins[draw.lot.id].lot_id)
            for draw in fed
        ]
        made.append((movement, fed, parts))
    return made


async def _reverse(tx: AsyncSession, who: Principal, act: Act, county: str, order: ReverseOrder) -> list[Made]:
    undone = await store.movement(tx, who, county, order.movement_id)
    if undone is None:
        raise Missing("业务", str(order.movement_id))
    if undone.kind == "reverse":
        raise NotReversible(str(undone.id))
    if order.effective_on < undone.effective_on:
        raise ReversalTooEarly(order.effective_on, undone.effective_on)
    target = undone.from_account_id or await store.outside_account(tx, county)
    if target is None:
        raise NoOutsideAccount(county)
    brought = await store.lots_made_by(tx, county, undone.id)
    lots = await ledger.open_lots(
        tx,
        county,
        [undone.to_account_id, target],
        undone.to_account_id,
        upto=order.effective_on,
        named=[lot.id for lot in brought],
    )
    reversed_by = await store.reversal_of(tx, county, undone.id)
    if reversed_by is not None:
        raise AlreadyReversed(str(undone.id), str(reversed_by))
    whole = sum(lot.remaining_fen for lot in lots)
    if whole != undone.amount_fen:
        raise SpentOn(str(undone.id), undone.amount_fen - whole)

    draws = draw_named(lots, {lot.id: lot.remaining_fen for lot in lots}, order.effective_on)
    movement = Movement(
        new_id(),
        "reverse",
        order.document,
        undone.to_account_id,
        target,
        order.effective_on,
        undone.amount_fen,
        act.actor,
        drawn="named",
        reverses=undone.id,
        note=order.note,
    )
    fed = {lot.id: lot for lot in brought}
    parts = [
        # The money never rightly left, so its clock goes on from the lot that is restored.
        Part(
            movement.id,
            new_id(),
            draw.amount_fen,
            from_lot=draw.lot.id,
            restores=fed[draw.lot.id].fed_by,
            clock_from=fed[draw.lot.id].fed_by_clock_from,
        )
        for draw in draws
    ]
    return [(movement, draws, parts)]


def _draw(
    lots: Sequence[Lot], amount_fen: int, named: Sequence[LotShare] | None, order: OutOrder | BackOrder
) -> list[Draw]:
    if named is None:
        return draw_oldest_first(lots, amount_fen, order.effective_on)
    wanted: dict[UUID, int] = defaultdict(int)
    for share in named:
        wanted[share.lot_id] += share.amount_fen
    return draw_named(lots, wanted, order.effective_on)


def _must_hand_out(order: OutOrder, source: AccountRow, targets: Sequence[AccountRow]) -> None:
    """Money does not leave a terminal account; a payment ends at a contractor, a hand-down does not end."""
    if UnitKind(source.kind) in TERMINAL:
        raise WrongAccount(str(source.id), source.kind, order.kind)
    for target in targets:
        fits = target.kind == UnitKind.CONTRACTOR if order.kind == "pay" else UnitKind(target.kind) not in TERMINAL
        if not fits or target.id == source.id:
            raise WrongAccount(str(target.id), target.kind, order.kind)


async def _accounts(tx: AsyncSession, who: Principal, county: str, ids: Sequence[UUID]) -> list[AccountRow]:
    """The named accounts in the order named, each visible to the caller."""
    found = {row.id: row for row, _ in await units.accounts(tx, who, county, ids=ids)}
    for wanted in ids:
        if wanted not in found:
            raise Missing("账户", str(wanted))
    return [found[wanted] for wanted in ids]


async def _record(tx: AsyncSession, act: Act, county: str, made: Sequence[Made]) -> MovementsAnswer:
    await ledger.post(
        tx, county, [movement for movement, _, _ in made], [part for _, _, parts in made for part in parts]
    )
    ends = {end for movement, _, _ in made for end in (movement.source, movement.target) if end}
    regions = await store.regions_of(tx, county, sorted(ends))
    moved = [ledger.as_moved(movement, draws, parts, regions) for movement, draws, parts in made]
    total = sum(movement.amount_fen for movement, _, _ in made)
    answer = MovementsAnswer(
        total_fen=total,
        unexplained_fen=total - sum(draw.amount_fen for one in moved for draw in one.draws),
        movements=[
            MovementAnswer(
                id=one.movement_id,
                kind=one.kind,
                document=one.document,
                effective_on=one.effective_on,
                from_account_id=one.from_account_id,
                to_account_id=one.to_account_id,
                amount_fen=one.amount_fen,
                reverses_id=one.reverses_id,
                draws=[DrawAnswer(**draw.model_dump()) for draw in one.draws],
            )
            for one in moved
        ],
    )
    await act.record(tx, county, MoneyMoved(county_code=county, movements=moved), answer)
    return answer
