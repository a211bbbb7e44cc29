"""A tree of places out of flows: pure, so that every identity can be held against any set of flows.

Every fen of a place is either at its own desks (本级), or was spent from them (households, contractors), or lies below
it. Desks are told apart by place only: what moves between two desks of one place is no flow of the tree.

What is counted, for a place with everything below it as for its own desks alone:

- `received`: forward (receipts, hand-downs, orders, retentions) from outside into it;
- `returned`: backward (returns, recoveries, take-backs) from it to outside;
- `moved_out`: forward from it to a place that is not below it: pooled money moved to a neighbour, or past the county;
- `came_back`: backward into it from outside: a neighbour, or for own desks a place below, gave back;
- `passed_on`: forward from its own desks to places below it, next below or further down;
- `spent`: from its own desks (of a place: from those below too) to households and contractors, less what came back;
- `carried`: into the budget year that is asked for, less out of it; 0 when every year is asked for;
- `resting`: what its desks hold, by a book of its own: the caller brings it, it is not taken from the flows.

The identities, with `unexplained` the fen by which they fail:

    place: received + came_back + carried − returned − moved_out − spent − resting             = unexplained
    own:   received + came_back + carried − returned − moved_out − spent − resting − passed_on = unexplained
    place: spent, resting, carried, unexplained = Σ of its own desks and the places next below
    place: passed_on = Σ received_from_above of the places next below; spent of own desks = Σ of their sinks

Who lives in a place may be paid by desks above it: that is told beside these figures, and is none of them. A desk's
`households` sink = Σ over places of what those who live there kept of what it paid, by a book of its own (`Housed`).
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

BACKWARD: Final = frozenset({"return", "recover", "take_back"})
SINKS: Final = ("households", "contractor")
LEVELS: Final = {6: "county", 9: "township", 12: "village"}


class End(NamedTuple):
    """Where a flow begins or ends: desks of a place, or a sink (`households`, `contractor`) where money is spent."""

    place: str
    sink: str | None = None


class Flow(NamedTuple):
    """Fen that moved by one kind of movement; None is beyond the county."""

    kind: str
    source: End | None
    target: End | None
    fen: int


class Housed(NamedTuple):
    """Fen that households living in `place` kept of what desks of `desk` paid; of '' what is of no row (追缴)."""

    desk: str
    place: str
    fen: int
    payments: int


@dataclass(slots=True)
class Figures:
    """What is counted of a place or of its own desks, in fen."""

    received: int = 0
    received_from_above: int = 0
    came_back: int = 0
    returned: int = 0
    moved_out: int = 0
    passed_on: int = 0
    spent: int = 0
    carried: int = 0
    resting: int = 0

    @property
    def left(self) -> int:
        """What came less what left or was spent, before what was passed on."""
        return self.received + self.came_back + self.carried - self.returned - self.moved_out - self.spent


@dataclass(slots=True)
class Place:
    """A place: its figures with everything below it, those of its own desks, its sinks, and the places next below.

    `payments` is the number of household payments that its own desks made, `all_payments` those from below too.
    `housed` is what households living here got from whose desks, `paid` the fen that its own desks paid to households,
    `paid_nowhere` those among them that are of no row (追缴, hence negative), `living` what households got that live
    here or below, by the level (6, 9, 12 digits) of the desks that paid it.
    """

    code: str
    figures: Figures = field(default_factory=Figures)
    own: Figures = field(default_factory=Figures)
    sinks: dict[str, int] = field(default_factory=dict)
    below: list[Place] = field(default_factory=list)
    payments: int = 0
    all_payments: int = 0
    housed: list[Housed] = field(default_factory=list)
    paid: int = 0
    paid_nowhere: int = 0
    living: dict[int, int] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        return self.figures.left - self.figures.resting

    @property
    def own_unexplained(self) -> int:
        return self.own.left - self.own.passed_on - self.own.resting


@contextmanager
def uncollected() -> Iterator[None]:
    """While thousands of objects are made that are gone with their answer, the collector does not look through them.

    Its rounds were a third of a tree's time, and a full one made one answer in twenty wait. Nothing of a tree refers to
    itself or upwards, so there is nothing for it to find. Not around anything that waits.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Places(dict[str, Place]):
    """The places of one tree by code; a place that is not there yet is made, with everything above it."""

    def __init__(self, root: str) -> None:
        super().__init__({root: Place(root)})
        self.root = root

    def __missing__(self, code: str) -> Place:
        found = self[code] = Place(code)
        self[_above(code)].below.append(found)
        return found

    def crossed(self, inside: str, outside: str) -> list[Place]:
        """The place `inside` and those above it, within the tree, that do not hold `outside` as well, upwards."""
        found = []
        while inside.startswith(self.root) and not outside.startswith(inside):
            found.append(self[inside])
            inside = _above(inside)
        return found


