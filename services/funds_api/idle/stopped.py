"""What stopped clocks change in the idle report: lots that have stops are judged apart, and what stops hide is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Protocol

from services.funds_api.idle.schemas import Limit, StoppedBy, StoppedSum, StopSum
from services.funds_api.stops.schemas import StopKind
from services.funds_api.stops.store import StoppedLot
from treasury.clocks import Holder
from treasury.stops import running_since, stands_still


class Limits(Protocol):
    """The two limits that a holder is held to."""

    def retained(self, holder: Holder, clock_from: date) -> Limit | None: ...
    def idle(self, clock_from: date) -> Limit | None: ...


def moves(lots: Collection[StoppedLot], on: date) -> Iterator[tuple[Holder, date, int, int]]:
    """Each stopped lot taken out of its group (holder, start of the clock, lots, fen) and put where its clock says."""
    for lot in lots:
        yield lot.holder, lot.clock_from, -1, -lot.fen
        yield lot.holder, running_since(lot.clock_from, lot.stops, on), 1, lot.fen


def stopped_sum(lots: Collection[StoppedLot], on: date, limits: Limits) -> StoppedSum:
    """What stands still on a day, by kind of stop, and what would be over a limit but for its stops."""
    still = [lot for lot in lots if stands_still(lot.stops, on)]
    by_kind: dict[str, list[int]] = defaultdict(list)
    for lot in still:
        for kind in {one.kind for one in lot.by if stands_still([one.stop], on)}:
            by_kind[kind].append(lot.fen)
    spared = [(lot, running_since(lot.clock_from, lot.stops, on)) for lot in lots]
    return StoppedSum(
        lots_n=len(still),
        fen=sum(lot.fen for lot in still),
        by_kind=[StopSum(kind=StopKind(kind), lots_n=len(fen), fen=sum(fen)) for kind, fen in sorted(by_kind.items())],
        spared_retained_fen=sum(
            lot.fen
            for lot, clock in spared
            if limits.retained(lot.holder, lot.clock_from) and not limits.retained(lot.holder, clock)
        ),
        spared_idle_fen=sum(lot.fen for lot, clock in spared if limits.idle(lot.clock_from) and not limits.idle(clock)),
    )


def stopped_by(lot: StoppedLot | None) -> list[StoppedBy]:
    """The stops of a lot that had begun, the first first."""
    return [
        StoppedBy(
            stop_id=one.stop_id,
            kind=StopKind(one.kind),
            document=one.document,
            from_on=one.stop.from_on,
            until_on=one.stop.until_on,
            placed_by=one.placed_by,
            recorded_on=one.recorded_on,
        )
        for one in (lot.by if lot else ())
    ]
