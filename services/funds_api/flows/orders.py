"""Whose flow it is when a bank pays a treasury order: pure.

An order is the desk's payment (国库集中支付): the bank draws no quota of its own. So what lies there in transit rests
with the desk that ordered it, and what the bank pays goes from that desk. Ledger and balances tell both of the bank;
here is what has to be put right in them, as flows and balances of either sign. Sums being linear, every identity of
the tree holds after as it did before, and what a bank's balance holds beyond its orders stays unexplained where it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.funds_api.flows.tree import End, Flow

_Where = TypeVar("_Where", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Ordered(Generic[_Where]):
    """Fen that moved by order of a desk, into a bank (`into`) or out of it; each end an `End`, or an account."""

    kind: str
    source: _Where
    target: _Where
    desk: _Where
    into: bool
    fen: int

    @property
    def bank(self) -> _Where:
        return self.target if self.into else self.source

    @property
    def in_transit(self) -> int:
        return self.fen if self.into else -self.fen

    @property
    def as_the_desks(self) -> tuple[_Where, _Where]:
        """The ends that the flow has when the desk stands where the bank does."""
        return (self.source, self.desk) if self.into else (self.desk, self.target)


def by_desk(flows: Iterable[Flow], ordered: Collection[Ordered[End]]) -> list[Flow]:
    """The flows between places with the desk that ordered standing where the bank does; what cancels out is none."""
    if not ordered:
        return list(flows)
    summed: dict[tuple[str, End | None, End | None], int] = defaultdict(int)
    for kind, source, target, fen in flows:
        summed[kind, source, target] += fen
    for one in ordered:
        summed[one.kind, one.source, one.target] -= one.fen
        summed[one.kind, *one.as_the_desks] += one.fen
    return [Flow(kind, source, target, fen) for (kind, source, target), fen in summed.items() if fen]


def in_transit(ordered: Iterable[Ordered[_Where]]) -> dict[_Where, int]:
    """Fen to be added to what rests with each desk and taken from what rests at each bank."""
    found: dict[_Where, int] = defaultdict(int)
    for one in ordered:
        found[one.desk] += one.in_transit
        found[one.bank] -= one.in_transit
    return found
