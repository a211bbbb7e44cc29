"""Approving a batch: the one act that pays households, by a second person. Loads, decides, records; never commits.

Rows that are objected to are left out of what is paid (`division`), where publicity is asked for (`publications.gate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from services.funds_api.access import COUNTY_DIGITS
from services.funds_api.flags.breaches import Desk, MadeLot, raise_breaches
from services.funds_api.funds import guard, refusals
from services.funds_api.funds.judge import Breach
from services.funds_api.holds import store as holds
from services.funds_api.lots import ledger
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.lots.shortfall import explained
from services.funds_api.payments import division, held, household_cap, kept, lists, store, yearly
from services.funds_api.payments.division import Parted
from services.funds_api.payments.refusals import (
    ApprovalDayRefused,
    BatchNotChecked,
    MakerIsChecker,
    NoHouseholdsAccount,
    NothingToPay,
    PaidElsewhere,
    RosterBroken,
    RosterChanged,
)
from services.funds_api.payments.schemas import Approval, ApprovalRequest, BatchStatus, SpanPaid
from services.funds_api.payments.service import LARGE_ROWS
from services.funds_api.payments.shown import batch_of
from services.funds_api.projects import gate as project_gate
from services.funds_api.publications import gate
from services.funds_api.publications.gate import Stand
from services.funds_api.tables import AccountRow, PaymentBatchRow
from services.funds_api.units import store as units
from services.funds_api.units.schemas import UnitKind
from treasury.lots import Draw, Span, draw_oldest_first, spans
from wire.rosters import PaymentsDisbursed


async def approve(
    tx: AsyncSession, who: Principal, act: Act, county: str, batch_id: UUID, request: ApprovalRequest
) -> Approval:
    """Pay a checked batch, once, by a second person: prove the rows again, draw the oldest lots, one span per lot.

    The people are held to the terms of the year they are paid in, the money to those of its own budget year. Rows that
    are objected to go on by themselves, with the money that would have fed them held.
    """
    await act.claim(tx, county)
    whole = await _to_approve(tx, who, county, batch_id, request)
    if whole.rows_good > LARGE_ROWS:
        await allow_long_statements(tx)
    await _prove(tx, whole)
    stand = await gate.stand(tx, who, whole, ledger.today())
    aside = stand.hear()
    approved_at = clock.now()
    parted = await division.divide(tx, who, whole, aside, approved_at) if aside else None
    batch = parted.rest if parted else whole
    if taken := await lists.paid_elsewhere(tx, county, batch.id):
        raise PaidElsewhere(str(batch_id), *taken, batch.entitlement)
    await household_cap.hear(tx, batch)
    await project_gate.still(tx, who, county, [batch.account_id])
    of_people = await yearly.hear(tx, batch)
    cards = await _cards(tx, who, batch)

    laid = await _laid(tx, who, whole, parted, cards.id)
    paid, frozen = parted.cut(laid) if parted else (laid, {})
    of_money = await _hear(tx, batch, stand, [span.draw for span in paid])
    movement = Movement(
        new_id(),
        "disburse",
        batch.document,
        batch.account_id,
        cards.id,
        batch.effective_on,
        batch.total_fen,
        act.actor,
        batch=batch.id,
        drawn="oldest" if whole.hold_id is None else "named",
        fund=batch.fund_code,
        use=batch.use_code,
        hold=whole.hold_id if any(span.hold is None for span in paid) else None,
    )
    lines = await store.lines_of(tx, county, batch.id, paid)
    parts = [
        Part(
            movement=movement.id,
            to_lot=new_id(),
            amount_fen=span.draw.amount_fen,
            from_lot=span.draw.lot.id,
            lo=span.lo_fen,
            hi=span.hi_fen,
            first_line=first,
            last_line=last,
            hold=span.hold,
        )
        for span, (first, last) in zip(paid, lines, strict=True)
    ]

    if parted is not None and whole.hold_id is None:  # what is frozen is passed over by the oldest first
        await division.freeze(tx, act.actor, parted, frozen)
    await ledger.post(tx, county, [movement], parts)
    if parted is not None and whole.hold_id is not None:  # until now the hold of the batch had it
        if movement.hold is None:
            await holds.void(tx, county, whole.hold_id)
        await division.freeze(tx, act.actor, parted, frozen)
    await lists.must_still_stand(tx, county, batch.id)
    await project_gate.hold(tx, who, county, [movement])
    posted = await store.change_batch(
        tx, batch, {"status": BatchStatus.POSTED, "approved_by": who.subject, "approved_at": approved_at}
    )
    divided = await division.told(tx, await _again(tx, who, whole)) if parted else None
    answer = Approval(
        batch=batch_of(posted),
        movement_id=movement.id,
        rows=posted.rows_good,
        total_fen=posted.total_fen,
        spans=[
            SpanPaid(
                from_lot_id=span.draw.lot.id,
                to_lot_id=part.to_lot,
                lo_fen=span.lo_fen,
                hi_fen=span.hi_fen,
                amount_fen=part.amount_fen,
                first_line=first,
                last_line=last,
                days_rested=span.draw.days_rested,
            )
            for span, part, (first, last) in zip(paid, parts, lines, strict=True)
        ],
        flagged=refusals.told([*of_people, *of_money]),
        unexplained_fen=posted.total_fen - sum(part.amount_fen for part in parts),
        publicity=stand.told(),
        division=divided,
    )
    regions = {batch.account_id: batch.region_code, cards.id: cards.region_code}
    moved = ledger.as_moved(movement, [span.draw for span in paid], parts, regions)
    event = PaymentsDisbursed(batch_id=batch.id, county_code=county, rows=posted.rows_good, movement=moved)
    await act.record(tx, county, event, answer)
    if divided is not None:
        await record_alone(tx, act.schema, county, division.event(divided, county), act.actor, whole.id)
    paid_in = [MadeLot(part.to_lot, batch.fund_code, batch.effective_on.year, part.amount_fen) for part in parts]
    drawn_of = [
        MadeLot(part.to_lot, batch.fund_code, span.draw.lot.fiscal_year, part.amount_fen)
        for span, part in zip(paid, parts, strict=True)
    ]
    if of_people or of_money:
        await _flag(tx, who, act, batch, movement, [(of_people, paid_in), (of_money, drawn_of)])
    return answer


async def _prove(tx: AsyncSession, batch: PaymentBatchRow) -> None:
    """Refuse rows that are not those that were checked."""
    proof = await store.prove(tx, batch.county_code, batch.id)
    if (proof.rows, proof.total_fen, proof.contiguous) != (batch.rows_good, batch.total_fen, True):
        raise RosterBroken(str(batch.id), batch.rows_good, proof.rows, batch.total_fen, proof.total_fen)


async def _cards(tx: AsyncSession, who: Principal, batch: PaymentBatchRow) -> AccountRow:
    """The account of the innermost place around the batch that stands for its households' cards."""
    places = [batch.region_code[:digits] for digits in (COUNTY_DIGITS, 9, 12) if digits <= len(batch.region_code)]
    cards = await store.households_account(tx, who, batch.county_code, places)
    if cards is None:
        raise NoHouseholdsAccount(batch.region_code)
    return cards


