"""Moving money: each order loads, decides (`decide.py`, `undo.py`) and records.

A plain hand-down or payment is decided on a look that locks nothing and written by one statement, which refuses what
was decided too late; everything else, and what was refused so, is decided again with the accounts locked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.connections import Alone
from chassis.identity import Principal
from chassis.journal import Act, Recorded
from chassis.missing import Missing
from services.funds_api.funds import guard
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import Breach
from services.funds_api.funds.refusals import told
from services.funds_api.holds import store as holds
from services.funds_api.lots import decide, ledger, questions, shortfall, store, undo
from services.funds_api.lots.decide import Made
from services.funds_api.lots.ledger import Books, End, Movement
from services.funds_api.lots.refusals import NoContractHere, WrongAccount
from services.funds_api.lots.schemas import (
    BackOrder,
    CarryOverOrder,
    DrawAnswer,
    LeftHeld,
    MovementAnswer,
    MovementOrder,
    MovementsAnswer,
    OutOrder,
    ReverseOrder,
    TakeBackOrder,
)
from services.funds_api.projects import gate, uses
from services.funds_api.quarantines import store as quarantines
from services.funds_api.quarantines.keeping import for_its_finding, own_first
from services.funds_api.recoveries import service as recoveries
from services.funds_api.recoveries import store as answering
from services.funds_api.retentions import service as retentions
from services.funds_api.retentions.store import Kept
from services.funds_api.units import store as units
from services.funds_api.units.schemas import UnitKind
from treasury.errors import LotNotOpen, MoneyHeld, MoneyNotThere
from treasury.lots import draw_named
from wire.money import MoneyMoved
from wire.quarantines import QuarantineChanged


async def move_at_once(single: Alone, act: Act, county: str, order: OutOrder) -> MovementsAnswer | None:
    """Carry out a plain order in two round trips, or do nothing and answer None: then it has to be decided under locks.

    Nothing is locked while anybody waits for the network, so orders from one account follow each other as fast as the
    database writes them. None also when the key is not new, or when the database knows a reason to refuse.
    """
    books = await ledger.look(
        single,
        act,
        county,
        _accounts_of(order),
        upto=order.effective_on,
        fund=order.fund_code,
        need_fen=_need(order),
        named=_named(order),
    )
    if books is None:
        return None
    _must_know(books.ends, _accounts_of(order))
    bound = {UnitKind.PROJECT_UNIT, UnitKind.RETENTION} & {UnitKind(one.kind) for one in books.ends.values()}
    if bound or order.contract_id is not None:
        return None  # what the project library asks, and whose a retention is, is asked under locks
    try:
        made = decide.out(order, books, act.actor)
    except (MoneyNotThere, MoneyHeld, LotNotOpen):
        return None  # what else the account has, who holds it, or that nobody has listed the fund, is told under locks
    if not guard.passes(_asked(order, made), books.terms):
        return None
    answer, event = _told(county, made, books.ends)
    movements, parts = [one.movement for one in made], [part for one in made for part in one.parts]
    try:
        await ledger.act_at_once(single, act, county, movements, parts, Recorded.of(event, answer))
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "").startswith(("QL", "23")):
            return None
        raise
    return answer


async def move(tx: AsyncSession, who: Principal, act: Act, county: str, order: MovementOrder) -> MovementsAnswer:
    """Carry out one order with its accounts locked, whole or not at all; the same key acts once."""
    await act.claim(tx, county)
    if isinstance(order, OutOrder) and order.kind == "pay" and order.use is None:
        order = order.model_copy(update={"use": await uses.of_payment(tx, who, county, order)})
    breaches: list[Breach] = []
    kept: Kept | None = None
    finding = order.finding_id if isinstance(order, BackOrder) else None
    if isinstance(order, ReverseOrder):
        made, breaches = await undo.reverse(tx, who, county, order, act.actor)
    else:
        async with _explained(tx, county, order):
            made = await _decided(tx, who, act, county, order)
        if isinstance(order, OutOrder):
            breaches = await guard.hear(tx, county, _asked(order, made))
        movements = [one.movement for one in made]
        await _post(tx, county, made, finding)
        if isinstance(order, OutOrder) and order.kind == "retain":
            kept = await _keep(tx, who, county, order, movements)
        await gate.hold(tx, who, county, movements)
    answer, event = _told(county, made, await store.ends(tx, county, _ends_of(made)), breaches)
    if isinstance(order, CarryOverOrder):
        left = [LeftHeld.model_validate(row, from_attributes=True) for row in await _left(tx, county, order)]
        answer = answer.model_copy(update={"left_held": left, "left_held_fen": sum(one.amount_fen for one in left)})
    if kept is not None:
        event = event.model_copy(update={"contractor_id": kept.contractor_id, "contract_id": kept.contract_id})
    answer = answer.model_copy(update={"finding_id": finding})
    event = event.model_copy(update={"finding_id": finding, "quarantines": await _quarantines(tx, county, order, made)})
    await act.record(tx, county, event, answer)
    if breaches:
        await questions.ask(tx, who, act, county, made, breaches)
    return answer


async def _post(tx: AsyncSession, county: str, made: Sequence[Made], finding: UUID | None) -> None:
    """Write what was decided; a recovery that names a finding draws that finding's money alone, and says so.

    What is quarantined for that finding it draws first, in the same act; nobody else draws it.
    """
    movements = [one.movement for one in made]
    if finding is not None:
        await recoveries.must_be_of(tx, county, finding, [draw for one in made for draw in one.draws])
    await ledger.post(tx, county, movements, [part for one in made for part in one.parts], finding=finding)
    if finding is not None:
        await answering.add(tx, county, finding, [one.id for one in movements])


async def _quarantines(
    tx: AsyncSession, county: str, order: MovementOrder, made: Sequence[Made]
) -> list[QuarantineChanged]:
    """What these movements changed in quarantines: only recoveries for a finding do, and what undoes them."""
    if isinstance(order, ReverseOrder) or (isinstance(order, BackOrder) and order.finding_id is not None):
        return await quarantines.changed_by(tx, county, [one.movement.id for one in made])
    return []


async def _keep(tx: AsyncSession, who: Principal, county: str, order: OutOrder, movements: Sequence[Movement]) -> Kept:
    """Write for whom these written movements keep what they brought, and tell it."""
    ends = {one.id: one for one in await store.visible_ends(tx, who, county, _accounts_of(order))}
    kept = await retentions.named(tx, who, county, ends[order.from_account_id], order.contract_id, order.contractor_id)
    await retentions.record(tx, county, movements, {one.id: one.region_code for one in ends.values()}, kept)
    return kept


def _asked(order: OutOrder, made: Sequence[Made]) -> guard.Asked:
    """An order as the terms of its funds are asked about it: all its lines together, for sums have no lines."""
    draws = [draw for one in made for draw in one.draws]
    return guard.Asked(order.kind, order.effective_on, order.use, UnitKind.CONTRACTOR, draws)


async def _decided(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder,
) -> list[Made]:
    accounts = _accounts_of(order)
    ends = {one.id: one for one in await store.visible_ends(tx, who, county, accounts)}
    _must_know(ends, accounts)
    if isinstance(order, OutOrder) and any(
        one.kind in {UnitKind.PROJECT_UNIT, UnitKind.RETENTION} for one in ends.values()
    ):
        await gate.still(tx, who, county, accounts)
    if isinstance(order, OutOrder) and order.use is not None:
        if not await funds.use_known(tx, order.use):
            raise Missing("用途", order.use)
        if order.fund_code:
            await guard.hold_fund(tx, county, order.use, [order.fund_code])
        else:
            await guard.hold_funds_of(tx, county, order.use, accounts[0])
    held = await _kept(tx, who, county, order)
    of_finding = isinstance(order, BackOrder) and order.finding_id is not None
    whole = held is not None or of_finding or ends[accounts[0]].kind in {UnitKind.BANK, UnitKind.RETENTION}
    lots = await ledger.open_lots(
        tx,
        county,
        sorted(set(accounts)),
        accounts[0],
        upto=order.effective_on,
        fund=order.fund_code,
        need_fen=None if whole else _need(order),
        named=list(held) if held else _named(order),
    )
    await _kept(tx, who, county, order)  # still, now that the account is locked
    books = Books(ends, lots)
    match order:
        case OutOrder():
            # A fund that came to the account only after its funds were asked for.
            await guard.hold_fund(tx, county, order.use, {lot.fund for lot in lots})
            payable = await _payable(tx, who, county, order, books)
            return decide.out(order, books, act.actor, held, payable)
        case TakeBackOrder():
            return decide.take_back(order, books, act.actor)
        case CarryOverOrder():
            return decide.carry_over(order, books, act.actor)
        case BackOrder():
            return await _back(tx, county, order, books, act.actor)


async def _payable(
    tx: AsyncSession, who: Principal, county: str, order: OutOrder, books: Books
) -> dict[UUID, set[UUID]] | None:
    """The lots that a deposit may pay each line's contractor from; None where the money is of no deposit."""
    source = books.ends[order.from_account_id]
    if source.kind != UnitKind.RETENTION or order.kind != "pay":
        if order.contract_id is not None and order.kind == "pay":
            raise NoContractHere(str(source.id), source.kind, "release")
        return None
    decide.must_hand_out(order.kind, source, [books.ends[line.to_account_id] for line in order.lines])
    asked: dict[UUID, int] = defaultdict(int)
    chosen: dict[UUID, set[UUID]] = defaultdict(set)
    for line in order.lines:
        asked[line.to_account_id] += line.amount_fen
        chosen[line.to_account_id] |= {share.lot_id for share in line.lots or ()}
    payable: dict[UUID, set[UUID]] = {}
    for account, _ in await units.accounts(tx, who, county, ids=sorted(asked)):
        lots = [lot for lot in books.lots if not chosen[account.id] or lot.id in chosen[account.id]]
        own = await retentions.of_payee(
            tx,
            county,
            lots,
            account.unit_id,
            asked[account.id],
            order.contract_id,
            chosen=bool(chosen[account.id]) or order.hold_id is not None,
        )
        payable[account.id] = {lot.id for lot in own}
    return payable


