"""What was received, spent and is left, added up from flows between accounts: pure, for any places, funds and projects.

A desk has received what came to it less what went from it to other desks, so what only passed through counts where it
went; whatever moves between two desks of a row cancels out in it. A flow by order of a desk has been set right before
it comes here: the desk stands where the bank does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from services.funds_api.flows.tree import SINKS, uncollected
from services.funds_api.units.schemas import UnitKind

# The digits of a place next below one of so many.
BELOW: Final = {6: 9, 9: 12}


class Desk(NamedTuple):
    """An account: where it lies and what holds it."""

    region_code: str
    kind: str


class Moved(NamedTuple):
    """Fen of a fund that moved from one account to another by one kind of movement; of all zeros is a notice."""

    fund: str
    kind: str
    source: UUID
    target: UUID
    fen: int


class Carried(NamedTuple):
    """Fen of a fund that an account took over from the year before, and that went on into the next."""

    fund: str
    account: UUID
    came: int
    went: int


class Rested(NamedTuple):
    """Fen of a fund that rest at the desks of a place."""

    fund: str
    place: str
    fen: int


class Purpose(StrEnum):
    INDUSTRY = "industry"
    OTHER = "other"


@dataclass(slots=True)
class Progress:
    """What a row adds up to."""

    received: int = 0
    carried_in: int = 0
    spent: int = 0
    resting: int = 0
    carried_out: int = 0
    industry: int = 0
    other: int = 0

    def add(self, more: Progress) -> None:
        self.received += more.received
        self.carried_in += more.carried_in
        self.spent += more.spent
        self.resting += more.resting
        self.carried_out += more.carried_out
        self.industry += more.industry
        self.other += more.other

    def classify(self, purpose: Purpose, fen: int) -> None:
        if purpose is Purpose.INDUSTRY:
            self.industry += fen
        else:
            self.other += fen

    @property
    def unexplained(self) -> int:
        return self.received - self.spent - self.resting - self.carried_out

    @property
    def unclassified(self) -> int:
        return self.received - self.industry - self.other

    def of_received(self, fen: int) -> Fraction | None:
        """A part of what was received; of nothing there is none."""
        return Fraction(fen, self.received) if self.received else None

    @property
    def rate(self) -> Fraction | None:
        return self.of_received(self.spent)


@dataclass(slots=True)
class YearBooks:
    """All that is known of one budget year that touches a place."""

    accounts: Mapping[UUID, Desk]
    purposes: Mapping[UUID, Purpose]
    moved: list[Moved] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    rested: list[Rested] = field(default_factory=list)

    @property
    def funds(self) -> set[str]:
        return {one.fund for books in (self.moved, self.carried, self.rested) for one in books}


@dataclass(slots=True)
class Parted:
    """A place as a whole, its own desks, the places next below it, and the funds that it had."""

    whole: Progress = field(default_factory=Progress)
    own: Progress = field(default_factory=Progress)
    below: defaultdict[str, Progress] = field(default_factory=lambda: defaultdict(Progress))
    funds: defaultdict[str, Progress] = field(default_factory=lambda: defaultdict(Progress))


def part(books: YearBooks, root: str) -> Parted:
    """What was received, spent and is left at `root`, at each of its parts, and of each fund."""
    found, digits = Parted(), BELOW.get(len(root))
    for (fund, place), figures in _by_desks(books).items():
        if place.startswith(root):
            found.whole.add(figures)
            found.funds[fund].add(figures)
            (found.own if place == root else found.below[place[:digits]]).add(figures)
    return found


class _Desks(dict[tuple[str, str], Progress]):
    """What was received, spent and is left of a fund at the desks of a place, by fund and place."""

    def __missing__(self, at: tuple[str, str]) -> Progress:
        found = self[at] = Progress()
        return found


@uncollected()
def _by_desks(books: YearBooks) -> _Desks:
    found = _Desks()
    for one in books.moved:
        gave, got = books.accounts.get(one.source), books.accounts[one.target]
        _count(found, one, gave, got)
        if books.purposes:
            _classify(found, books, one, gave, got)
    for carried in books.carried:
        desk = found[carried.fund, books.accounts[carried.account].region_code]
        desk.received += carried.came
        desk.carried_in += carried.came
        desk.carried_out += carried.went
        if purpose := books.purposes.get(carried.account):
            desk.classify(purpose, carried.came)
    for fund, place, fen in books.rested:
        found[fund, place].resting += fen
    return found


def _count(found: _Desks, one: Moved, gave: Desk | None, got: Desk) -> None:
    """Count one flow at the desks of its ends: as spent, as no longer spent, or as gone from one to the other."""
    if got.kind in SINKS:
        if gave:
            found[one.fund, gave.region_code].spent += one.fen
    elif gave and gave.kind in SINKS:
        found[one.fund, got.region_code].spent -= one.fen
    else:
        if got.kind != UnitKind.OUTSIDE:
            found[one.fund, got.region_code].received += one.fen
        if gave and gave.kind != UnitKind.OUTSIDE:
            found[one.fund, gave.region_code].received -= one.fen


def _classify(found: _Desks, books: YearBooks, one: Moved, gave: Desk | None, got: Desk) -> None:
    """Count what comes to and leaves projects by their purpose, where their accounts are; spent, it stays counted.

    A retention goes with the purpose of the project that it is of, to the place of its deposit; when it is paid or
    forfeited nothing changes, and when it goes back to the project it goes with it.
    """
    source, target = books.purposes.get(one.source), books.purposes.get(one.target)
    if gave and source and got.kind not in SINKS:
        found[one.fund, gave.region_code].classify(source, -one.fen)
    if source and got.kind == UnitKind.RETENTION:
        found[one.fund, got.region_code].classify(source, one.fen)
    if target and not (gave and gave.kind in SINKS):
        found[one.fund, got.region_code].classify(target, one.fen)
    if target and gave and gave.kind == UnitKind.RETENTION:
        found[one.fund, gave.region_code].classify(target, -one.fen)
