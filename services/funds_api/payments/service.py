"""Batches: open one, judge its roster, withdraw it. Each loads, decides, records; none commits.

Approving one, which pays it, is `approval`.
"""

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
from chassis.missing import Missing
from chassis.vault import Vault
from services.funds_api.closings import store as closings
from services.funds_api.funds import refusals
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import Breach
from services.funds_api.households import masks
from services.funds_api.lots import ledger
from services.funds_api.lots.decide import CLOSED
from services.funds_api.lots.refusals import BooksClosed, WrongAccount, WrongBook
from services.funds_api.payments import (
    checking,
    division,
    foreseen,
    held,
    household_cap,
    kept,
    lists,
    shown,
    store,
    yearly,
)
from services.funds_api.payments.check import Check, Facts
from services.funds_api.payments.refusals import (
    BatchNotDraft,
    BatchOver,
    PaidOtherwise,
)
from services.funds_api.payments.roster import Roster
from services.funds_api.payments.schemas import (
    Batch,
    BatchRequest,
    BatchStatus,
    RosterAnswer,
    WithdrawalRequest,
)
from services.funds_api.policies import store as policies
from services.funds_api.projects import uses
from services.funds_api.tables import PaymentBatchRow
from services.funds_api.units import store as units
from services.funds_api.units.schemas import Book, UnitKind
from treasury.documents import normalise_document
from treasury.policy import in_force
from wire.rosters import BatchOpened, BatchWithdrawn, RosterChecked

PAYEE = "payee_any_member"
# From here on the looks over all rows of a batch may take longer than a statement usually may on a busy machine.
LARGE_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A file that arrived: its roster, of which only the header was read, its hash and name."""

    roster: Roster
    sha256: bytes
    name: str | None


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
    answer = shown.batch_of(row)
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
    values = await policies.values(tx, PAYEE, region=batch.region_code)
    payees = in_force(values, PAYEE, batch.region_code, batch.effective_on)
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
        batch=shown.batch_of(batch),
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
    withdrawn = shown.batch_of(await store.change_batch(tx, batch, {"status": BatchStatus.WITHDRAWN}))
    if batch.part_of and batch.hold_id:  # kept for this row alone
        await division.set_free(tx, county, [batch.hold_id])
    event = BatchWithdrawn(batch_id=batch_id, county_code=county, reason=masks.free_text(request.reason))
    await act.record(tx, county, event, withdrawn, status=200)
    return withdrawn