async def _back(tx: AsyncSession, county: str, order: BackOrder, books: Books, actor: str) -> list[Made]:
    """What goes back; from a bank only what the payee of an order gave back, since the rest is on its way."""
    lots = books.lots
    if books.ends[order.account_id].kind == UnitKind.BANK:
        given = await store.given_back(tx, county, [lot.id for lot in lots])
        lots = [lot for lot in lots if lot.id in given]
        if not lots:
            raise WrongAccount(str(order.account_id), UnitKind.BANK, order.kind)
    lots = [ledger.released(lot) for lot in lots]
    own = await quarantines.own(tx, county, order.finding_id) if order.finding_id is not None else {}
    if own and order.lots is None:
        wanted = own_first(lots, own, order.amount_fen, order.effective_on)
        draws = draw_named(for_its_finding(lots, own), wanted, order.effective_on)
    else:
        draws = decide.draw(for_its_finding(lots, own), order.amount_fen, order.lots, order.effective_on)
    origins = await store.origins(tx, county, [draw.lot.id for draw in draws])
    return decide.back(order, books, origins, draws, actor, named=bool(own))


async def _kept(
    tx: AsyncSession, who: Principal, county: str, order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder
) -> dict[UUID, int] | None:
    """What the hold that an order pays from keeps of which lot; None without one."""
    if not isinstance(order, OutOrder) or order.hold_id is None:
        return None
    return await holds.kept(tx, who, county, order.hold_id, account=order.from_account_id, today=ledger.today())


