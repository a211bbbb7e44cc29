"""Batches: open one, judge its roster, approve it, withdraw it. Each loads, decides, records; none commits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.database import allow_long_rests, allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.vault import Vault
from services.funds_api.access import COUNTY_DIGITS
from services.funds_api.closings import store as closings
from services.funds_api.flags.breaches import Desk, MadeLot, raise_breaches
from services.funds_api.funds import guard, refusals
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import Breach
from services.funds_api.households import masks
from services.funds_api.lots import ledger
from services.funds_api.lots.decide import CLOSED
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.lots.refusals import BooksClosed, WrongAccount, WrongBook
from services.funds_api.lots.shortfall import explained
from services.funds_api.missing import Missing
from services.funds_api.payments import checking, foreseen, held, household_cap, kept, lists, store, yearly
from services.funds_api.payments.check import Check, Facts
from services.funds_api.payments.refusals import (
    BatchNotChecked,
    BatchNotDraft,
    BatchOver,
    MakerIsChecker,
    NoHouseholdsAccount,
    NothingToPay,
    PaidElsewhere,
    PaidOtherwise,
    RosterBroken,
    RosterChanged,
)
from services.funds_api.payments.roster import Roster
from services.funds_api.payments.schemas import (
    Approval,
    ApprovalRequest,
    Batch,
    BatchRequest,
    BatchStatus,
    RosterAnswer,
    SpanPaid,
    WithdrawalRequest,
)
from services.funds_api.policies import store as policies
from services.funds_api.projects import gate, uses
from services.funds_api.publications import days as publications
from services.funds_api.tables import PaymentBatchRow
from services.funds_api.units import store as units
from services.funds_api.units.schemas import Book, UnitKind
from treasury.documents import normalise_document
from treasury.lots import Draw, draw_oldest_first, spans
from treasury.policy import in_force
from wire.funds import BatchOpened, BatchWithdrawn, PaymentsDisbursed, RosterChecked

PAYEE = "payee_any_member"
# From here on the looks over all rows of a batch may take longer than a statement usually may on a busy machine.
LARGE_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A file that arrived: its roster, of which only the header was read, its hash and name."""

    roster: Roster
    sha256: bytes
    name: str | None


def batch_of(row: PaymentBatchRow) -> Batch:
    held = {name: getattr(row, name) for name in Batch.model_fields if name != "use"}
    hashes = {name: held[name].hex() if held[name] else None for name in ("file_sha256", "list_sha256")}
    return Batch(**{**held, **hashes}, use=row.use_code)


async def open_batch(tx: AsyncSession, who: Principal, act: Act, county: str, request: BatchRequest) -> Batch:
    """Open a batch in the place of its account; the account must be visible to the caller and able to pay."""
    await act.claim(tx, county)
    found = await units.accounts(tx, who, county, ids=[request.account_id])
    if not found:
        raise Missing("账户", str(request.account_id))
    account = found[0][0]
    if account.kind in CLOSED | {UnitKind.RETENTION}:
        raise WrongAccount(str(account.id), account.kind, "disburse")
    if account.book == Book.QUOTA:
        raise WrongBook(str(account.id), account.book, "disburse")
    if not await funds.exists(tx, request.fund_code):
        raise Missing("资金", request.fund_code)
    if request.use is not None and not await funds.use_known(tx, request.use):
        raise Missing("用途", request.use)

    ledger.must_be_near([request.effective_on])
    closed_through = await closings.closed_through(tx, county)
    if closed_through is not None and request.effective_on <= closed_through:  # told now, not after the roster
        raise BooksClosed(county, request.effective_on, closed_through)
    entitlement = normalise_document(request.entitlement)
    if other := await store.paid_otherwise(tx, county, entitlement, request.per):
        others = "person" if request.per == "household" else "household"
        seen = await store.batch(tx, who, other.county_code, other.batch_id)
        batch_id = str(seen.id) if seen else None
        raise PaidOtherwise(entitlement, request.per, others, other.county_code, batch_id, other.status)
    if request.hold_id is not None:
        await held.must_fit(tx, who, county, request.hold_id, account=account.id, fund=request.fund_code)
    row = await store.open_batch(
        tx,
        {
            "county_code": county,
            "id": new_id(),
            "region_code": account.region_code,
            "account_id": account.id,
            "fund_code": request.fund_code,
            "entitlement": entitlement,
            "document": request.document,
            "effective_on": request.effective_on,
            "status": BatchStatus.DRAFT,
            "per": request.per,
            "use_code": request.use or await uses.of_roster(tx, who, county, account.id, request.effective_on),
            "hold_id": request.hold_id,
            "created_by": who.subject,
        },
    )
    answer = batch_of(row)
    opened = BatchOpened(
        batch_id=row.id,
        county_code=county,
        region_code=row.region_code,
        account_id=row.account_id,
        fund_code=row.fund_code,
        entitlement=row.entitlement,
    )
    await act.record(tx, county, opened, answer)
    return answer


