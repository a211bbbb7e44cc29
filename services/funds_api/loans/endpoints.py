"""/funds/v1/loans."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.keys import Cells
from services.funds_api.loans import service, store
from services.funds_api.loans.schemas import DisbursementRequest, Loan, LoanPage
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/loans", tags=["loans 小额信贷"])


@router.post("/disbursements", status_code=201, summary="银行报送放款", responses={200: {"model": Loan}})
async def post_disbursement(
    request: DisbursementRequest,
    response: Response,
    tx: Tx,
    act: Acting,
    vault: Cells,
    who: Annotated[Principal, can("loans:write")],
) -> Loan:
    """201 for a new loan, 200 with the recorded one when the bank's reference has acted with the same content."""
    loan, is_new = await service.disburse(tx, who, act, vault, request)
    if not is_new:
        response.status_code = 200
    return loan


@router.get("", summary="贷款列表")
async def get_loans(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("loans:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> LoanPage:
    """A bank sees its own postings; officials those of their region."""
    own = who.client_id if "loans:write" in who.permissions else None
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment=moment, bank=own)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [service.loan_of(row) for row in rows]
    return LoanPage(**moment.shown, items=items, next=after, empty_because=None if items else "没有您可以查看的贷款")
