"""Money goes over to the county that follows, in both books at once, and back again whole. Load, decide, record.

Both counties' books are taken in the order of their codes, accounts before the head, so that two of these, or one and a
notice for both counties, never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from chassis.pages import Window
from services.funds_api.access import must_hold
from services.funds_api.funds import guard
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import MANAGEMENT_FEE
from services.funds_api.funds.refusals import told
from services.funds_api.funds.store import FeeSums
from services.funds_api.lots import again, ledger, questions, undo
from services.funds_api.lots import store as lots
from services.funds_api.lots.decide import Made
from services.funds_api.lots.ledger import End
from services.funds_api.lots.refusals import NoOutsideAccount, ReversalTooEarly, WrongAccount
from services.funds_api.lots.schemas import ReverseOrder
from services.funds_api.moments import Moment
from services.funds_api.notices import store as notices
from services.funds_api.quarantines import store as quarantines
from services.funds_api.regions import store as regions
from services.funds_api.stops import carried
from services.funds_api.successions import store
from services.funds_api.successions.crossing import Crossing, Going, cross
from services.funds_api.successions.refusals import (
    AccountsDiffer,
    NothingSucceeds,
    NotSuccessor,
    NotYetFree,
    QuarantineStays,
    SuccessionTooEarly,
)
from services.funds_api.successions.schemas import SucceededTranche, Succession, SuccessionRequest, UndoRequest
from services.funds_api.tables import MovementRow, SuccessionRow
from services.funds_api.units.schemas import TERMINAL, UnitKind
from wire.money import MoneySucceeded, StopSucceeded, SuccessionReversed

# Money in transit is settled first; a project's, and what is kept for a contractor, is bound to plans and contracts
# that stay in the old county's library.
STAYING: Final = TERMINAL | {UnitKind.BANK, UnitKind.PROJECT_UNIT, UnitKind.RETENTION}


async def succeed(tx: AsyncSession, who: Principal, act: Act, request: SuccessionRequest) -> Succession:
    """All that rests in the named accounts goes on in the new county, lot by lot, or every lot stays as it was."""
    old, new = request.from_county, request.to_county
    for county in sorted((old, new)):
        must_hold(who, county)
        await act.claim(tx, county)
    await _must_follow(tx, old, new, request.effective_on)
    follows = {one.from_account_id: one.to_account_id for one in request.accounts}
    _must_fit(
        follows,
        await _ends(tx, who, old, sorted(follows)),
        await _ends(tx, who, new, sorted(set(follows.values()))),
    )
    outside = await _outside(tx, old)
    taken = {old: [*follows, outside], new: list(set(follows.values()))}
    for county in sorted(taken):
        await store.hold_books(tx, county, taken[county])
    books = await store.standing(tx, old, ledger.today())
    if kept := await quarantines.kept_in(tx, old):
        raise QuarantineStays(old, sum(kept.values()), sorted(kept))
    if books.holds_n or books.in_transit_fen:
        raise NotYetFree(old, books.held_fen, books.holds_n, books.in_transit_fen)
    going_over = await store.resting(tx, old, list(follows), request.effective_on)
    if not going_over:
        raise NothingSucceeds(old, request.effective_on)
    lines = await store.lines(tx, old, sorted({lot.tranche for lot in going_over}))
    stopped = await carried.held(tx, old, [lot.id for lot in going_over])

    going = Going(new_id(), new, request.document, request.effective_on, act.actor)
    crossed = cross(going, going_over, follows, outside, lines)

    await notices.open_tranches(tx, list(crossed.tranches.values()))
    posted = {
        old: (crossed.out_movements, crossed.out_parts),
        new: (crossed.in_movements, crossed.in_parts),
    }
    for county in sorted(posted):
        await ledger.post(tx, county, *posted[county])
    await store.record(tx, old, going, crossed)
    stops = await carried.carry(tx, old, new, stopped, {one.drawn_lot_id: one.lot_id for one in crossed.lots})
    answer = _answer(going, old, crossed, left=books.resting_fen - crossed.amount_fen)
    for county in sorted(posted):
        await act.record(tx, county, _event(county, old, going, crossed, stops), answer)
    return answer


async def _must_follow(tx: AsyncSession, old: str, new: str, on: date) -> None:
    """The old code has ended, changes lead from it to the new one, and the day is not before either."""
    places = await regions.known(tx, [old])
    if not places:
        raise Missing("区划", old)
    ended_on = places[0].valid_to
    _, walked = await regions.relatives(tx, old, back=False)
    since = [one.effective_on for one in walked if one.to_code == new]
    if ended_on is None or not since:
        raise NotSuccessor(old, new, ended_on)
    first = max(ended_on, min(since))
    if on < first:
        raise SuccessionTooEarly(on, first)


async def _ends(tx: AsyncSession, who: Principal, county: str, accounts: Sequence[UUID]) -> dict[UUID, End]:
    found = {one.id: one for one in await lots.visible_ends(tx, who, county, accounts)}
    for one in accounts:
        if one not in found:
            raise Missing("账户", str(one))
    return found


async def _outside(tx: AsyncSession, county: str) -> UUID:
    found = await lots.outside_account(tx, county)
    if found is None:
        raise NoOutsideAccount(county)
    return found


def _must_fit(follows: Mapping[UUID, UUID], before: Mapping[UUID, End], after: Mapping[UUID, End]) -> None:
    """An account is followed by one of its own kind and book; some kinds of money do not go over."""
    for one, other in follows.items():
        source, target = before[one], after[other]
        if UnitKind(source.kind) in STAYING:
            raise WrongAccount(str(one), source.kind, "succeed")
        if (source.kind, source.book) != (target.kind, target.book):
            raise AccountsDiffer(str(one), str(other), source.kind, target.kind, source.book, target.book)


def _answer(going: Going, old: str, crossed: Crossing, left: int) -> Succession:
    tranches = [
        SucceededTranche(
            from_tranche_id=before,
            tranche_id=row["id"],
            fund_code=row["fund_code"],
            lots_n=sum(1 for one in crossed.lots if one.from_tranche_id == before),
            amount_fen=row["amount_fen"],
        )
        for before, row in crossed.tranches.items()
    ]
    return Succession(
        id=going.succession,
        from_county=old,
        to_county=going.to_county,
        document=going.document,
        effective_on=going.on,
        amount_fen=crossed.amount_fen,
        left_fen=left,
        unexplained_fen=crossed.amount_fen - sum(one.amount_fen for one in tranches),
        tranches=tranches,
    )


def _event(county: str, old: str, going: Going, crossed: Crossing, stops: list[StopSucceeded]) -> MoneySucceeded:
    return MoneySucceeded(
        succession_id=going.succession,
        county_code=county,
        from_county=old,
        to_county=going.to_county,
        document=going.document,
        effective_on=going.on,
        amount_fen=crossed.amount_fen,
        lots=crossed.lots,
        stops=stops,
    )


async def shown(tx: AsyncSession, county: str, succession: UUID, moment: Moment) -> Succession | None:
    """A succession as one of its counties tells it, with the tranches of both; None before that."""
    rows = await store.page(tx, county, moment, Window(after=None, limit=1), succession)
    if not rows:
        return None
    [row] = rows
    parts = await store.tranches(tx, county, row.id)
    left = row.side == "out"
    return Succession(
        id=row.id,
        from_county=county if left else row.other_county,
        to_county=row.other_county if left else county,
        document=row.document,
        effective_on=row.effective_on,
        amount_fen=row.amount_fen,
        unexplained_fen=row.amount_fen - sum(one.amount_fen for one in parts),
        reversed_by=row.reversed_by,
        tranches=[
            SucceededTranche(
                from_tranche_id=one.tranche_id if left else one.other_tranche_id,
                tranche_id=one.other_tranche_id if left else one.tranche_id,
                fund_code=one.fund_code,
                lots_n=one.lots_n,
                amount_fen=one.amount_fen,
            )
            for one in parts
        ],
    )


async def reverse(
    tx: AsyncSession, who: Principal, act: Act, county: str, succession: UUID, request: UndoRequest
) -> Succession:
    """Undo both sides at once, while nothing of it was moved on in the new county; every clock goes on as it was."""
    row = await store.found(tx, county, succession)
    if row is None:
        raise Missing("资金移交", str(succession))
    counties = sorted((county, row.other_county))
    for one in counties:
        must_hold(who, one)
        await act.claim(tx, one)
    if request.effective_on < row.effective_on:
        raise ReversalTooEarly(request.effective_on, row.effective_on)
    undone = {one: await store.movements(tx, one, succession) for one in counties}
    outside = {one: await _outside(tx, one) for one in counties}
    fees = {one: await _fees(tx, one, undone[one]) for one in counties}
    for one in counties:
        accounts = {end for move in undone[one] for end in (move.from_account_id, move.to_account_id) if end}
        await store.hold_books(tx, one, sorted(accounts | {outside[one]}))
    new, old = (county, row.other_county) if row.side == "in" else (row.other_county, county)
    came = await store.stand_for_what_left(tx, new, succession)
    stopped = await carried.held(tx, new, list(came), not_from=old)
    made = {one: await _reverse_in(tx, act, one, undone[one], outside[one], request) for one in counties}
    back = {part.from_lot: part.to_lot for one in made[old] for part in one.parts}
    stops = await carried.carry(tx, new, old, stopped, {lot: back[left] for lot, left in came.items()})
    # Only now: of money that is back, each county is held to its own share again.
    breaches = {one: await again.hear_fees(tx, one, fees[one], request.effective_on) for one in counties}
    answer = await shown(tx, county, succession, Moment(request.effective_on))
    if answer is None:
        raise Missing("资金移交", str(succession))
    flagged = [one for of_county in breaches.values() for one in told(of_county)]
    answer = answer.model_copy(update={"flagged": flagged})
    for one in counties:
        await act.record(tx, one, await _reversed(tx, one, row, made[one], request, stops), answer)
    for one in counties:
        if breaches[one]:
            await questions.ask(tx, who, act, one, made[one], breaches[one])
    return answer


async def _fees(
    tx: AsyncSession, county: str, undone: Sequence[MovementRow]
) -> dict[tuple[str, int], Sequence[FeeSums]]:
    """The sums of fees of the fund-years that an undoing moves, before it and held until the commit."""
    years = await lots.fund_years(tx, county, [one.id for one in undone])
    await guard.hold_fund(tx, county, MANAGEMENT_FEE, {fund for fund, _ in years})
    return {one: await funds.fee_sums(tx, county, *one) for one in years}


async def _reverse_in(
    tx: AsyncSession,
    act: Act,
    county: str,
    undone: Sequence[MovementRow],
    outside: UUID,
    request: UndoRequest,
) -> list[Made]:
    made = []
    for one in undone:
        order = ReverseOrder(
            kind="reverse", document=request.document, effective_on=request.effective_on, movement_id=one.id
        )
        stands = await lots.stands_for(tx, county, one.id)
        made.append(await undo.undo_one(tx, county, order, one, stands, one.from_account_id or outside, act.actor))
    await ledger.post(tx, county, [one.movement for one in made], [part for one in made for part in one.parts])
    return made


async def _reversed(
    tx: AsyncSession,
    county: str,
    row: SuccessionRow,
    made: Sequence[Made],
    request: UndoRequest,
    stops: list[StopSucceeded],
) -> SuccessionReversed:
    ends = {end for one in made for end in (one.movement.source, one.movement.target) if end}
    places = {one.id: one.region_code for one in (await lots.ends(tx, county, sorted(ends))).values()}
    return SuccessionReversed(
        succession_id=row.id,
        county_code=county,
        document=request.document,
        effective_on=request.effective_on,
        amount_fen=row.amount_fen,
        movements=[ledger.as_moved(one.movement, one.draws, one.parts, places) for one in made],
        stops=stops,
    )
