"""Issuing a treasury order and taking in the bank's result: each loads, decides, records; none commits."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.flags.breaches import Desk, MadeLot, raise_breaches
from services.funds_api.funds import guard
from services.funds_api.funds import store as funds
from services.funds_api.funds.refusals import told
from services.funds_api.lots import ledger
from services.funds_api.lots import store as lots
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.lots.refusals import NowhereToReturn, OrderCrossesBooks, WrongAccount
from services.funds_api.orders import claims, states, store
from services.funds_api.orders import drawing as drawings
from services.funds_api.orders.drawing import Ends, bank_of
from services.funds_api.orders.refusals import OrderNumberUsed, TransitDrawn
from services.funds_api.orders.schemas import (
    FundShare,
    Invoice,
    OrderResult,
    ResultRequest,
    TreasuryOrder,
    TreasuryOrderRequest,
)
from services.funds_api.orders.states import Issued, OrderState, Outcome, Step, Told
from services.funds_api.policies import store as policies
from services.funds_api.projects import gate
from services.funds_api.quarantines import store as quarantines
from services.funds_api.tables import TreasuryOrderRow
from services.funds_api.units import store as units
from services.funds_api.units.schemas import TERMINAL, Book, UnitKind
from treasury.documents import normalise_document
from treasury.lots import Draw, draw_named
from treasury.policy import in_force
from wire.money import TreasuryOrderIssued, TreasuryOrderSettled

CUTOFF = "treasury_order_cutoff_hour"
PRESENTED = "treasury_order_presented_days"


def order_of(
    row: Row[Any], *, invoices: list[Invoice] | None = None, by_fund: list[FundShare] | None = None
) -> TreasuryOrder:
    result = (
        OrderResult(
            result=Outcome(row.result),
            bank_serial=row.bank_serial,
            reason_code=row.reason_code,
            effective_on=row.result_on,
            movement_id=row.result_movement_id,
        )
        if row.result is not None
        else None
    )
    ours = {"state", "result", "invoices", "by_fund", "use", "reissues_order_id", "flagged"}
    held = {name: getattr(row, name) for name in TreasuryOrder.model_fields if name not in ours}
    return TreasuryOrder(
        **held,
        use=row.use_code,
        reissues_order_id=row.reissues_id,
        state=OrderState(row.state),
        result=result,
        invoices=invoices,
        by_fund=by_fund,
    )


async def issue(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: TreasuryOrderRequest
) -> TreasuryOrder:
    """Turn quota into cash in transit by an order; its number, its invoices and the order it replaces act once."""
    await act.claim(tx, county)
    ends = await _ends(tx, who, county, request)
    cutoff, within = await _of_the_bank(tx, ends.source.region_code, request.effective_on)
    states.must_be_presentable(request.presented_at, request.effective_on, clock.now(), within)
    fiscal_year, key = request.effective_on.year, normalise_document(request.order_number)
    if not await funds.use_known(tx, request.use):
        raise Missing("用途", request.use)
    if request.fund_code is not None and not await funds.exists(tx, request.fund_code):
        raise Missing("资金", request.fund_code)
    used, earlier = await store.numbered(tx, who, county, fiscal_year, key)
    if used:
        raise _number_used(request, earlier)
    if {UnitKind.PROJECT_UNIT, UnitKind.RETENTION} & {ends.source.kind, ends.payee.kind}:
        await gate.still(tx, who, county, [ends.source.id, ends.payee.id])
    if request.fund_code is not None:
        await guard.hold_fund(tx, county, request.use, [request.fund_code])
    else:
        await guard.hold_funds_of(tx, county, request.use, ends.source.id)
    drawing = await drawings.draws(tx, who, county, request, ends)
    draws = drawing.draws
    await guard.hold_fund(tx, county, request.use, {draw.lot.fund for draw in draws})
    breaches = await guard.hear(
        tx, county, guard.Asked("order", request.effective_on, request.use, ends.payee.kind, draws)
    )

    movement = Movement(
        new_id(),
        "order",
        f"支付令〔{fiscal_year}〕{request.order_number}",
        ends.source.id,
        ends.bank.id,
        request.effective_on,
        request.amount_fen,
        act.actor,
        drawn=drawing.how,
        note=request.note,
        fund=request.fund_code,
        use=request.use,
        hold=drawing.hold,
    )
    parts = ledger.parts_of(movement, draws)
    answer = TreasuryOrder(
        id=new_id(),
        county_code=county,
        region_code=ends.source.region_code,
        fiscal_year=fiscal_year,
        handled_by=states.handled_on(request.presented_at, request.effective_on, cutoff),
        movement_id=movement.id,
        state=OrderState.ISSUED,
        flagged=told(breaches),
        drawn=drawing.how,
        hold_id=drawing.hold,
        by_fund=_by_fund(draws),
        **request.model_dump(exclude={"lots", "note", "drawn", "hold_id", "contract_id"}),
    )

    await ledger.post(tx, county, [movement], parts)
    await _record(tx, who, request, answer, ends, key)
    await gate.hold_order(tx, who, county, movement, ends.payee)
    regions = {ends.source.id: ends.source.region_code, ends.bank.id: ends.bank.region_code}
    event = TreasuryOrderIssued(
        order_id=answer.id,
        county_code=county,
        order_number=answer.order_number,
        basis=answer.basis,
        payee_account_id=answer.payee_account_id,
        use=answer.use,
        reissues_order_id=answer.reissues_order_id,
        movement=ledger.as_moved(movement, draws, parts, regions),
    )
    await act.record(tx, county, event, answer)
    if breaches:
        desk = Desk(ends.source.id, ends.source.unit_id, ends.desk, ends.source.region_code)
        made = [
            MadeLot(part.to_lot, draw.lot.fund, draw.lot.fiscal_year, part.amount_fen)
            for draw, part in zip(draws, parts, strict=True)
        ]
        await raise_breaches(tx, act, county, [(breaches, made)], desk, request.effective_on, movement.id)
    return answer


async def _of_the_bank(tx: AsyncSession, region: str, on: date) -> tuple[int | None, int | None]:
    """From which hour on a bank handles an order the next day, and within how many days of its own it is presented."""
    values = await policies.values(tx, CUTOFF, PRESENTED, region=region)
    cutoff, within = (in_force(values, key, region, on) for key in (CUTOFF, PRESENTED))
    return cutoff.number if cutoff else None, within.number if within else None


def _by_fund(draws: Iterable[Draw]) -> list[FundShare]:
    drawn: dict[str, int] = defaultdict(int)
    for draw in draws:
        drawn[draw.lot.fund] += draw.amount_fen
    return [FundShare(fund_code=fund, amount_fen=fen) for fund, fen in sorted(drawn.items())]


async def _ends(tx: AsyncSession, who: Principal, county: str, request: TreasuryOrderRequest) -> Ends:
    """The accounts of an order, each of the kind and book it needs."""
    wanted = [request.from_account_id, request.payee_account_id]
    found = {row.id: (row, name) for row, name in await units.accounts(tx, who, county, ids=wanted)}
    for account in wanted:
        if account not in found:
            raise Missing("账户", str(account))
    through = await store.bank_account(tx, who, county, request.bank_account_id)
    if through is None:
        raise Missing("账户", str(request.bank_account_id))
    (source, desk), (payee, _), bank = found[wanted[0]], found[wanted[1]], through[0]
    if UnitKind(source.kind) in TERMINAL:
        raise WrongAccount(str(source.id), source.kind, "order")
    if source.book != Book.QUOTA:
        raise OrderCrossesBooks(str(source.id), source.book, "order")
    if bank.kind != UnitKind.BANK:
        raise WrongAccount(str(bank.id), bank.kind, "order")
    barred = (TERMINAL - {UnitKind.CONTRACTOR}) | {UnitKind.BANK, UnitKind.RETENTION}
    # A retention (质保金) is released to whoever built, and to nobody else.
    kept_for_builder = source.kind == UnitKind.RETENTION and payee.kind != UnitKind.CONTRACTOR
    if UnitKind(payee.kind) in barred or kept_for_builder:
        raise WrongAccount(str(payee.id), payee.kind, "order")
    for end in (bank, payee):
        if end.book != Book.CASH:
            raise OrderCrossesBooks(str(end.id), end.book, "order")
    return Ends(source, desk, bank, payee)


def _number_used(request: TreasuryOrderRequest, earlier: TreasuryOrderRow | None) -> OrderNumberUsed:
    told_of = (earlier.effective_on, earlier.amount_fen) if earlier else (None, None)
    return OrderNumberUsed(request.order_number, request.effective_on.year, *told_of)


async def _record(
    tx: AsyncSession,
    who: Principal,
    request: TreasuryOrderRequest,
    answer: TreasuryOrder,
    ends: Ends,
    key: str,
) -> None:
    place = {"county_code": answer.county_code, "region_code": answer.region_code}
    invoices = [
        {
            **place,
            "order_id": answer.id,
            "invoice_key": one.key,
            "invoice_number": one.number,
            "amount_fen": one.amount_fen,
        }
        for one in request.invoices
    ]
    not_kept = {"lots", "note", "invoices", "use", "reissues_order_id", "drawn", "hold_id", "contract_id"}
    kept = request.model_dump(exclude=not_kept)
    free = await store.record(
        tx,
        {
            **kept,
            **place,
            "id": answer.id,
            "payee_region": ends.payee.region_code,
            "fiscal_year": answer.fiscal_year,
            "order_key": key,
            "use_code": request.use,
            "handled_by": answer.handled_by,
            "reissues_id": request.reissues_order_id,
            "movement_id": answer.movement_id,
            "issued_by": who.subject,
        },
        invoices,
    )
    if not free:
        _, earlier = await store.numbered(tx, who, answer.county_code, answer.fiscal_year, key)
        raise _number_used(request, earlier)
    await claims.must_be_free(tx, who, answer.county_code, answer.id)


async def settle(
    tx: AsyncSession, who: Principal, act: Act, county: str, order_id: UUID, request: ResultRequest
) -> tuple[TreasuryOrder, bool]:
    """Take in what the bank made of an order: the answer, and whether it is new. A serial acts once for ever.

    Paid money goes on to the payee; returned money goes back to exactly the quota lots it came from.
    """
    await act.claim(tx, county)
    row = await store.order(tx, who, county, order_id, bank=bank_of(who))
    if row is None:
        raise Missing("支付令", str(order_id))
    paid = request.result is Outcome.PAID
    target = row.payee_account_id if paid else row.from_account_id
    there = await ledger.open_lots(
        tx,
        county,
        [row.bank_account_id, target],
        row.bank_account_id,
        upto=request.effective_on,
        named=await store.lots_in(tx, county, row.bank_account_id, row.movement_id),
    )
    # The bank's account is locked now: whatever another report of this order did is visible.
    content = hashlib.sha256(f"{order_id}\n{request.model_dump_json()}".encode()).digest()
    report = Told(str(order_id), request.result, request.bank_serial, request.effective_on, content)
    known = await store.results(tx, county, order_id)
    by_serial = await store.by_serial(tx, county, row.bank_account_id, request.bank_serial)
    issued = Issued(str(order_id), row.order_number, row.amount_fen, undone=row.state == OrderState.REVERSED)
    if states.settle(issued, known, by_serial, report) is Step.REPLAY:
        return await _standing(tx, who, county, order_id), False
    if sum(lot.remaining_fen for lot in there) != row.amount_fen:
        raise TransitDrawn(str(order_id), row.amount_fen, sum(lot.remaining_fen for lot in there))

    async with quarantines.named(tx, county, row.bank_account_id, lots=[lot.id for lot in there]):
        draws = draw_named(there, {lot.id: lot.remaining_fen for lot in there}, request.effective_on)
    ends = {one.id: one for one in await lots.visible_ends(tx, who, county, [row.bank_account_id, target])}
    regions = {one.id: one.region_code for one in ends.values()}
    pays = "pay" if ends[target].kind == UnitKind.CONTRACTOR else "hand_down"
    movement = Movement(
        new_id(),
        pays if paid else "return",
        f"银行回单 {request.bank_serial}",
        row.bank_account_id,
        target,
        request.effective_on,
        row.amount_fen,
        act.actor,
        drawn="named",
    )
    parts = ledger.parts_of(movement, draws) if paid else await _back(tx, county, movement, draws)
    await ledger.post(tx, county, [movement], parts)
    await store.record_result(
        tx,
        {
            "county_code": county,
            "order_id": order_id,
            "attempt": len(known) + 1,
            "region_code": row.region_code,
            "payee_region": row.payee_region,
            "bank_account_id": row.bank_account_id,
            "movement_id": movement.id,
            "content_hash": content,
            "reported_by": who.client_id,
            **request.model_dump(),
        },
    )
    answer = await _standing(tx, who, county, order_id)
    event = TreasuryOrderSettled(
        order_id=order_id,
        county_code=county,
        result=request.result,
        bank_serial=request.bank_serial,
        reason_code=request.reason_code,
        movement=ledger.as_moved(movement, draws, parts, regions),
    )
    await act.record(tx, county, event, answer)
    return answer, True


async def _standing(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> TreasuryOrder:
    row = await store.order(tx, who, county, order_id, bank=bank_of(who))
    if row is None:
        raise Missing("支付令", str(order_id))
    return order_of(row)


async def _back(tx: AsyncSession, county: str, movement: Movement, draws: list[Draw]) -> list[Part]:
    """Each fen goes back to the quota lot that it came from."""
    origins = await lots.origins(tx, county, [draw.lot.id for draw in draws])
    for draw in draws:
        if draw.lot.id not in origins:
            raise NowhereToReturn(str(draw.lot.id))
    return [
        Part(movement.id, new_id(), draw.amount_fen, from_lot=draw.lot.id, restores=origins[draw.lot.id].lot_id)
        for draw in draws
    ]