async def _laid(
    tx: AsyncSession, who: Principal, whole: PaymentBatchRow, parted: Parted | None, cards: UUID
) -> list[Span]:
    """The draws along the running sum of all that is owed, the waiting rows included; the accounts are locked."""
    waiting = await kept.for_rows(tx, whole)
    owed_fen = whole.total_fen
    if parted is not None:
        waiting, owed_fen = parted.owed(waiting), parted.owed_fen
    free_fen = owed_fen - kept.drawn_fen(waiting)
    lots = await held.open_lots(tx, who, whole, cards, free_fen)
    async with explained(tx, whole.county_code, whole.account_id, whole.fund_code):
        draws = draw_oldest_first(lots, free_fen, whole.effective_on) if free_fen else []
    return spans(draws, await kept.draws(tx, whole, waiting))


async def _hear(tx: AsyncSession, batch: PaymentBatchRow, stand: Stand, draws: Sequence[Draw]) -> list[Breach]:
    """What the terms of the drawn money say: its uses, that households are paid, and how long the list was public."""
    asked = guard.Asked("disburse", batch.effective_on, batch.use_code, UnitKind.HOUSEHOLDS, draws, *stand.public())
    return await guard.hear(tx, batch.county_code, asked)


async def _flag(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    batch: PaymentBatchRow,
    movement: Movement,
    found: Sequence[tuple[Sequence[Breach], Sequence[MadeLot]]],
) -> None:
    """The questions that a fund's terms ask about a batch they let through, in the same transaction."""
    [(account, unit_name)] = await units.accounts(tx, who, batch.county_code, ids=[batch.account_id])
    desk = Desk(account.id, account.unit_id, unit_name, account.region_code)
    await raise_breaches(tx, act, batch.county_code, found, desk, batch.effective_on, movement.id)


async def _to_approve(
    tx: AsyncSession, who: Principal, county: str, batch_id: UUID, request: ApprovalRequest
) -> PaymentBatchRow:
    """The batch, locked with all of its entitlement, if it waits for an approval that the caller may give.

    Of a part the whole list is locked first, as whoever objects or answers locks it.
    """
    found = await store.batch(tx, who, county, batch_id)
    if found is None:
        raise Missing("发放批次", str(batch_id))
    if found.part_of is not None:
        await store.batch(tx, who, county, found.part_of, lock=True)
    await store.hold_entitlement(tx, county, batch_id)
    batch = await store.batch(tx, who, county, batch_id)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    if batch.status != BatchStatus.CHECKED or batch.file_sha256 is None:
        raise BatchNotChecked(str(batch_id), batch.status)
    if batch.uploaded_by == who.subject:
        raise MakerIsChecker(str(batch_id))
    if request.file_sha256 is not None and request.file_sha256 != batch.file_sha256.hex():
        raise RosterChanged(str(batch_id), request.file_sha256, batch.file_sha256.hex())
    if batch.rows_good == 0:
        raise NothingToPay(str(batch_id), batch.rows_bad)
    if request.effective_on is None:
        return batch
    if not batch.part_of or request.effective_on < batch.effective_on:
        waited = bool(batch.part_of)
        raise ApprovalDayRefused(str(batch_id), request.effective_on, batch.effective_on, waited)
    await division.put_off(tx, batch, request.effective_on)
    return await _again(tx, who, batch)


async def _again(tx: AsyncSession, who: Principal, batch: PaymentBatchRow) -> PaymentBatchRow:
    """The batch as it is now."""
    found = await store.batch(tx, who, batch.county_code, batch.id)
    if found is None:
        raise Missing("发放批次", str(batch.id))
    return found
