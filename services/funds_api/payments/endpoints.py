"""/funds/v1/payment-batches and /funds/v1/payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from chassis.database import Database, Read, Tx, allow_long_rests
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import BadMark, Paging, Window, cut, whole
from chassis.vault import Vault
from services.funds_api.access import county_of
from services.funds_api.households.schemas import Role
from services.funds_api.keys import Cells
from services.funds_api.moments import AsOf, KnownAt, Moment, moment_of
from services.funds_api.payments import (
    approval,
    attempts,
    division,
    judged,
    lists,
    returned,
    service,
    sheets,
    shown,
    store,
)
from services.funds_api.payments.refusals import SheetTooLong
from services.funds_api.payments.roster import open_roster
from services.funds_api.payments.schemas import (
    Approval,
    ApprovalRequest,
    Batch,
    BatchList,
    BatchPage,
    BatchProof,
    BatchRequest,
    BatchStatus,
    Payment,
    PaymentId,
    PaymentPage,
    RejectedPage,
    RejectedRow,
    RosterAnswer,
    WithdrawalRequest,
    row_of,
)
from services.funds_api.payments.service import RosterFile
from services.funds_api.tables import PaymentBatchRow, PaymentRow, RejectedRowRow
from services.funds_api.units.endpoints import County
from services.funds_api.uploads import FileName, received
from wire.files import ROSTER_BYTES

router = APIRouter(prefix="/funds/v1", tags=["payments 到户发放"])

MAX_LINE: Final = 9_999_999
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROSTER_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary", "maxLength": ROSTER_BYTES}}
        },
    }
}


@router.post("/payment-batches", status_code=201, summary="新建发放批次")
async def post_batch(
    request: BatchRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:write")],
    county: County = None,
) -> Batch:
    return await service.open_batch(tx, who, act, county_of(who, county), request)


@router.get("/payment-batches", summary="发放批次列表")
async def get_batches(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("batches:read")],
    county: County = None,
    status: BatchStatus | None = None,
) -> BatchPage:
    rows, after = cut(
        await store.batches(tx, who, county_of(who, county), window, status), window, lambda row: (row.id,)
    )
    items = [shown.batch_of(row) for row in rows]
    return BatchPage(items=items, next=after, empty_because=None if items else "您的管辖范围内没有符合条件的发放批次")


@router.get("/payment-batches/{batch_id}", summary="发放批次及其支付证明")
async def get_batch(
    batch_id: UUID, tx: Read, who: Annotated[Principal, can("batches:read")], county: County = None
) -> BatchProof:
    row = await _batch(tx, who, county_of(who, county), batch_id)
    paid = await store.disbursement(tx, row)
    paid_fen = paid.amount_fen if paid else 0
    owed_fen = row.total_fen if row.status == BatchStatus.POSTED else 0
    returned_fen, recovered_fen = await returned.of_batch(tx, row.county_code, batch_id)
    return BatchProof(
        batch=shown.batch_of(row),
        movement_id=paid.id if paid else None,
        paid_fen=paid_fen,
        returned_fen=returned_fen,
        recovered_fen=recovered_fen,
        recovered_at_large_fen=await _at_large(tx, who, row, Moment(date.max)),
        reversed_on=paid.reversed_on if paid else None,
        unexplained_fen=owed_fen - paid_fen,
        last_upload=await attempts.last(tx, row.county_code, batch_id),
        division=await division.told(tx, row),
    )


@router.get("/payment-batches/{batch_id}/list", summary="校验名册所依据的名单（可重算）")
async def get_list(
    batch_id: UUID, tx: Read, who: Annotated[Principal, can("batches:read")], county: County = None
) -> BatchList:
    """By which list the roster was judged, read again as it was known then, and what has stopped some of it since."""
    row = await _batch(tx, who, county_of(who, county), batch_id)
    if row.list_position is None or row.list_on is None or row.list_sha256 is None:
        raise Missing("发放名单", str(batch_id))
    again_n, again_sha256 = await lists.again(tx, row.county_code, batch_id)
    stopped = sorted(line for some in (await lists.stopped(tx, row.county_code, batch_id)).values() for line in some)
    return BatchList(
        batch_id=batch_id,
        list_on=row.list_on,
        list_position=row.list_position,
        rows_n=row.rows_good,
        sha256=row.list_sha256.hex(),
        again_n=again_n,
        again_sha256=again_sha256.hex(),
        unexplained_n=row.rows_good - again_n,
        stopped_n=len(stopped),
        stopped_first_line=stopped[0] if stopped else None,
    )


@router.put("/payment-batches/{batch_id}/roster", summary="上传并校验发放名册", openapi_extra=ROSTER_BODY)
async def put_roster(
    batch_id: UUID,
    request: Request,
    act: Acting,
    vault: Cells,
    name: FileName,
    who: Annotated[Principal, can("batches:write")],
    county: County = None,
) -> RosterAnswer:
    """Receive the whole file before the transaction begins: a slow line must hold no connection and no lock."""
    asked = county_of(who, county)
    database: Database = request.app.state.database
    async with (
        received(request, ROSTER_BYTES) as upload,
        attempts.noted(database, who, asked, batch_id, upload.sha256) as attempt,
        database.writing(who.region) as tx,
    ):
        await attempts.finish(tx, asked, attempt)
        # With the attempt's row locked: a workbook takes seconds to open, and is not cut off meanwhile.
        await allow_long_rests(tx)
        opened = await to_thread.run_sync(open_roster, upload.file)
        file = RosterFile(opened, upload.sha256, name)
        beside = database.beside(who.region)
        return await service.check_roster(tx, who, act, vault, asked, batch_id, file, beside)


@router.post("/payment-batches/{batch_id}/approval", status_code=201, summary="审批并发放（须由另一人办理）")
async def post_approval(
    batch_id: UUID,
    request: ApprovalRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:approve")],
    county: County = None,
) -> Approval:
    return await approval.approve(tx, who, act, county_of(who, county), batch_id, request)


@router.post("/payment-batches/{batch_id}/withdrawal", summary="撤回尚未发放的批次")
async def post_withdrawal(
    batch_id: UUID,
    request: WithdrawalRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("batches:write")],
    county: County = None,
) -> Batch:
    return await service.withdraw(tx, who, act, county_of(who, county), batch_id, request)


@router.get("/payment-batches/{batch_id}/rejected-rows", summary="被退回的行")
async def get_rejected(
    batch_id: UUID,
    tx: Read,
    window: Paging,
    vault: Cells,
    who: Annotated[Principal, can("batches:read")],
    county: County = None,
) -> RejectedPage:
    asked = county_of(who, county)
    batch = await _batch(tx, who, asked, batch_id)
    found = await store.rejected(tx, who, asked, batch_id, _line(window), window.limit + 1)
    rows, after = cut(found, window, lambda row: (row.line,))
    return RejectedPage(
        items=[shown.rejected_of(row, vault) for row in rows],
        next=after,
        empty_because=None if rows else _none_rejected(batch),
    )


@router.get("/payment-batches/{batch_id}/rejected-rows.xlsx", summary="被退回的行（Excel）", response_class=Response)
async def get_rejected_xlsx(
    batch_id: UUID,
    request: Request,
    vault: Cells,
    who: Annotated[Principal, can("batches:read")],
    county: County = None,
) -> Response:
    reading = Rejects(request.app.state.database, who, county_of(who, county), batch_id, vault)
    rows_n = (await reading.batch()).rows_bad
    if rows_n > sheets.MAX_SHEET_ROWS:
        raise SheetTooLong(str(batch_id), rows_n, sheets.MAX_SHEET_ROWS)
    sheet = await to_thread.run_sync(sheets.Sheet)
    async for page in reading.pages():
        await to_thread.run_sync(sheet.add, page)
    size = await to_thread.run_sync(sheet.close)
    answer = _attached(sheets.parts(sheet.file), XLSX, f"rejected-{batch_id}.xlsx")
    answer.headers["Content-Length"] = str(size)
    return answer


@router.get("/payment-batches/{batch_id}/rejected-rows.csv", summary="被退回的行（CSV）", response_class=Response)
async def get_rejected_csv(
    batch_id: UUID,
    request: Request,
    vault: Cells,
    who: Annotated[Principal, can("batches:read")],
    county: County = None,
) -> Response:
    reading = Rejects(request.app.state.database, who, county_of(who, county), batch_id, vault)
    await reading.batch()
    return _attached(_csv_of(reading), "text/csv; charset=utf-8", f"rejected-{batch_id}.csv")


async def _csv_of(reading: Rejects) -> AsyncIterator[bytes]:
    yield sheets.csv_head()
    async for page in reading.pages():
        yield await to_thread.run_sync(sheets.csv_lines, page)


@router.get("/payments", summary="一个批次的到户明细（已脱敏）")
async def get_payments(
    tx: Read,
    window: Paging,
    vault: Cells,
    batch: Annotated[UUID, Query(description="发放批次")],
    who: Annotated[Principal, can("payments:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PaymentPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    of = await _batch(tx, who, asked, batch)
    found = await store.payments(tx, who, asked, batch, _line(window), window.limit + 1) if _listed(of, moment) else []
    rows, after = cut(found, window, lambda row: (row.line,))
    return PaymentPage(
        as_of=moment.as_of,
        **moment.shown,
        recovered_at_large_fen=await _at_large(tx, who, of, moment),
        items=await _payments(tx, who, vault, of, rows, moment),
        next=after,
        empty_because=None if rows else "该批次没有可发放的行，或已到末页",
    )


@router.get("/payments/{payment_id}", summary="一笔到户资金，及当日所属户、居住地与登记状态（已脱敏）")
async def get_payment(
    payment_id: PaymentId,
    tx: Read,
    vault: Cells,
    who: Annotated[Principal, can("payments:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Payment:
    """By what it was judged when its list was frozen, and what is known of that day at the moment asked for."""
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    batch_id, line = row_of(payment_id)
    batch = await store.batch(tx, who, asked, batch_id)
    listed = batch is not None and _listed(batch, moment)
    rows = await store.payments(tx, who, asked, batch_id, line - 1, 1) if listed else []
    if batch is None or not rows or rows[0].line != line:
        raise Missing("到户资金", payment_id)
    [payment] = await _payments(tx, who, vault, batch, rows, moment)
    return payment.model_copy(update={"judged": await judged.of_payment(tx, batch, line, moment)})


def _listed(batch: PaymentBatchRow, moment: Moment) -> bool:
    """Whether the rows of the batch can have been known: not before its list was read."""
    return moment.position > (batch.list_position or 0)


async def _payments(
    tx: Read, who: Principal, vault: Cells, batch: PaymentBatchRow, rows: Sequence[PaymentRow], moment: Moment
) -> list[Payment]:
    withdrawn = await store.withdrawn_by(tx, who, batch, moment)
    paid, roles = await store.disbursement(tx, batch, moment), await _roles(tx, batch, rows)
    back = await returned.of_rows(tx, batch.county_code, batch.id, [row.line for row in rows], moment)
    parts = {}
    if shown.is_divided(batch, moment):
        parts = await division.part_with(tx, batch.county_code, batch.id, [row.line for row in rows])
    shows = [
        shown.payment_of(row, batch, vault, moment, paid, roles, withdrawn=withdrawn, part=parts.get(row.line))
        for row in rows
    ]
    return returned.told(shows, back)


async def _at_large(tx: Read, who: Principal, batch: PaymentBatchRow, moment: Moment) -> int:
    """What was recovered of a batch's money by no row."""
    paid = await store.disbursement(tx, batch, moment)
    return await returned.at_large(tx, who, batch.county_code, paid.id, moment) if paid else 0


