"""What stopped clocks change in the idle report: lots that have stops are judged apart, and what stops hide is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from services.funds_api.idle.schemas import Limit, StoppedBy, StoppedSum, StopSum
from services.funds_api.stops.schemas import StopKind
from services.funds_api.stops.store import StoppedLot
from treasury.clocks import Holder
from treasury.stops import Stop, stands_still


class Limits(Protocol):
    """The two limits that a holder is held to."""

    def retained(self, holder: Holder, clock_from: date, stops: Sequence[Stop] = ()) -> Limit | None: ...
    def idle(self, clock_from: date, stops: Sequence[Stop] = ()) -> Limit | None: ...


class Group(NamedTuple):
    """Lots that are judged alike: what decides their clock, its start, how many, of how many fen, its stops."""

    holder: Holder
    clock_from: date
    lots_n: int
    fen: int
    stops: Sequence[Stop] = ()


def moves(lots: Collection[StoppedLot]) -> Iterator[Group]:
    """Each stopped lot taken out of its group and put beside it, with its stops."""
    for lot in lots:
        yield Group(lot.holder, lot.clock_from, -1, -lot.fen)
        yield Group(lot.holder, lot.clock_from, 1, lot.fen, lot.stops)


def stopped_sum(lots: Collection[StoppedLot], on: date, limits: Limits) -> StoppedSum:
    """What stands still on a day, by kind of stop, and what would be over a limit but for its stops."""
    still = [lot for lot in lots if stands_still(lot.stops, on)]
    by_kind: dict[str, list[int]] = defaultdict(list)
    for lot in still:
        for kind in {one.kind for one in lot.by if stands_still([one.stop], on)}:
            by_kind[kind].append(lot.fen)
    return StoppedSum(
        lots_n=len(still),
        fen=sum(lot.fen for lot in still),
        by_kind=[StopSum(kind=StopKind(kind), lots_n=len(fen), fen=sum(fen)) for kind, fen in sorted(by_kind.items())],
        spared_retained_fen=sum(
            lot.fen
            for lot in lots
            if limits.retained(lot.holder, lot.clock_from)
            and not limits.retained(lot.holder, lot.clock_from, lot.stops)
        ),
        spared_idle_fen=sum(
            lot.fen for lot in lots if limits.idle(lot.clock_from) and not limits.idle(lot.clock_from, lot.stops)
        ),
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
