"""Notices of a number in SQL, as far as they brought money to a county."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import NoticeReceiptRow, NoticeRow


async def notices(session: AsyncSession, county: str, keys: Sequence[str]) -> Sequence[NoticeRow]:
    """The county's notices that go by one of these keys, whoever issued them; several once one was undone whole."""
    query = (
        select(NoticeRow)
        .join(NoticeReceiptRow, NoticeReceiptRow.notice_id == NoticeRow.id)
        .where(NoticeReceiptRow.county_code == county, NoticeReceiptRow.document_key.in_(keys))
        .order_by(NoticeRow.id)
    )
    return (await session.scalars(query)).all()
