"""What was received, spent and is left, added up from flows between accounts: pure, for any places, funds and projects.

A flow by order of a desk has been set right before it comes here: the desk stands where the bank does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from services.funds_api.flows.tree import SINKS, End, Flow, Place, build
from services.funds_api.units.schemas import UnitKind


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
    """What one row adds up to."""

    received: int = 0
    carried_in: int = 0
    spent: int = 0
    resting: int = 0
    carried_out: int = 0
    industry: int = 0
    other: int = 0

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

    def of_funds(self, funds: frozenset[str]) -> YearBooks:
        """The part of the books that is of these funds."""
        return YearBooks(
            self.accounts,
            self.purposes,
            [one for one in self.moved if one.fund in funds],
            [one for one in self.carried if one.fund in funds],
            [one for one in self.rested if one.fund in funds],
        )

    @property
    def funds(self) -> set[str]:
        return {one.fund for books in (self.moved, self.carried, self.rested) for one in books}


@dataclass(frozen=True, slots=True)
class Parted:
    """A place as a whole, its own desks, and the places next below it."""

    whole: Progress
    own: Progress
    below: dict[str, Progress]


def part(books: YearBooks, root: str) -> Parted:
    """What was received, spent and is left at `root` and at each of its parts."""
    came: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    for one in books.carried:
        place = books.accounts[one.account].region_code
        came[place] += one.came
        went[place] += one.went
    resting: dict[str, int] = defaultdict(int)
    for rested in books.rested:
        resting[rested.place] += rested.fen
    flows = [
        Flow(one.kind, _end(books.accounts.get(one.source)), _end(books.accounts[one.target]), one.fen)
        for one in books.moved
    ]
    net = {place: came[place] - went[place] for place in {*came, *went}}
    tree = build(root, flows, resting, net)
    purposes = classified(books)

    def told(place: Place, inside: Iterable[str], *, own: bool = False) -> Progress:
        figures = place.own if own else place.figures
        passed_on = figures.passed_on if own else 0
        here = list(inside)
        carried_in = sum(came.get(code, 0) for code in here)
        received = figures.received + figures.came_back - figures.returned - figures.moved_out - passed_on
        return Progress(
            received=received + carried_in,
            carried_in=carried_in,
            spent=figures.spent,
            resting=figures.resting,
            carried_out=sum(went.get(code, 0) for code in here),
            industry=sum(purposes.get((code, Purpose.INDUSTRY), 0) for code in here),
            other=sum(purposes.get((code, Purpose.OTHER), 0) for code in here),
        )

    codes = {desk.region_code for desk in books.accounts.values() if desk.region_code.startswith(root)}
    return Parted(
        told(tree, codes),
        told(tree, [root], own=True),
        {
            one.code: told(one, [code for code in codes if code.startswith(one.code)])
            for one in tree.below
        },
    )  # fmt: skip


def classified(books: YearBooks) -> dict[tuple[str, Purpose], int]:
    """Fen that stand with projects of a purpose, by the place where they lie; what they have spent stays counted.

    A retention goes with the purpose of the project that it is of, to the place of its deposit; when it is paid or
    forfeited nothing changes, and when it goes back to the project it goes with it.
    """
    found: dict[tuple[str, Purpose], int] = defaultdict(int)
    for one in books.moved:
        gave, got = books.accounts.get(one.source), books.accounts[one.target]
        source, target = books.purposes.get(one.source), books.purposes.get(one.target)
        if source and got.kind == UnitKind.RETENTION:
            _go_over(found, source, gave, got, one.fen)
        elif target and gave and gave.kind == UnitKind.RETENTION:
            _go_over(found, target, gave, got, one.fen)
        else:
            if target and not (gave and gave.kind in SINKS):
                found[got.region_code, target] += one.fen
            if source and gave and got.kind not in SINKS:
                found[gave.region_code, source] -= one.fen
    for carried in books.carried:
        if purpose := books.purposes.get(carried.account):
            found[books.accounts[carried.account].region_code, purpose] += carried.came
    return found


def _go_over(found: dict[tuple[str, Purpose], int], purpose: Purpose, gave: Desk | None, got: Desk, fen: int) -> None:
    if gave:
        found[gave.region_code, purpose] -= fen
        found[got.region_code, purpose] += fen


def _end(account: Desk | None) -> End | None:
    if account is None or account.kind == UnitKind.OUTSIDE:
        return None
    return End(account.region_code, account.kind if account.kind in SINKS else None)
