"""Rows of movements as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.funds_api.moments import Moment
from services.funds_api.movements.schemas import (
    Moved,
    MovedPart,
    MovedSource,
    MovementDetail,
    MovementEnd,
    Undoing,
)


def moved(row: Row[Any]) -> Moved:
    """A movement with the names of its ends."""
    return Moved(
        id=row.id,
        kind=row.kind,
        document=row.document,
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        from_end=_end(row, "from") if row.from_id else None,
        to_end=_end(row, "to"),
        amount_fen=row.amount_fen,
        reverses_id=row.reverses_id,
        reversed_by=Undoing(movement_id=row.undone_by, document=row.undone_document, effective_on=row.undone_on)
        if row.undone_by
        else None,
    )


def detail(county: str, row: Row[Any], parts: Sequence[Row[Any]], moment: Moment) -> MovementDetail:
    """A movement with all it is made of, and the proof."""
    told = [MovedPart.model_validate(one, from_attributes=True) for one in parts]
    sources: dict[UUID, MovedSource] = {}
    for one in parts:
        before = sources[one.notice_id].amount_fen if one.notice_id in sources else 0
        sources[one.notice_id] = MovedSource(
            notice_id=one.notice_id,
            notice=one.notice,
            issuer=one.issuer,
            fund_code=one.fund_code,
            amount_fen=before + one.amount_fen,
        )
    return MovementDetail(
        **moved(row).model_dump(),
        **moment.shown,
        county_code=county,
        as_of=moment.as_of,
        batch_id=row.batch_id,
        use=row.use_code,
        drawn=row.drawn,
        parts=told,
        sources=sorted(sources.values(), key=lambda one: one.notice_id),
        unexplained_fen=row.amount_fen - sum(one.amount_fen for one in told),
    )


def _end(row: Row[Any], side: str) -> MovementEnd:
    return MovementEnd(
        account_id=getattr(row, f"{side}_id"),
        unit_name=getattr(row, f"{side}_unit"),
        region_code=getattr(row, f"{side}_region"),
        kind=getattr(row, f"{side}_kind"),
        book=getattr(row, f"{side}_book"),
    )
