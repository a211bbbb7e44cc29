"""Stopping clocks and starting them again: each loads, decides, records; none commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.closings import store as closings
from services.funds_api.households import masks
from services.funds_api.known import known
from services.funds_api.lots.refusals import BooksClosed
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.stops import store, targets
from services.funds_api.stops.refusals import (
    StopDateRefused,
    StopNotAllowed,
    StopOver,
    StopTooLong,
    StopWithoutPublication,
)
from services.funds_api.stops.schemas import ClockStop, StopEndRequest, StopKind, StopRequest, StopState
from services.funds_api.tables import ClockStopRow
from treasury.calendar import business_date
from treasury.policy import PolicyValue, in_force
from treasury.stops import Stop, stopped_days
from wire.clocks import ClockRestarted, ClockStopped

_KEY: Final = "clock_stop_days."


def policy_key(kind: StopKind) -> str:
    """Each kind of stop has its own longest time."""
    return f"{_KEY}{kind.value}"


async def place(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: StopRequest, today: date
) -> ClockStop:
    """Stop the clocks of what lay there on the day it begins; they run again on the limit, or when it is ended."""
    await act.claim(tx, county)
    if request.from_on > today:
        raise StopDateRefused("停表之日", request.from_on, None, today)
    await _must_be_open(tx, county, request.from_on)
    held = await targets.held(tx, who, county, request)
    region = held[0][1]
    counted_from_on = await _counted_from(tx, county, request)
    _must_be_within(request, region, await policies.values(tx, _KEY, region=region), counted_from_on)

    stop_id = new_id()
    row = {
        "county_code": county,
        "id": stop_id,
        "region_code": region,
        "reason": masks.free_text(request.reason),
        **request.model_dump(include={"document", "from_on", "limit_on", "batch_id", "project_id", "order_id"}),
        "kind": request.kind.value,
        "placed_by": who.subject,
    }
    await store.place(tx, row, [lot for lot, _, _ in held])
    answer = await _answer(tx, who, county, stop_id, today)
    told = ClockStopped(
        stop_id=stop_id,
        county_code=county,
        region_code=region,
        kind=answer.kind.value,
        document=answer.document,
        from_on=answer.from_on,
        limit_on=answer.limit_on,
        amount_fen=sum(fen for _, _, fen in held),
        lots=answer.lots,
    )
    await act.record(tx, county, told, answer)
    return answer


async def end(
    tx: AsyncSession, who: Principal, act: Act, county: str, stop_id: UUID, request: StopEndRequest, today: date
) -> ClockStop:
    """Let the clocks run again earlier than on the limit, once; from the first day on, and they never stood still."""
    await act.claim(tx, county)
    stop = await store.one(tx, who, county, stop_id, lock=True)
    if stop is None:
        raise Missing("停表", str(stop_id))
    if stop.ended_on is not None:
        raise StopOver(str(stop_id), stop.ended_on)
    latest_on = min(today, stop.limit_on - timedelta(days=1))
    if not stop.from_on <= request.ended_on <= latest_on:
        raise StopDateRefused("恢复计时之日", request.ended_on, stop.from_on, latest_on)
    await _must_be_open(tx, county, request.ended_on)

    changes = {"ended_on": request.ended_on, "end_document": request.document, "ended_by": who.subject}
    await store.end(tx, county, stop_id, changes)
    answer = await _answer(tx, who, county, stop_id, today)
    told = ClockRestarted(
        stop_id=stop_id,
        county_code=county,
        region_code=stop.region_code,
        document=request.document,
        ended_on=request.ended_on,
    )
    await act.record(tx, county, told, answer)
    return answer


async def shown(tx: AsyncSession, county: str, rows: Sequence[ClockStopRow], moment: Moment) -> list[ClockStop]:
    """Stops as they stood at a moment, with their lots: ended only if that was known and its day had come."""
    held = await store.lots_of(tx, county, [row.id for row in rows])
    return [_shown(row, held[row.id], moment.as_of) for row in known(rows, moment)]


def _shown(row: ClockStopRow, lots: list[UUID], on: date) -> ClockStop:
    ended = row.ended_on is not None and row.ended_on <= on
    until_on = row.ended_on if ended and row.ended_on is not None else row.limit_on
    state = StopState.ENDED if ended else StopState.EXPIRED if row.limit_on <= on else StopState.RUNNING
    return ClockStop(
        id=row.id,
        county_code=row.county_code,
        region_code=row.region_code,
        kind=StopKind(row.kind),
        document=row.document,
        reason=row.reason,
        from_on=row.from_on,
        limit_on=row.limit_on,
        limit_days=row.limit_days,
        counted_from_on=row.counted_from_on,
        state=state,
        until_on=until_on,
        ended_on=row.ended_on if ended else None,
        end_document=row.end_document if ended else None,
        ended_by=row.ended_by if ended else None,
        placed_by=row.placed_by,
        recorded_on=business_date(row.recorded_at),
        stopped_days=stopped_days([Stop(row.from_on, until_on)], row.from_on, max(on, row.from_on)),
        batch_id=row.batch_id,
        project_id=row.project_id,
        order_id=row.order_id,
        came_from_county=row.came_from_county,
        came_from_stop_id=row.came_from_stop_id,
        lots=lots,
    )


async def _answer(tx: AsyncSession, who: Principal, county: str, stop_id: UUID, today: date) -> ClockStop:
    row = await store.one(tx, who, county, stop_id)
    if row is None:  # pragma: no cover - written by this very act
        raise Missing("停表", str(stop_id))
    return (await shown(tx, county, [row], Moment(today)))[0]


async def _must_be_open(tx: AsyncSession, county: str, day: date) -> None:
    """Refuse a day of closed books: what was told of it stays as it was told."""
    through = await closings.closed_through(tx, county)
    if through is not None and day <= through:
        raise BooksClosed(county, day, through)


async def _counted_from(tx: AsyncSession, county: str, request: StopRequest) -> date:
    """Since when the days of the stop count: its first, or the day on which what it names was put on show."""
    if request.kind is not StopKind.PUBLICITY:
        return request.from_on
    since = await store.shown_since(tx, county, request.batch_id, request.project_id, request.from_on)
    if since is None:
        named = "发放批次" if request.batch_id else "项目"
        raise StopWithoutPublication(named, str(request.batch_id or request.project_id), request.from_on)
    return since


def _must_be_within(request: StopRequest, region: str, values: Sequence[PolicyValue], since: date) -> None:
    """Refuse a stop that ends before it begins, or longer than its kind may last there when it begins.

    One publication stops a clock for its days once, however many stops name it.
    """
    value = in_force(values, policy_key(request.kind), region, request.from_on)
    if value is None:
        raise StopNotAllowed(request.kind.value, region, request.from_on)
    latest_on = since + timedelta(days=value.number)
    if latest_on < max(request.from_on + timedelta(days=1), request.limit_on):
        raise StopTooLong(request.kind.value, request.from_on, request.limit_on, latest_on, value.source, since)
    if request.limit_on <= request.from_on:
        earliest_on = request.from_on + timedelta(days=1)
        raise StopDateRefused("最迟恢复计时之日", request.limit_on, earliest_on, latest_on)
