"""/funds/v1/notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Read, Tx
from chassis.fields import Code
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import within
from services.funds_api.moments import AsOf, day_or_today
from services.funds_api.notices import service, store
from services.funds_api.notices.schemas import (
    BroughtBy,
    DateBasis,
    DiscrepancyAnswer,
    Notice,
    NoticePage,
    NoticeRequest,
    NoticeWithLines,
    PrintedLine,
    TrancheAnswer,
)
from services.funds_api.tables import NoticeRow

router = APIRouter(prefix="/funds/v1/notices", tags=["notices 资金文件"])


@router.post("", status_code=201, summary="接收资金文件（按印发内容原样登记）")
async def post_notice(
    request: NoticeRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("notices:write")]
) -> Notice:
    return await service.receive(tx, who, act, request)


@router.get("", summary="资金文件列表")
async def get_notices(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("notices:read")],
    year: Annotated[int | None, Query(ge=1980, le=2100)] = None,
    fund: Code | None = None,
    as_of: AsOf = None,
) -> NoticePage:
    found = await store.page(tx, window, as_of=day_or_today(as_of), year=year, fund=fund)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await _answers(tx, who, rows)
    return NoticePage(items=items, next=after, empty_because=None if items else "没有符合条件的资金文件")


@router.get("/{notice_id}", summary="资金文件及其印发明细")
async def get_notice(notice_id: UUID, tx: Read, who: Annotated[Principal, can("notices:read")]) -> NoticeWithLines:
    row = await store.one(tx, notice_id)
    if row is None:
        raise Missing("资金文件", str(notice_id))
    printed = [PrintedLine.model_validate(line, from_attributes=True) for line in await store.lines(tx, notice_id)]
    [answer] = await _answers(tx, who, [row])
    return NoticeWithLines(**answer.model_dump(), lines=printed)


async def _answers(tx: AsyncSession, who: Principal, rows: Sequence[NoticeRow]) -> list[Notice]:
    """The notices with their discrepancies and those tranches the caller may see.

    What another county received is printed in the lines and told as one figure; its tranches are that county's books.
    """
    ids = [row.id for row in rows]
    tranches = await store.tranches_of(tx, ids)
    gaps = await store.discrepancies(tx, ids)
    brought = await store.brought(tx, ids)
    undone = await store.undone(tx, ids)
    answers = []
    for row in rows:
        elsewhere = sum(fen for notice, county, fen in brought if notice == row.id and not within(who, county))
        own = [tranche for tranche in tranches if tranche.notice_id == row.id]
        answers.append(
            Notice(
                id=row.id,
                region_code=row.region_code,
                issuer=row.issuer,
                title=row.title,
                document_number=row.document_number,
                cites=row.cites,
                fund_code=row.fund_code,
                fiscal_year=row.fiscal_year,
                issued_on_printed=row.issued_on_printed,
                received_on=row.received_on,
                received_from=row.received_from,
                received_on_basis=DateBasis(row.received_on_basis),
                stated_total_fen=row.stated_total_fen,
                received_fen=row.received_fen,
                undone_fen=undone.get(row.id, 0),
                elsewhere_fen=elsewhere,
                unexplained_fen=row.received_fen - elsewhere - sum(tranche.amount_fen for tranche in own),
                brought_by=BroughtBy(row.brought_by),
                completeness=row.completeness,
                source=row.source,
                recorded_at=row.recorded_at,
                tranches=[
                    TrancheAnswer(
                        id=tranche.id,
                        county_code=tranche.county_code,
                        part=tranche.part,
                        line_no=tranche.line_no,
                        purpose=tranche.purpose,
                        amount_fen=tranche.amount_fen,
                    )
                    for tranche in own
                ],
                discrepancies=[
                    DiscrepancyAnswer(
                        check=gap.check_name,
                        group_no=gap.group_no,
                        printed_fen=gap.printed_fen,
                        summed_fen=gap.summed_fen,
                        difference_fen=gap.difference_fen,
                    )
                    for gap in gaps
                    if gap.notice_id == row.id
                ],
            )
        )
    return answers