@lru_cache(maxsize=4096)  # a county has some hundred places, and a tree asks for each of them many times
def _above(code: str) -> str:
    """The place next above; of a county, nowhere."""
    return next((code[:digits] for digits in sorted(LEVELS, reverse=True) if digits < len(code)), "")


@uncollected()
def build(
    root: str,
    flows: Iterable[Flow],
    resting: Mapping[str, int] | None = None,
    carried: Mapping[str, int] | None = None,
    housed: Iterable[Housed] = (),
    payments: Mapping[str, int] | None = None,
) -> Place:
    """The tree below `root` (6, 9 or 12 digits), children in the order of their codes, no empty place in it.

    `resting` and `carried` are fen per place of what its own desks hold and took over from other years, `payments` the
    household payments they made. Without `resting`, what rests is what the flows left there, and nothing can be
    unexplained.
    """
    places = _Places(root)
    for flow in flows:
        _count(places, flow)
    for code, fen in (carried or {}).items():
        if code.startswith(root):
            places[code].own.carried += fen
    for place in list(places.values()):
        if resting is None:
            place.own.resting = place.own.left - place.own.passed_on
    for code, fen in (resting or {}).items():
        if code.startswith(root) and fen:
            places[code].own.resting = fen
    _house(places, housed)
    _sum_up(places[root], payments or {})
    return places[root]


def _house(places: _Places, housed: Iterable[Housed]) -> None:
    for one in housed:
        if one.place.startswith(places.root):
            places[one.place].housed.append(one)
        if one.desk.startswith(places.root):
            desk = places[one.desk]
            desk.paid += one.fen
            if not one.place:
                desk.paid_nowhere += one.fen


def _count(places: _Places, flow: Flow) -> None:
    """Count one flow at its own desks and at the border of every place it crosses."""
    kind, source, target, fen = flow
    if source and target and (source.sink or target.sink):
        if target.sink and not source.sink:
            _spend(places, source.place, target.sink, fen)
        elif source.sink and not target.sink:
            _spend(places, target.place, source.sink, -fen)
        return
    gave, got = (source.place if source else ""), (target.place if target else "")
    if gave != got:
        if gave.startswith(places.root):
            _leaves(places, gave, got, kind, fen)
        if got.startswith(places.root):
            _comes(places, gave, got, kind, fen)


def _leaves(places: _Places, gave: str, got: str, kind: str, fen: int) -> None:
    place = places[gave]
    if kind in BACKWARD:
        place.own.returned += fen
        for one in places.crossed(gave, got):
            one.figures.returned += fen
    elif got.startswith(gave):
        place.own.passed_on += fen
        place.figures.passed_on += fen
    else:
        place.own.moved_out += fen
        for one in places.crossed(gave, got):
            one.figures.moved_out += fen


def _comes(places: _Places, gave: str, got: str, kind: str, fen: int) -> None:
    place, crossed = places[got], places.crossed(got, gave)
    if kind in BACKWARD:
        place.own.came_back += fen
        for one in crossed:
            one.figures.came_back += fen
        return
    place.own.received += fen
    for one in crossed:
        one.figures.received += fen
    if crossed and gave and gave == _above(crossed[-1].code):
        crossed[-1].figures.received_from_above += fen


def _spend(places: _Places, code: str, sink: str, fen: int) -> None:
    if code.startswith(places.root):
        place = places[code]
        place.own.spent += fen
        place.sinks[sink] = place.sinks.get(sink, 0) + fen


def _sum_up(place: Place, payments: Mapping[str, int]) -> None:
    """Spent, resting, carried and payments of a place are those of its own desks and of the places next below."""
    place.below.sort(key=lambda one: one.code)
    figures, own = place.figures, place.own
    figures.spent, figures.resting, figures.carried = own.spent, own.resting, own.carried
    place.payments = place.all_payments = payments.get(place.code, 0)
    living: dict[int, int] = defaultdict(int)
    for paid in place.housed:
        living[len(paid.desk)] += paid.fen
    for one in place.below:
        _sum_up(one, payments)
        figures.spent += one.figures.spent
        figures.resting += one.figures.resting
        figures.carried += one.figures.carried
        place.all_payments += one.all_payments
        for level, fen in one.living.items():
            living[level] += fen
    place.living = dict(living)
