"""What a document's number stands for at a moment: its notices with where their money is, and what was done by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from chassis.pages import Window
from services.funds_api.documents import store
from services.funds_api.documents.schemas import DocumentAnswer, DoneByKind, NoticeOfNumber
from services.funds_api.lots import store as lots
from services.funds_api.lots.schemas import TrancheAnswer
from services.funds_api.lots.shown import tranche_answer
from services.funds_api.moments import Moment
from services.funds_api.movements import store as movements
from services.funds_api.movements.shown import moved
from treasury.documents import normalise_document, normalise_document_number, normalise_title

MOST_LISTED: Final = 1_000
_MOST_TRANCHES: Final = 5_000  # a notice has at most 600 lines, and few issuers share a number


async def told(tx: AsyncSession, who: Principal, county: str, document: str, moment: Moment) -> DocumentAnswer:
    """The document, or the refusal that nothing goes by that number here by that moment."""
    number = normalise_document_number(document)
    # First, for what is read of tranches walks along indexes from then on.
    keys = [normalise_document(one) for one in (document, number)]
    done = await movements.by_document(tx, who, county, keys, moment)
    found = await store.notices(tx, county, [number, normalise_title(document)])
    brought: dict[UUID, list[TrancheAnswer]] = {}
    async with lots.whole_county(tx, who, county):
        window = Window(after=None, limit=_MOST_TRANCHES)
        for row in await lots.tranches(tx, who, county, window, moment=moment, notices=[one.id for one in found]):
            brought.setdefault(row.notice_id, []).append(tranche_answer(row, moment))
    if not brought and not done:
        raise Missing("文件", document)

    notices = [
        NoticeOfNumber(
            id=one.id,
            issuer=one.issuer,
            title=one.title,
            document_number=one.document_number,
            fund_code=one.fund_code,
            fiscal_year=one.fiscal_year,
            issued_on_printed=one.issued_on_printed,
            received_on=one.received_on,
            tranches=brought[one.id],
        )
        for one in found
        if one.id in brought
    ]
    every = [one for notice in notices for one in notice.tranches]
    return DocumentAnswer(
        **moment.shown,
        county_code=county,
        document=normalise_title(document),
        as_of=moment.as_of,
        received_fen=sum(one.received_fen for one in every),
        resting_fen=sum(one.resting_fen for one in every),
        spent_fen=sum(one.spent_fen for one in every),
        outside_fen=sum(one.outside_fen for one in every),
        # Gaps either way do not make up for each other.
        unexplained_fen=sum(abs(one.unexplained_fen) for one in every)
        + sum(abs(row.amount_fen - row.made_fen) for row in done),
        notices=notices,
        by_kind=_by_kind(done),
        movements=[moved(row) for row in done[:MOST_LISTED]],
        left_out_n=max(0, len(done) - MOST_LISTED),
    )


def _by_kind(done: Sequence[Row[Any]]) -> list[DoneByKind]:
    found = []
    for kind in sorted({row.kind for row in done}):
        own = [row for row in done if row.kind == kind]
        amount_fen, undone_fen = (
            sum(row.amount_fen for row in own if row.undone_by or every) for every in (True, False)
        )
        found.append(
            DoneByKind(
                kind=kind,
                movements_n=len(own),
                amount_fen=amount_fen,
                undone_fen=undone_fen,
                stands_fen=amount_fen - undone_fen,
            )
        )
    return found