async def _roles(tx: Read, batch: PaymentBatchRow, rows: Sequence[PaymentRow]) -> dict[bytes, Role]:
    """What the payees were in their households on the day of payment, as known when the roster was checked."""
    tokens = [row.payee_token for row in rows]
    found = await lists.registry_on(tx, batch.county_code, tokens, batch.effective_on, batch.list_position or 0)
    return {row["token"]: Role.HEAD if row["head"] else Role.MEMBER for row in found if row["household"]}


async def _batch(tx: Read, who: Principal, county: str, batch_id: UUID) -> PaymentBatchRow:
    found = await store.batch(tx, who, county, batch_id)
    if found is None:
        raise Missing("发放批次", str(batch_id))
    return found


def _line(window: Window) -> int:
    """The line a page starts after."""
    after = window.key(whole)
    if after is None:
        return 0
    if after[0] > MAX_LINE:
        raise BadMark
    return int(after[0])


def _none_rejected(batch: PaymentBatchRow) -> str:
    return "尚未上传名册" if batch.status == BatchStatus.DRAFT else "名册没有被退回的行，或已到末页"


@dataclass(frozen=True, slots=True)
class Rejects:
    """All rejected rows of a batch for one caller, in pages that are each read in a transaction of their own.

    So a slow line holds no connection; what is rejected never changes once a roster is checked.
    """

    database: Database
    who: Principal
    county: str
    batch_id: UUID
    vault: Vault

    async def batch(self) -> PaymentBatchRow:
        async with self.database.reading(self.who.region) as tx:
            return await _batch(tx, self.who, self.county, self.batch_id)

    async def pages(self) -> AsyncIterator[list[RejectedRow]]:
        line = 0
        while True:
            async with self.database.reading(self.who.region) as tx:
                rows = await store.rejected(tx, self.who, self.county, self.batch_id, line, sheets.PAGE_ROWS)
            if not rows:
                return
            yield await to_thread.run_sync(self._opened, rows)
            line = rows[-1].line

    def _opened(self, rows: Sequence[RejectedRowRow]) -> list[RejectedRow]:
        return [shown.rejected_of(row, self.vault) for row in rows]


def _attached(content: AsyncIterator[bytes] | Iterator[bytes], media_type: str, name: str) -> Response:
    return StreamingResponse(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