async def _left(tx: AsyncSession, county: str, order: CarryOverOrder) -> Sequence[Row[Any]]:
    """What holds keep of the year that is carried over, hold by hold: all that is left of it."""
    return await holds.keeping(
        tx,
        county,
        order.account_id,
        year=order.from_year,
        fund=order.fund_code,
        upto=order.effective_on,
        today=ledger.today(),
    )


def _explained(
    tx: AsyncSession, county: str, order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder
) -> AbstractAsyncContextManager[None]:
    """What the account drawn from has besides, should it not do; who names the lots is told about those alone."""
    return shortfall.explained(tx, county, _accounts_of(order)[0], order.fund_code, named=_named(order))


def _accounts_of(order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder) -> list[UUID]:
    """The accounts an order names, the one it draws from first."""
    match order:
        case OutOrder():
            return [order.from_account_id, *(line.to_account_id for line in order.lines)]
        case TakeBackOrder():
            return [order.account_id, order.to_account_id]
        case _:
            return [order.account_id]


def _need(order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder) -> int | None:
    """How many fen have to be looked at; None for all: shares are of everything, and so is what a year leaves."""
    match order:
        case OutOrder():
            return None if order.drawn == "proportional" else sum(line.amount_fen for line in order.lines)
        case CarryOverOrder():
            return None
        case _:
            return order.amount_fen


def _named(order: OutOrder | BackOrder | TakeBackOrder | CarryOverOrder) -> list[UUID] | None:
    match order:
        case OutOrder():
            shares = [share for line in order.lines for share in line.lots or ()]
        case CarryOverOrder():
            return None
        case _:
            shares = list(order.lots or ())
    return [share.lot_id for share in shares] or None


def _must_know(ends: dict[UUID, End], wanted: Iterable[UUID]) -> None:
    for one in wanted:
        if one not in ends:
            raise Missing("账户", str(one))


def _ends_of(made: Sequence[Made]) -> list[UUID]:
    return sorted({end for one in made for end in (one.movement.source, one.movement.target) if end})


def _told(
    county: str, made: Sequence[Made], ends: dict[UUID, End], breaches: Sequence[Breach] = ()
) -> tuple[MovementsAnswer, MoneyMoved]:
    """What the caller is answered, and what the journal tells."""
    regions = {one.id: one.region_code for one in ends.values()}
    moved = [ledger.as_moved(one.movement, one.draws, one.parts, regions) for one in made]
    total = sum(one.movement.amount_fen for one in made)
    holds_again = [hold for one in made for hold in one.holds]
    answer = MovementsAnswer(
        total_fen=total,
        flagged=told(breaches),
        holds=holds_again,
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
                drawn=made_one.movement.drawn,
                use=made_one.movement.use,
                draws=[
                    DrawAnswer(
                        from_lot_id=draw.from_lot_id,
                        to_lot_id=draw.to_lot_id,
                        amount_fen=draw.amount_fen,
                        days_rested=draw.days_rested,
                    )
                    for draw in one.draws
                ],
            )
            for one, made_one in zip(moved, made, strict=True)
        ],
    )
    return answer, MoneyMoved(county_code=county, movements=moved, holds=holds_again)
