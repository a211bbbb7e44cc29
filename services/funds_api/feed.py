"""GET /funds/v1/events: the journal as a feed, by stream and position. Followers pull it at their own pace."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from chassis.database import Read
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from services.funds_api.access import must_hold, visible_to
from services.funds_api.tables import EventRow, StreamHeadRow
from wire.events import Envelope, FeedPage, Streams

router = APIRouter(prefix="/funds/v1/events", tags=["events 日志"])


@router.get("", summary="日志：按流与位置读取；不带 stream 时列出各流及其末位")
async def get_events(
    tx: Read,
    who: Annotated[Principal, can("events:read")],
    stream: Annotated[RegionCode | None, Query(description="流，即县级区划代码")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> FeedPage | Streams:
    if stream is None:
        heads = await tx.execute(
            select(StreamHeadRow.stream, StreamHeadRow.position)
            .where(visible_to(who, StreamHeadRow.stream))
            .order_by(StreamHeadRow.stream)
        )
        return Streams(streams={row.stream: row.position for row in heads})
    must_hold(who, stream)
    head = await tx.scalar(select(StreamHeadRow.position).where(StreamHeadRow.stream == stream))
    rows = await tx.scalars(
        select(EventRow)
        .where(EventRow.stream == stream, EventRow.position > after)
        .order_by(EventRow.position)
        .limit(limit)
    )
    events = [
        Envelope(
            stream=row.stream,
            position=row.position,
            id=row.id,
            kind=row.kind,
            body=row.body if isinstance(row.body, dict) else json.loads(row.body),
            actor=row.actor,
            request_id=row.request_id,
            recorded_at=row.recorded_at,
            hash=row.hash.hex(),
        )
        for row in rows
    ]
    return FeedPage(events=events, head_position=head or 0)
