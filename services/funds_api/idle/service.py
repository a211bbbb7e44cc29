"""Judging what rests: bands and the two limits. Policy values come from the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, cut
from policies.workdays import CHINA
from services.funds_api.flags.rules import i01_idle
from services.funds_api.idle import store
from services.funds_api.idle.answers import LimitJudged, answered
from services.funds_api.idle.schemas import BandSum, IdleLot, IdleReport, Limit
from services.funds_api.idle.stopped import Group, moves, stopped_by, stopped_sum
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.stops import store as stops
from services.funds_api.stops.store import StoppedLot
from services.funds_api.units.schemas import Book
from treasury.ageing import band, days_rested
from treasury.clocks import Holder, TimeLimit, late, limit_for
from treasury.intervals import DayRange, rested
from treasury.policy import PolicyValue, in_force
from treasury.stops import Stop, running_days, running_since


class Judge:
    """The limits in force for one county on one day."""

    def __init__(self, values: Sequence[PolicyValue], county: str, as_of: date) -> None:
        self._values, self._county, self._as_of = values, county, as_of
        bands = in_force(values, "idle_bands_days", county, as_of)
        self.edges = bands.numbers if bands else []
        self._idle = in_force(values, i01_idle.FIRST, county, as_of)
        self._handdowns: dict[Holder, PolicyValue | None] = {}

    def _handdown(self, holder: Holder) -> PolicyValue | None:
        if holder not in self._handdowns:
            self._handdowns[holder] = limit_for(self._values, holder.clocks, self._county, self._as_of)
        return self._handdowns[holder]

    def _passed(self, value: PolicyValue | None, clock_from: date, stops: Sequence[Stop]) -> Limit | None:
        """How far a clock has passed a limit; None when it has not, or when no limit is in force."""
        passed = late(clock_from, self._as_of, TimeLimit.of(value), CHINA, stops) if value else None
        if value is None or passed is None:
            return None
        return Limit(
            limit_days=passed.limit.days,
            over_days=passed.over_days,
            counted=passed.limit.counted,
            due_on=passed.due.on,
            due_on_assumed=passed.due.assumed,
            policy_key=value.key,
            source=value.source,
            basis=value.basis,
        )

    def retained(self, holder: Holder, clock_from: date, stops: Sequence[Stop] = ()) -> Limit | None:
        return self._passed(self._handdown(holder), clock_from, stops)

    def idle(self, clock_from: date, stops: Sequence[Stop] = ()) -> Limit | None:
        return self._passed(self._idle, clock_from, stops)

    def answers(
        self, holder: Holder, clock: DayRange, stops: Sequence[Stop]
    ) -> tuple[LimitJudged | None, LimitJudged | None]:
        """What can be said of the two limits for a clock that started on a day from … to …."""
        limits = self._handdown(holder), self._idle
        retained, idle = (answered(limit, clock, self._as_of, stops) for limit in limits)
        return retained, idle

    def band(self, clock_from: date, stops: Sequence[Stop] = ()) -> str:
        return band(running_days(clock_from, stops, self._as_of), self.edges) if self.edges else "全部"


async def report(
    tx: AsyncSession, who: Principal, county: str, moment: Moment, window: Window, min_days: int
) -> IdleReport:
    """Everything of the caller's region at rest at that moment: sums over all of it, and one page of its lots."""
    as_of = moment.as_of
    values = await policies.values(tx, "idle_", "handdown_", known_at=moment.known_at, region=county)
    judge = Judge(values, county, as_of)
    by_band: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    total = lots_n = retained = idle = 0
    stopped = await stops.stopped(tx, who, county, moment)
    rested_then = [Group(*one) for one in await store.sums(tx, who, county, moment)]
    for holder, clock_from, n, fen, held in [*rested_then, *moves(stopped.values())]:
        counted = by_band[judge.band(clock_from, held)]
        counted[0] += n
        counted[1] += fen
        total += fen
        lots_n += n
        retained += fen if judge.retained(holder, clock_from, held) else 0
        idle += fen if judge.idle(clock_from, held) else 0
    found = await store.lots(tx, who, county, window, moment=moment, started_by=as_of - timedelta(days=min_days))
    rows, after = cut(found, window, lambda row: (row.clock_from, row.id))
    order = {name: place for place, name in enumerate(_bands(judge.edges))}
    bands = [
        BandSum(band=name, lots_n=n, fen=fen)
        for name, (n, fen) in sorted(by_band.items(), key=lambda pair: order.get(pair[0], 0))
        if n or fen
    ]
    return IdleReport(
        as_of=as_of,
        **moment.shown,
        lots_n=lots_n,
        total_fen=total,
        retained_fen=retained,
        idle_fen=idle,
        bands=bands,
        stopped=stopped_sum(stopped.values(), as_of, judge),
        unexplained_fen=total - sum(one.fen for one in bands),
        items=[_lot(row, stopped.get(row.id), judge, as_of) for row in rows],
        next=after,
        empty_because=None if rows else "您的管辖范围内当日没有达到所查天数的停留资金",
    )


def _bands(edges: Sequence[int]) -> list[str]:
    """The names of all bands, the youngest first."""
    return [band(0, edges), *(band(edge + 1, edges) for edge in edges)] if edges else []


def _lot(row: Row[Any], stopped: StoppedLot | None, judge: Judge, as_of: date) -> IdleLot:
    stops_of = stopped.stops if stopped else ()
    clock = running_since(row.clock_from, stops_of, as_of)
    arrived = DayRange(row.received_from or row.clock_from, row.clock_from)
    known = rested(arrived, DayRange.on(as_of))
    holder = Holder(row.kind, row.fund_level, row.book == Book.QUOTA)
    retained, idle = judge.answers(holder, arrived, stops_of)
    return IdleLot(
        lot_id=row.id,
        tranche_id=row.tranche_id,
        document=row.document,
        fund_code=row.fund_code,
        account_id=row.account_id,
        account_name=row.account_name,
        book=Book(row.book),
        unit_name=row.unit_name,
        region_code=row.region_code,
        amount_fen=row.fen,
        arrived_on=row.arrived_on,
        clock_from=row.clock_from,
        days=days_rested(row.clock_from, as_of),
        days_min=known.min_days,
        days_max=known.max_days,
        stopped_days=days_rested(row.clock_from, clock),
        running_days=days_rested(clock, as_of),
        stopped_by=stopped_by(stopped),
        band=judge.band(row.clock_from, stops_of),
        retained=judge.retained(holder, row.clock_from, stops_of),
        idle=judge.idle(row.clock_from, stops_of),
        retained_answer=retained,
        idle_answer=idle,
    )
