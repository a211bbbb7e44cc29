"""Rows of tranches as people read them, with their proof."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from services.funds_api.lots.schemas import TrancheAnswer
from services.funds_api.moments import Moment


def tranche_answer(row: Row[Any], moment: Moment) -> TrancheAnswer:
    where = row.resting_fen + row.spent_fen + row.outside_fen
    return TrancheAnswer(
        id=row.id,
        county_code=row.county_code,
        notice_id=row.notice_id,
        document=row.document,
        fund_code=row.fund_code,
        fiscal_year=row.fiscal_year,
        purpose=row.purpose,
        received_on=row.received_on,
        as_of=moment.as_of,
        **moment.shown,
        received_fen=row.amount_fen,
        resting_fen=row.resting_fen,
        spent_fen=row.spent_fen,
        outside_fen=row.outside_fen,
        unexplained_fen=row.amount_fen - where,
    )