async def check_roster(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    vault: Vault,
    county: str,
    batch_id: UUID,
    file: RosterFile,
    beside: AbstractAsyncContextManager[AsyncSession | None],
) -> RosterAnswer:
    """Judge a roster row by row and keep both halves, or keep nothing; good rows then wait for a second person.

    The register is read `beside` the writing, where a session is to spare for it; it ends with the last row.
    """
    act = act.with_content(file.sha256)
    await act.claim(tx, county)
    batch = await store.batch(tx, who, county, batch_id, lock=True)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    if batch.status != BatchStatus.DRAFT:
        raise BatchNotDraft(str(batch_id), batch.status)
    await allow_long_statements(tx)

    available = await held.available(tx, who, batch)
    judging = Check(await _facts(tx, batch, sum(fen for _, fen in available)))
    async with beside as second:
        if second is not None:
            await allow_long_statements(second)
            for session in (tx, second):
                await allow_long_rests(session)
        listed = lists.DayList(second or tx, batch)
        await checking.keep(tx, listed, batch, file.roster, judging, vault)
    checked = await store.change_batch(
        tx,
        batch,
        {
            "status": BatchStatus.CHECKED,
            "file_name": masks.free_text(file.name) or None,
            "file_sha256": file.sha256,
            "file_format": file.roster.file_format,
            "rows_good": judging.rows_good,
            "rows_bad": judging.rows_bad,
            "total_fen": judging.total_fen,
            "printed_total_fen": file.roster.printed_total_fen,
            "uploaded_by": who.subject,
            "uploaded_at": clock.now(),
            "list_on": batch.effective_on,
            "list_position": listed.position,
            "list_sha256": listed.sha256,
        },
    )
    answer = _told(checked, judging, file.roster, await foreseen.hear(tx, batch, available, judging.total_fen))
    told = RosterChecked(
        batch_id=batch_id,
        county_code=county,
        rows_good=answer.rows_good,
        rows_bad=answer.rows_bad,
        total_fen=answer.total_fen,
        file_sha256=file.sha256.hex(),
    )
    await act.record(tx, county, told, answer, status=200)
    return answer


async def _facts(tx: AsyncSession, batch: PaymentBatchRow, available: int) -> Facts:
    payees = in_force(await policies.values(tx, PAYEE), PAYEE, batch.region_code, batch.effective_on)
    return Facts(
        batch.region_code,
        batch.entitlement,
        batch.effective_on,
        await household_cap.of_batch(tx, batch),
        available,
        batch.per,
        payees,
        await yearly.terms(tx, batch),
        await kept.waiting(tx, batch),
    )


def _told(batch: PaymentBatchRow, judging: Check, roster: Roster, breaches: Sequence[Breach]) -> RosterAnswer:
    facts = judging.facts
    return RosterAnswer(
        batch=batch_of(batch),
        rows_good=batch.rows_good,
        rows_bad=batch.rows_bad,
        total_fen=batch.total_fen,
        by_reason=judging.by_reason,
        unit=roster.unit.value,
        printed_sum_fen=roster.printed_sum_fen,
        printed_total_fen=roster.printed_total_fen,
        printed_difference_fen=roster.difference_fen,
        available_fen=facts.available_fen,
        kept_fen=facts.kept_fen,
        cap_fen=facts.cap.number if facts.cap else None,
        cap_source=facts.cap.source if facts.cap else None,
        foreseen=refusals.told(breaches),
    )


