"""GET /audit/v1/events: the journal as a feed, by stream and position. Followers pull it at their own pace.

The streams of leads are no part of it: not their events, and not how many there are. Row-level security keeps them from
this service's role as well.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import and_

from chassis import feed
from chassis.database import Read
from chassis.feed import FeedPage, HashPage, StreamName, Streams
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from services.audit_api.access import must_hold, visible_to
from services.audit_api.tables import EventRow, StreamHeadRow

router = APIRouter(prefix="/audit/v1/events", tags=["events 日志"])


@router.get("", summary="日志：按流与位置读取；不带 stream 时列出各流及其末位")
async def get_events(
    tx: Read,
    who: Annotated[Principal, can("events:read")],
    stream: Annotated[RegionCode | None, Query(description="流，即县级区划代码")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> FeedPage | Streams:
    if stream is None:
        # Streams that are kept apart from their county's (leads) are told to nobody but the sealer.
        told = and_(visible_to(who, StreamHeadRow.stream), StreamHeadRow.stream.not_like("%.%"))
        return await feed.streams(tx, StreamHeadRow, told)
    must_hold(who, stream, stream)
    return await feed.page(tx, EventRow, StreamHeadRow, stream, after, limit)


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
    must_hold(who, stream, stream)
    return await feed.hashes(tx, EventRow, StreamHeadRow, stream, after, limit)
