"""What an order moves, decided from one look at the books: which lots give how much, and what they become. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from chassis.ids import new_id
from services.funds_api.lots.ledger import Books, End, Movement, Part, parts_of
from services.funds_api.lots.refusals import (
    BookNotKept,
    FundNeeded,
    HoldTooSmall,
    MixedLines,
    NothingToCarry,
    NowhereToReturn,
    SameAccount,
    WrongAccount,
    WrongBook,
)
from services.funds_api.lots.schemas import BackOrder, CarryOverOrder, LotShare, OutOrder, TakeBackOrder
from services.funds_api.lots.store import Origin
from services.funds_api.units.schemas import TERMINAL, Book, UnitKind
from treasury.lots import Draw, Lot, after, draw_named, draw_oldest_first, draw_proportionally

# Money in transit moves by a treasury order and the bank's own word alone (orders/service.py); officials reverse it.
CLOSED: Final = TERMINAL | {UnitKind.BANK}


@dataclass(frozen=True, slots=True)
class Made:
    """One movement with the draws that feed it and the lots it makes, draw by draw; `holds` are those it renews."""

    movement: Movement
    draws: list[Draw]
    parts: list[Part]
    holds: list[UUID] = field(default_factory=list)


def out(
    order: OutOrder,
    books: Books,
    actor: str,
    held: Mapping[UUID, int] | None = None,
    payable: Mapping[UUID, Collection[UUID]] | None = None,
) -> list[Made]:
    """The movements of a hand-down, payment or retention, line by line; `held` is what its hold keeps of which lot.

    `payable` names the lots of a deposit that each account may be paid from; without it any lot pays any line.
    """
    source = books.ends[order.from_account_id]
    must_hand_out(order.kind, source, [books.ends[line.to_account_id] for line in order.lines])
    must_name_fund(order.fund_code, source, held=held is not None)
    named = sum(1 for line in order.lines if line.lots)
    if named and named != len(order.lines):
        raise MixedLines(named, len(order.lines) - named)
    asked = sum(line.amount_fen for line in order.lines)
    lots = books.lots if held is None else held_only(order.hold_id, asked, books.lots, held)
    if len(order.lines) > 1 and not named and payable is None:
        # Too little is told of the whole document, not of the line at which the lots ran out.
        draw_oldest_first(lots, asked, order.effective_on)

    made: list[Made] = []
    for line in order.lines:
        own = lots if payable is None else [lot for lot in lots if lot.id in payable[line.to_account_id]]
        if line.lots:
            drawn, draws = "named", draw_named(own, _wanted(line.lots), order.effective_on)
        elif order.drawn == "proportional":
            drawn, draws = "proportional", draw_proportionally(own, line.amount_fen, order.effective_on)
        else:
            drawn, draws = "oldest", draw_oldest_first(own, line.amount_fen, order.effective_on)
        lots = after(lots, draws)
        movement = Movement(
            new_id(),
            order.kind,
            order.document,
            source.id,
            line.to_account_id,
            order.effective_on,
            line.amount_fen,
            actor,
            drawn=drawn if held is None and payable is None else "named",
            note=order.note,
            fund=order.fund_code,
            use=order.use,
            hold=order.hold_id,
        )
        made.append(Made(movement, draws, parts_of(movement, draws, order.release_on)))
    return made


def back(
    order: BackOrder,
    books: Books,
    origins: Mapping[UUID, Origin],
    draws: Sequence[Draw],
    actor: str,
    *,
    named: bool = False,
) -> list[Made]:
    """The movements that bring `draws` back to the accounts they came from, each part restoring the lot above it.

    A receipt that was undone stays outside. A household's money comes back row by row (returns/), or is recovered. From
    a bank only what it was given back is drawn, which says nothing of what had arrived before.
    """
    source = books.ends[order.account_id]
    closed = {UnitKind.OUTSIDE} | ({UnitKind.HOUSEHOLDS} if order.kind == "return" else set())
    if UnitKind(source.kind) in closed:
        raise WrongAccount(str(source.id), source.kind, order.kind)
    by_account: dict[UUID, list[Draw]] = defaultdict(list)
    for draw in draws:
        if draw.lot.id not in origins:
            raise NowhereToReturn(str(draw.lot.id))
        by_account[origins[draw.lot.id].account_id].append(draw)
    made: list[Made] = []
    for target, fed in sorted(by_account.items()):
        movement = Movement(
            new_id(),
            order.kind,
            order.document,
            source.id,
            target,
            order.effective_on,
            sum(draw.amount_fen for draw in fed),
            actor,
            drawn="named" if order.lots or named or source.kind == UnitKind.BANK else "oldest",
            note=order.note,
            fund=order.fund_code,
        )
        parts = [
            Part(movement.id, new_id(), draw.amount_fen, from_lot=draw.lot.id, restores=origins[draw.lot.id].lot_id)
            for draw in fed
        ]
        made.append(Made(movement, fed, parts))
    return made


def take_back(order: TakeBackOrder, books: Books, actor: str) -> list[Made]:
    """The movement that brings unused money to the treasury, or from the treasury to the level above."""
    source, treasury = books.ends[order.account_id], books.ends[order.to_account_id]
    if UnitKind(source.kind) in CLOSED:
        raise WrongAccount(str(source.id), source.kind, order.kind)
    if treasury.kind == UnitKind.OUTSIDE:
        if source.kind != UnitKind.TREASURY:
            raise WrongAccount(str(source.id), source.kind, order.kind)
    elif treasury.id == source.id:
        raise SameAccount(str(treasury.id), treasury.kind, order.kind)
    elif treasury.kind != UnitKind.TREASURY:
        raise WrongAccount(str(treasury.id), treasury.kind, order.kind)
    else:
        _must_keep_the_book(order.kind, source, treasury)
    draws = draw(books.lots, order.amount_fen, order.lots, order.effective_on)
    movement = Movement(
        new_id(),
        order.kind,
        order.document,
        source.id,
        treasury.id,
        order.effective_on,
        order.amount_fen,
        actor,
        drawn="named" if order.lots else "oldest",
        note=order.note,
        fund=order.fund_code,
    )
    return [Made(movement, draws, parts_of(movement, draws))]


def carry_over(order: CarryOverOrder, books: Books, actor: str) -> list[Made]:
    """The movement that puts what an account has free of one budget year into the next; every clock goes on.

    What is held stays in its year, however long the hold lasts: it was kept for one payment out of that budget. What
    the hold sets free is carried over by a later document.
    """
    account = books.ends[order.account_id]
    if UnitKind(account.kind) in CLOSED:
        raise WrongAccount(str(account.id), account.kind, order.kind)
    lots = [lot for lot in books.lots if lot.fiscal_year == order.from_year and lot.arrived_on <= order.effective_on]
    draws = [Draw(lot, lot.free_fen, (order.effective_on - lot.arrived_on).days) for lot in lots if lot.free_fen]
    if not draws:
        raise NothingToCarry(str(account.id), order.from_year, sum(lot.held_fen for lot in lots))
    movement = Movement(
        new_id(),
        order.kind,
        order.document,
        account.id,
        account.id,
        order.effective_on,
        sum(draw.amount_fen for draw in draws),
        actor,
        drawn="named",
        note=order.note,
    )
    parts = [
        Part(
            movement.id,
            new_id(),
            draw.amount_fen,
            from_lot=draw.lot.id,
            restores=draw.lot.id,
            clock_from=draw.lot.clock_from,
            fiscal_year=order.from_year + 1,
            release_on=draw.lot.release_on,
        )
        for draw in draws
    ]
    return [Made(movement, draws, parts)]


def draw(lots: Sequence[Lot], amount_fen: int, named: Sequence[LotShare] | None, on: date) -> list[Draw]:
    """The draws of an amount: from the named lots, else the oldest first."""
    return draw_oldest_first(lots, amount_fen, on) if named is None else draw_named(lots, _wanted(named), on)


def _wanted(shares: Iterable[LotShare]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = defaultdict(int)
    for share in shares:
        wanted[share.lot_id] += share.amount_fen
    return wanted


def held_only(hold: UUID | None, asked_fen: int, lots: Sequence[Lot], held: Mapping[UUID, int]) -> list[Lot]:
    """Of each of these lots what a hold keeps, which is free for the holder alone; `HoldTooSmall` when it is less."""
    own = [replace(lot, remaining_fen=held[lot.id], held_fen=0) for lot in lots if lot.id in held]
    kept = sum(lot.remaining_fen for lot in own)
    if asked_fen > kept:
        raise HoldTooSmall(str(hold), asked_fen, kept)
    return own


def must_name_fund(fund: str | None, source: End, *, held: bool) -> None:
    """Refuse to draw whatever fund, except from a project that pools several, its retention, or what a hold keeps."""
    pooled = held or source.kind in {UnitKind.PROJECT_UNIT, UnitKind.RETENTION}
    if fund is None and not pooled:
        raise FundNeeded(str(source.id), source.kind)


def must_hand_out(kind: str, source: End, targets: Sequence[End]) -> None:
    """Refuse accounts that a hand-down, payment or retention cannot join.

    Money does not leave a terminal account; a payment ends at a contractor and does not come out of a quota; a
    retention ends at a retention account and keeps the book, and so does a hand-down, which does not end, nor does it
    put money in transit.
    """
    if UnitKind(source.kind) in CLOSED or (source.kind == UnitKind.RETENTION and kind != "pay"):
        raise WrongAccount(str(source.id), source.kind, kind)
    if kind == "pay" and source.book == Book.QUOTA:
        raise WrongBook(str(source.id), source.book, kind)
    for target in targets:
        if target.id == source.id:
            raise SameAccount(str(target.id), target.kind, kind)
        match kind:
            case "pay":
                fits = target.kind == UnitKind.CONTRACTOR
            case "retain":
                fits = target.kind == UnitKind.RETENTION
            case _:
                fits = UnitKind(target.kind) not in CLOSED | {UnitKind.RETENTION}
        if not fits:
            raise WrongAccount(str(target.id), target.kind, kind)
        _must_keep_the_book(kind, source, target)


def _must_keep_the_book(kind: str, source: End, target: End) -> None:
    if kind != "pay" and target.book != source.book:
        raise BookNotKept(str(target.id), target.book, kind)
