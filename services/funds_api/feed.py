"""GET /funds/v1/events: the journal as a feed, by stream and position. Followers pull it at their own pace."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from chassis import feed
from chassis.database import Read
from chassis.feed import FeedPage, HashPage, JournalRows, StreamName, Streams
from chassis.fields import CountyCode, RegionCode
from chassis.identity import Principal, can
from services.funds_api.access import must_hold, visible_to
from services.funds_api.acts_on import acts_on
from services.funds_api.moments import KnownAt, moment_of
from services.funds_api.tables import EventRow, StreamHeadRow

router = APIRouter(prefix="/funds/v1/events", tags=["events 日志"])

MOST_ACTS: Final = 1_000  # in one answer; one act may hold the draws of a whole roster
PositionAsked = Annotated[int, Field(gt=0, le=2**62)]


@router.get("", summary="日志：按流与位置读取；不带 stream 时列出各流及其末位")
async def get_events(
    tx: Read,
    who: Annotated[Principal, can("events:read")],
    stream: Annotated[RegionCode | None, Query(description="流，即县级区划代码")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> FeedPage | Streams:
    if stream is None:
        return await feed.streams(tx, StreamHeadRow, visible_to(who, StreamHeadRow.stream))
    must_hold(who, stream)
    return await feed.page(tx, EventRow, StreamHeadRow, stream, after, limit)


@router.get("/rows", summary="日志原文：所问资金、业务、封存等由哪些日志登记，连同其哈希所覆盖的全部内容")
async def get_event_rows(
    tx: Read,
    who: Annotated[Principal, can("event-rows:read")],
    county: Annotated[CountyCode, Query(description="县级区划代码")],
    about: Annotated[list[UUID], Query(max_length=50, description="资金、业务、批次、贷款、项目或封存的编号")] = [],  # noqa: B006 - never changed
    position: Annotated[list[PositionAsked], Query(max_length=100, description="另要的日志位置")] = [],  # noqa: B006
    known_at: KnownAt = None,
) -> JournalRows:
    must_hold(who, county)
    moment = await moment_of(tx, county, None, known_at)
    acts = await acts_on(tx, county, about, moment.position, MOST_ACTS + 1)
    told = sorted({*acts[:MOST_ACTS], *(one for one in position if one <= moment.position)})
    rows = await feed.whole_rows(tx, "funds", county, told)
    return JournalRows(stream=county, rows=rows, left_out_n=max(0, len(acts) - MOST_ACTS))


@router.get("/hashes", summary="日志各条的哈希，供封存；不带 stream 时列出各流及其末位")
async def get_event_hashes(
    tx: Read,
    who: Annotated[Principal, can("event-hashes:read")],
    stream: Annotated[StreamName | None, Query(description="流")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=feed.HASHES_PER_PAGE)] = feed.HASHES_PER_PAGE,
) -> HashPage | Streams:
    if stream is None:
        return await feed.streams(tx, StreamHeadRow, visible_to(who, StreamHeadRow.stream))
    must_hold(who, stream)
    return await feed.hashes(tx, EventRow, StreamHeadRow, stream, after, limit)
