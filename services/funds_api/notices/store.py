"""Notices, their printed lines, their discrepancies and tranches in SQL. A notice is a public document: no filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Row, and_, cast, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.tables import NoticeDiscrepancyRow, NoticeLineRow, NoticeReceiptRow, NoticeRow, TrancheRow


async def receipts(session: AsyncSession, issuer: str, document_key: str) -> Sequence[Row[str, UUID, int, int | None]]:
    """(county, notice, fen that stand of it, total that this registration stated) of all who received by the document.

    What was wholly undone is left out. Until the transaction ends nobody else receives by it.
    """
    document = f"{issuer}\n{document_key}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(document, 0))))
    query = (
        select(
            NoticeReceiptRow.county_code,
            NoticeReceiptRow.notice_id,
            (NoticeReceiptRow.received_fen - NoticeReceiptRow.undone_fen).label("stands_fen"),
            NoticeRow.stated_total_fen,
        )
        .join(NoticeRow, NoticeRow.id == NoticeReceiptRow.notice_id)
        .where(
            NoticeReceiptRow.issuer == issuer,
            NoticeReceiptRow.document_key == document_key,
            NoticeReceiptRow.undone_fen < NoticeReceiptRow.received_fen,
        )
        .order_by(NoticeReceiptRow.county_code)
    )
    return (await session.execute(query)).all()


async def record(
    session: AsyncSession,
    notice: dict[str, Any],
    received: Mapping[str, int],
    printed: Sequence[dict[str, Any]],
    gaps: Sequence[dict[str, Any]],
) -> None:
    """The document, the fen each county receives by it, every printed line and source, and sums that do not tie."""
    await session.execute(insert(NoticeRow).values(notice))
    document = {"issuer": notice["issuer"], "document_key": notice["document_key"], "notice_id": notice["id"]}
    receipt = [{**document, "county_code": county, "received_fen": fen} for county, fen in received.items()]
    await session.execute(insert(NoticeReceiptRow), receipt)
    await session.execute(insert(NoticeLineRow), list(printed))
    if gaps:
        await session.execute(insert(NoticeDiscrepancyRow), list(gaps))


async def open_tranches(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await session.execute(insert(TrancheRow), list(rows))


async def page(
    session: AsyncSession, window: Window, *, as_of: date, year: int | None, fund: str | None
) -> Sequence[NoticeRow]:
    """Notices received by `as_of`, by id, one more than the page holds."""
    query = select(NoticeRow).where(NoticeRow.received_on <= as_of).order_by(NoticeRow.id).limit(window.limit + 1)
    if year is not None:
        query = query.where(NoticeRow.fiscal_year == year)
    if fund is not None:
        query = query.where(NoticeRow.fund_code == fund)
    if after := window.key(UUID):
        query = query.where(NoticeRow.id > after[0])
    return (await session.scalars(query)).all()


async def one(session: AsyncSession, notice: UUID) -> NoticeRow | None:
    return (await session.scalars(select(NoticeRow).where(NoticeRow.id == notice))).one_or_none()


async def lines(session: AsyncSession, notice: UUID) -> Sequence[NoticeLineRow]:
    """Every printed line, then every source, in printed order."""
    query = (
        select(NoticeLineRow)
        .where(NoticeLineRow.notice_id == notice)
        .order_by(NoticeLineRow.part, NoticeLineRow.line_no)
    )
    return (await session.scalars(query)).all()


async def discrepancies(session: AsyncSession, notices: Sequence[UUID]) -> Sequence[NoticeDiscrepancyRow]:
    query = (
        select(NoticeDiscrepancyRow)
        .where(NoticeDiscrepancyRow.notice_id.in_(notices))
        .order_by(NoticeDiscrepancyRow.check_name, NoticeDiscrepancyRow.group_no)
    )
    return (await session.scalars(query)).all()


async def brought(session: AsyncSession, notices: Sequence[UUID]) -> Sequence[Row[UUID, str, int]]:
    """What each notice brings to each county by its printed lines or sources: (notice, county, fen)."""
    bears = or_(
        and_(NoticeRow.brought_by == "lines", NoticeLineRow.kind == "item"),
        and_(NoticeRow.brought_by == "sources", NoticeLineRow.kind == "source"),
    )
    query = (
        select(NoticeLineRow.notice_id, NoticeLineRow.county_code, cast(func.sum(NoticeLineRow.amount_fen), BigInteger))
        .join(NoticeRow, NoticeRow.id == NoticeLineRow.notice_id)
        .where(NoticeLineRow.notice_id.in_(notices), bears)
        .group_by(NoticeLineRow.notice_id, NoticeLineRow.county_code)
    )
    return (await session.execute(query)).all()


async def undone(session: AsyncSession, notices: Sequence[UUID]) -> dict[UUID, int]:
    """What of each notice was undone since, by all counties that received by it."""
    query = (
        select(NoticeReceiptRow.notice_id, cast(func.sum(NoticeReceiptRow.undone_fen), BigInteger).label("undone_fen"))
        .where(NoticeReceiptRow.notice_id.in_(notices))
        .group_by(NoticeReceiptRow.notice_id)
    )
    return {row.notice_id: row.undone_fen for row in await session.execute(query)}


async def tranches_of(session: AsyncSession, notices: Sequence[UUID]) -> Sequence[TrancheRow]:
    """The tranches that these notices brought to the caller's counties, not what went over from a former county."""
    received = TrancheRow.succession_id.is_(None)
    query = (
        select(TrancheRow)
        .where(TrancheRow.notice_id.in_(notices), received)
        .order_by(TrancheRow.part, TrancheRow.line_no)
    )
    return (await session.scalars(query)).all()