async def approve(
    tx: AsyncSession, who: Principal, act: Act, county: str, batch_id: UUID, request: ApprovalRequest
) -> Approval:
    """Pay a checked batch, once, by a second person: prove the rows again, draw the oldest lots, one span per lot.

    The people are held to the terms of the year they are paid in, the money to those of its own budget year.
    """
    await act.claim(tx, county)
    batch = await _to_approve(tx, who, county, batch_id, request)
    if batch.rows_good > LARGE_ROWS:
        await allow_long_statements(tx)
    proof = await store.prove(tx, county, batch_id)
    if (proof.rows, proof.total_fen, proof.contiguous) != (batch.rows_good, batch.total_fen, True):
        raise RosterBroken(str(batch_id), batch.rows_good, proof.rows, batch.total_fen, proof.total_fen)
    if taken := await lists.paid_elsewhere(tx, county, batch_id):
        raise PaidElsewhere(str(batch_id), *taken, batch.entitlement)
    await household_cap.hear(tx, batch)
    await gate.still(tx, who, county, [batch.account_id])
    of_people = await yearly.hear(tx, batch)
    places = [batch.region_code[:digits] for digits in (COUNTY_DIGITS, 9, 12) if digits <= len(batch.region_code)]
    cards = await store.households_account(tx, who, county, places)
    if cards is None:
        raise NoHouseholdsAccount(batch.region_code)
    waiting = await kept.for_rows(tx, batch)
    free_fen = batch.total_fen - kept.drawn_fen(waiting)
    lots = await held.open_lots(tx, who, batch, cards.id, free_fen)

    async with explained(tx, county, batch.account_id, batch.fund_code):
        draws = draw_oldest_first(lots, free_fen, batch.effective_on) if free_fen else []
    laid = spans(draws, await kept.draws(tx, batch, waiting))
    of_money = await _hear(tx, batch, [span.draw for span in laid])
    movement = Movement(
        new_id(),
        "disburse",
        batch.document,
        batch.account_id,
        cards.id,
        batch.effective_on,
        batch.total_fen,
        act.actor,
        batch=batch_id,
        drawn="oldest" if batch.hold_id is None else "named",
        fund=batch.fund_code,
        use=batch.use_code,
        hold=batch.hold_id if free_fen else None,
    )
    lines = await store.lines_of(tx, county, batch_id, laid)
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
        for span, (first, last) in zip(laid, lines, strict=True)
    ]

    await ledger.post(tx, county, [movement], parts)
    await lists.must_still_stand(tx, county, batch_id)
    await gate.hold(tx, who, county, [movement])
    posted = await store.change_batch(
        tx, batch, {"status": BatchStatus.POSTED, "approved_by": who.subject, "approved_at": clock.now()}
    )
    answer = Approval(
        batch=batch_of(posted),
        movement_id=movement.id,
        rows=proof.rows,
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
            for span, part, (first, last) in zip(laid, parts, lines, strict=True)
        ],
        flagged=refusals.told([*of_people, *of_money]),
        unexplained_fen=posted.total_fen - sum(part.amount_fen for part in parts),
    )
    regions = {batch.account_id: batch.region_code, cards.id: cards.region_code}
    moved = ledger.as_moved(movement, [span.draw for span in laid], parts, regions)
    event = PaymentsDisbursed(batch_id=batch_id, county_code=county, rows=proof.rows, movement=moved)
    await act.record(tx, county, event, answer)
    paid_in = [MadeLot(part.to_lot, batch.fund_code, batch.effective_on.year, part.amount_fen) for part in parts]
    drawn_of = [
        MadeLot(part.to_lot, batch.fund_code, span.draw.lot.fiscal_year, part.amount_fen)
        for span, part in zip(laid, parts, strict=True)
    ]
    if of_people or of_money:
        await _flag(tx, who, act, batch, movement, [(of_people, paid_in), (of_money, drawn_of)])
    return answer


async def _hear(tx: AsyncSession, batch: PaymentBatchRow, draws: Sequence[Draw]) -> list[Breach]:
    """What the terms of the drawn money say: its uses, that households are paid, and how long the list was public."""
    public = await publications.of_payment(tx, batch, ledger.today())
    asked = guard.Asked("disburse", batch.effective_on, batch.use_code, UnitKind.HOUSEHOLDS, draws, *public)
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
    """The batch, locked with all of its entitlement, if it waits for an approval that the caller may give."""
    if await store.batch(tx, who, county, batch_id) is None:
        raise Missing("发放批次", str(batch_id))
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
    return batch


async def withdraw(
    tx: AsyncSession, who: Principal, act: Act, county: str, batch_id: UUID, request: WithdrawalRequest
) -> Batch:
    """Give up a batch that has not been paid; its rows stay on record and claim nothing any more."""
    await act.claim(tx, county)
    batch = await store.batch(tx, who, county, batch_id, lock=True)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    if batch.status not in {BatchStatus.DRAFT, BatchStatus.CHECKED}:
        raise BatchOver(str(batch_id), batch.status)
    withdrawn = batch_of(await store.change_batch(tx, batch, {"status": BatchStatus.WITHDRAWN}))
    event = BatchWithdrawn(batch_id=batch_id, county_code=county, reason=masks.free_text(request.reason))
    await act.record(tx, county, event, withdrawn, status=200)
    return withdrawn
