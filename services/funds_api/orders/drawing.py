"""Which quota a treasury order draws: what its hold keeps, what came back of the order it replaces, or free lots.

Looks with the accounts locked and decides. Refuses a hold that is over or keeps less, an order that may not be issued
again, and an order that leaves out its fund where no project pools several.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.holds import store as holds
from services.funds_api.lots import decide, ledger
from services.funds_api.lots.refusals import NoContractHere
from services.funds_api.lots.shortfall import explained
from services.funds_api.orders import store
from services.funds_api.orders.refusals import NotReissuable, ReturnedQuotaDrawn
from services.funds_api.orders.schemas import TreasuryOrderRequest
from services.funds_api.orders.states import OrderState
from services.funds_api.retentions import service as retentions
from services.funds_api.tables import AccountRow
from services.funds_api.units.schemas import UnitKind
from treasury.lots import Draw, Lot, draw_named, draw_oldest_first, draw_proportionally


@dataclass(frozen=True, slots=True)
class Drawing:
    """How an order draws, as its movement tells it: which lots give how much, and the hold that keeps them."""

    how: str
    draws: list[Draw]
    hold: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """The three accounts of an order: the quota it draws, the bank it goes through, and who is to get the money."""

    source: AccountRow
    desk: str
    bank: AccountRow
    payee: AccountRow


def bank_of(who: Principal) -> str | None:
    """The bank a caller speaks for, by the unit of its grant; None for an official. A bank sees its own orders only."""
    return (who.unit or "") if "orders:settle" in who.permissions else None


async def draws(tx: AsyncSession, who: Principal, county: str, request: TreasuryOrderRequest, ends: Ends) -> Drawing:
    """How an order draws and what: the sum is exactly its amount, or nothing is drawn."""
    if request.contract_id is not None and ends.source.kind != UnitKind.RETENTION:
        raise NoContractHere(str(ends.source.id), ends.source.kind, "release")
    if request.reissues_order_id is not None:
        return await _again(tx, who, county, request, ends, request.reissues_order_id)
    source = ledger.End(ends.source.id, ends.source.region_code, ends.source.kind, ends.source.book)
    decide.must_name_fund(request.fund_code, source, held=request.hold_id is not None)
    amount, on = request.amount_fen, request.effective_on
    if request.hold_id is not None:
        return await _held(tx, who, county, request, ends, request.hold_id)
    if request.lots:
        there = await _open(tx, county, request, ends, named=[share.lot_id for share in request.lots])
        await _payable(tx, county, request, ends, there, chosen=True)
        async with explained(tx, county, ends.source.id, request.fund_code, named=[lot.id for lot in there]):
            return Drawing("named", decide.draw(there, amount, request.lots, on))
    async with explained(tx, county, ends.source.id, request.fund_code):
        if request.drawn == "proportional":
            there = await _payable(tx, county, request, ends, await _open(tx, county, request, ends))
            return Drawing("proportional", draw_proportionally(there, amount, on))
        if ends.source.kind == UnitKind.RETENTION:
            there = await _payable(tx, county, request, ends, await _open(tx, county, request, ends))
            return Drawing("named", draw_oldest_first(there, amount, on))
        there = await _open(tx, county, request, ends, need_fen=amount)
        return Drawing("oldest", draw_oldest_first(there, amount, on))


async def _held(
    tx: AsyncSession, who: Principal, county: str, request: TreasuryOrderRequest, ends: Ends, hold: UUID
) -> Drawing:
    """What the order's amount takes of a hold in force, looked at again once the account is locked."""
    account, today, amount = ends.source.id, ledger.today(), request.amount_fen
    kept = await holds.kept(tx, who, county, hold, account=account, today=today)
    there = await _open(tx, county, request, ends, named=list(kept))
    await holds.kept(tx, who, county, hold, account=account, today=today)
    await _payable(tx, county, request, ends, there, chosen=True)
    drawn = draw_oldest_first(decide.held_only(hold, amount, there, kept), amount, request.effective_on)
    return Drawing("named", drawn, hold)


async def _payable(
    tx: AsyncSession,
    county: str,
    request: TreasuryOrderRequest,
    ends: Ends,
    there: list[Lot],
    *,
    chosen: bool = False,
) -> list[Lot]:
    """Those of the lots that may pay this payee: of a deposit what is kept for it; `chosen` ones all have to be."""
    if ends.source.kind != UnitKind.RETENTION:
        return there
    return await retentions.of_payee(
        tx, county, there, ends.payee.unit_id, request.amount_fen, request.contract_id, chosen=chosen
    )


async def _open(
    tx: AsyncSession,
    county: str,
    request: TreasuryOrderRequest,
    ends: Ends,
    *,
    named: list[UUID] | None = None,
    need_fen: int | None = None,
) -> list[Lot]:
    return await ledger.open_lots(
        tx,
        county,
        [ends.source.id, ends.bank.id],
        ends.source.id,
        upto=request.effective_on,
        fund=request.fund_code,
        need_fen=need_fen,
        named=named,
    )


async def _again(
    tx: AsyncSession, who: Principal, county: str, request: TreasuryOrderRequest, ends: Ends, order_id: UUID
) -> Drawing:
    """All the quota that came back of an order (退汇 or 冲正), if it may be issued again: once, for the same money.

    An order that was undone and had drawn on a hold is issued again out of the hold that keeps its fen since.
    """
    old = await store.order(tx, who, county, order_id, bank=bank_of(who))
    if old is None:
        raise Missing("支付令", str(order_id))
    by = await store.reissued_by(tx, county, old.id)
    same = (old.from_account_id, old.fund_code, old.amount_fen) == (
        ends.source.id,
        request.fund_code,
        request.amount_fen,
    )
    if by is not None or old.state not in {OrderState.RETURNED, OrderState.REVERSED} or not same:
        raise NotReissuable(str(old.id), old.state, str(by) if by else None, old.amount_fen, request.amount_fen)
    came_back = old.undone_by if old.state == OrderState.REVERSED else old.result_movement_id
    hold = await holds.placed_by(tx, county, old.undone_by, ledger.today()) if old.undone_by else None
    if hold is not None:
        return await _held(tx, who, county, request, ends, hold)
    named = await store.lots_in(tx, county, ends.source.id, came_back)
    there = await _open(tx, county, request, ends, named=named)
    await _payable(tx, county, request, ends, there, chosen=True)
    free = sum(lot.remaining_fen for lot in there)
    if free != request.amount_fen:
        raise ReturnedQuotaDrawn(str(order_id), request.amount_fen, free)
    async with explained(tx, county, ends.source.id, request.fund_code, named=named):
        return Drawing("named", draw_named(there, {lot.id: lot.remaining_fen for lot in there}, request.effective_on))
