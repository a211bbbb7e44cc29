"""Taking back one row of a paid roster: the very fen that it got, to the very lots that fed it, kept for its return.

What is recovered (追缴) takes the same way and is kept for nobody.

Loads with the accounts locked, decides from the end of the row's interval, records; nothing here commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.holds import store as holds
from services.funds_api.households import masks
from services.funds_api.lots import ledger
from services.funds_api.lots import store as lots
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.payments import store as payments
from services.funds_api.payments.schemas import BatchStatus, PaymentStatus
from services.funds_api.quarantines import store as quarantines
from services.funds_api.returns import store
from services.funds_api.returns.refusals import NotPaid, ReturnSerialReused, ReturnTooEarly, ReturnTooLarge
from services.funds_api.returns.schemas import (
    LotRestored,
    Return,
    ReturnReason,
    ReturnRequest,
    ReturnState,
    ReturnStatus,
)
from services.funds_api.returns.store import Fed, Record
from services.funds_api.tables import PaymentBatchRow, PaymentReturnRow, PaymentRow
from treasury.lots import Draw, draw_oldest_first
from wire.rosters import PaymentReturned

PURPOSE: Final = "退汇待重发"


@dataclass(frozen=True, slots=True)
class Paid:
    """A row that was paid and not undone: by which movement, when, to which account."""

    batch: PaymentBatchRow
    row: PaymentRow
    movement: UUID
    paid_on: date
    cards: UUID

    @property
    def id(self) -> str:
        return f"{self.row.batch_id}-{self.row.line}"


async def give_back(
    tx: AsyncSession, who: Principal, act: Act, county: str, batch: UUID, line: int, request: ReturnRequest
) -> tuple[Return, bool]:
    """Record what came back of a payment, or find it recorded: the answer and whether it is new.

    A voucher of a source never acts twice. The row's last fen come back first, to the lots that fed them.
    """
    await act.claim(tx, county)
    content = _content(batch, line, request)
    if known := await store.by_document(tx, county, who.client_id, request.document):
        return await _same(tx, known, content), False
    paid = await _paid(tx, who, county, batch, line)
    await ledger.open_lots(
        tx, county, [paid.cards, paid.batch.account_id], paid.cards, upto=request.effective_on, named=[]
    )
    # Whoever had the locks before may have sent the same voucher, or undone the payment.
    if known := await store.by_document(tx, county, who.client_id, request.document):
        return await _same(tx, known, content), False
    paid = await _paid(tx, who, county, batch, line)
    drawn, completes = await _drawn(tx, county, paid, request)

    movement, parts = _moved(paid, request, drawn, act.actor)
    await ledger.post(tx, county, [movement], parts)
    keep = completes and request.reason != ReturnReason.RECOVERED if request.keep is None else request.keep
    hold = await _keep(tx, county, act, paid, movement, parts, completes=completes) if keep else None
    why = masks.free_text(request.reason_text)
    told = Record(movement.id, batch, line, hold, who.client_id, request.document, request.reason.value, why, content)
    await store.record(tx, county, told)
    answer = return_of(await store.one(tx, county, movement.id), await store.lots_of(tx, county, [movement.id]))
    ends = await lots.ends(tx, county, [paid.cards, paid.batch.account_id])
    regions = {one.id: one.region_code for one in ends.values()}
    event = PaymentReturned(
        batch_id=batch,
        line=line,
        county_code=county,
        reason=request.reason.value,
        hold_id=hold,
        movement=ledger.as_moved(movement, [draw for _, draw in drawn], parts, regions),
    )
    await act.record(tx, county, event, answer)
    return answer, True


def _moved(
    paid: Paid, request: ReturnRequest, drawn: Sequence[tuple[Fed, Draw]], actor: str
) -> tuple[Movement, list[Part]]:
    """The movement from the cards back to the account that paid, each part restoring the lot that had fed it."""
    movement = Movement(
        new_id(),
        "recover" if request.reason == ReturnReason.RECOVERED else "return",
        request.document,
        paid.cards,
        paid.batch.account_id,
        request.effective_on,
        sum(draw.amount_fen for _, draw in drawn),
        actor,
        drawn="named",
        fund=paid.batch.fund_code,
    )
    return movement, [
        Part(movement.id, new_id(), draw.amount_fen, from_lot=draw.lot.id, restores=fed.lot) for fed, draw in drawn
    ]


def _content(batch: UUID, line: int, request: ReturnRequest) -> bytes:
    """What the voucher stands for: the payment and everything that was said of its return."""
    return hashlib.sha256(f"{batch}-{line}\n{request.model_dump_json()}".encode()).digest()


async def _same(tx: AsyncSession, known: PaymentReturnRow, content: bytes) -> Return:
    if known.content_hash != content:
        raise ReturnSerialReused(known.document, str(known.movement_id), known.amount_fen)
    return return_of(known, await store.lots_of(tx, known.county_code, [known.movement_id]))


async def _paid(tx: AsyncSession, who: Principal, county: str, batch_id: UUID, line: int) -> Paid:
    """The payment, if its money is with the household; it must be visible to the caller."""
    batch = await payments.batch(tx, who, county, batch_id)
    row = await store.payment(tx, who, county, batch_id, line)
    name = f"{batch_id}-{line}"
    if batch is None or row is None:
        raise Missing("到户资金", name)
    by = await payments.disbursement(tx, batch) if batch.status == BatchStatus.POSTED else None
    if by is None:
        raise NotPaid(name, batch.status)
    if by.reversed_on is not None:
        raise NotPaid(name, PaymentStatus.REVERSED)
    return Paid(batch, row, by.id, by.effective_on, await store.disbursed_to(tx, county, by.id))


async def _drawn(
    tx: AsyncSession, county: str, paid: Paid, request: ReturnRequest
) -> tuple[list[tuple[Fed, Draw]], bool]:
    """Which fen leave which lot of the cards, each with what had fed it; and whether all of the row is back then."""
    if request.effective_on < paid.paid_on:
        raise ReturnTooEarly(paid.id, request.effective_on, paid.paid_on)
    fed = await store.fed_by(tx, county, paid.row)
    returned = sum(one.returned_fen for one in fed)
    left = paid.row.amount_fen - returned
    asked = left if request.amount_fen is None else request.amount_fen
    if asked > left or left == 0:
        raise ReturnTooLarge(paid.id, asked or paid.row.amount_fen, paid.row.amount_fen, returned)
    wanted = from_the_end(fed, asked)
    stands = await store.stand_for(tx, county, [one.spent_lot for one, _ in wanted])
    accounts = [paid.cards, paid.batch.account_id]
    there = await ledger.open_lots(tx, county, accounts, paid.cards, upto=request.effective_on, named=list(stands))
    async with quarantines.named(tx, county, paid.cards, lots=list(stands)):
        drawn = [
            (one, draw)
            for one, fen in wanted
            for draw in draw_oldest_first(
                [lot for lot in there if stands[lot.id] == one.spent_lot], fen, request.effective_on
            )
        ]
    return drawn, asked == left


def from_the_end(fed: Sequence[Fed], fen: int) -> list[tuple[Fed, int]]:
    """How much of what each lot fed goes back when `fen` do: the last fen of the row first, less what is back."""
    wanted: list[tuple[Fed, int]] = []
    for one in reversed(fed):
        taken = min(fen, one.fed_fen - one.returned_fen)
        if taken:
            wanted.append((one, taken))
            fen -= taken
    return wanted


async def _keep(
    tx: AsyncSession, county: str, act: Act, paid: Paid, movement: Movement, parts: Sequence[Part], *, completes: bool
) -> UUID:
    """Keep the restored lots for the next payment of the same: until then, or until the hold is voided.

    What completes the row keeps with it what nobody has drawn or kept of the parts that came back before.
    """
    hold, kept = new_id(), {part.to_lot: part.amount_fen for part in parts}
    earlier = await store.brought_before(tx, county, paid.row, paid.batch.account_id) if completes else []
    if earlier:
        accounts = [paid.cards, paid.batch.account_id]
        there = await ledger.open_lots(
            tx, county, accounts, paid.batch.account_id, upto=movement.effective_on, named=earlier
        )
        kept |= {lot.id: lot.free_fen for lot in there if lot.free_fen}
    await holds.place(
        tx,
        county,
        {
            "id": hold,
            "account_id": paid.batch.account_id,
            "fund_code": paid.batch.fund_code,
            "amount_fen": sum(kept.values()),
            "document": movement.document,
            "purpose": PURPOSE,
            "expires_on": None,
            "actor": act.actor,
            "today": ledger.today(),
        },
        kept,
    )
    return hold


def return_of(row: Any, lots_made: Sequence[Any]) -> Return:
    """A return and the lots it restored."""
    own = [
        LotRestored.model_validate(lot, from_attributes=True) for lot in lots_made if lot.movement_id == row.movement_id
    ]
    told = {name: getattr(row, name) for name in Return.model_fields if hasattr(row, name)}
    return Return(
        **{
            **told,
            "id": row.movement_id,
            "payment_id": f"{row.batch_id}-{row.line}",
            "lots": own,
            "unexplained_fen": row.amount_fen - sum(lot.amount_fen for lot in own),
        }
    )


def state_of(row: Any, lots_made: Sequence[Any], as_of: date) -> ReturnState:
    """A return as it stands on `as_of`."""
    until = min(on for on in (row.undone_on, row.next_on, as_of) if on is not None)
    return ReturnState(
        **{**dict(return_of(row, lots_made)), "hold_id": row.kept_by},
        status=_status(row),
        waits_days=(until - row.effective_on).days,
        reissued_as=f"{row.next_batch}-{row.next_line}" if row.next_batch else None,
        reissued_on=row.next_on,
        undone_on=row.undone_on,
    )


def _status(row: Any) -> ReturnStatus:
    if row.undone_on is not None:
        return ReturnStatus.UNDONE
    if row.next_batch is not None:
        return ReturnStatus.REISSUED
    return ReturnStatus.WAITING if row.hold_status == "held" else ReturnStatus.FREE
