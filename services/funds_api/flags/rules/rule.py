"""What a rule sees and says: facts and policy in, a verdict or nothing out. It knows no database, clock or person.

A rule is one file. Its set query narrows (SQL, as text, run by somebody else), its `judge` decides, and both are told
the day and what was known. Facts hold ids, dates, fen and names of offices, never a person's name or number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from treasury.clocks import Counted, TimeLimit
from treasury.policy import PolicyValue, in_force


class Subject(StrEnum):
    """What a question is about."""

    LOT = "lot"
    PAYMENT = "payment"
    PERSON = "person"
    HOUSEHOLD = "household"
    BATCH = "batch"
    PROJECT = "project"
    ORDER = "order"
    MOVEMENT = "movement"
    LOAN = "loan"
    UNIT = "unit"
    ACCOUNT = "account"
    REGION = "region"


class Population(StrEnum):
    """What a rule looks at, all of it: its hits are counted against this many (`flags/population.py` counts)."""

    LOTS = "lots"
    PAYMENTS = "payments"
    HOUSEHOLDS = "households"
    BATCHES = "batches"
    PROJECTS = "projects"
    ORDERS = "orders"
    MOVEMENTS = "movements"
    LOANS = "loans"
    UNITS = "units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every rule is told: whom or what it is about, where, how many fen, on which day. A rule adds its own.

    The fields of a rule's facts are the columns of its query, by name: int, str, bool, date, UUID, or None.
    """

    subject_id: UUID
    region_code: str
    amount_fen: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Money:
    """Fen that a flag is about, by what they are (`payment:batch:line`, `lot:id`): named twice they count once."""

    item: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The rule's question: one Chinese sentence with its figures, and the dated values it was judged by.

    `mark` tells several questions about one subject apart; the same subject and mark are asked about once for ever.
    Without `money` the flag is about its subject's own fen.
    """

    explanation: str
    policy: tuple[PolicyValue, ...] = ()
    mark: str = ""
    days: int = 0
    limit_days: int = 0
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The dated values of one county, as they were known."""

    values: Sequence[PolicyValue]
    county: str

    def on(self, key: str, day: date) -> PolicyValue | None:
        """The value in force on a day; None when there is none, and then a rule asks nothing."""
        return in_force(self.values, key, self.county, day)


@dataclass(frozen=True, slots=True)
class Line:
    """One limit of a clock rule: lots of holders of these kinds cross it when `days` have passed, counted as it says.

    `name` is the mark of its flags: a lot crosses a line once, however the number behind it changes. With `budgets` it
    is a line for lots of these alone, each told as the level of the fund and the book ("county.quota").
    """

    name: str
    kinds: frozenset[str]
    policy: PolicyValue
    days: int
    budgets: frozenset[str] | None = None
    counted: Counted = Counted.CALENDAR

    @property
    def limit(self) -> TimeLimit:
        return TimeLimit(self.days, self.counted)

    def meets(self, other: Line) -> bool:
        """Whether one lot may lie under both lines."""
        budgets = self.budgets is None or other.budgets is None or bool(self.budgets & other.budgets)
        return budgets and bool(self.kinds & other.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its name, basis and version. It has a `query`, or, as a rule about resting lots, `lines`.

    `query` takes :county, :scope, :as_of, :known, :known_on (see `Moment.arguments`), :known_at (for what belongs to no
    county's journal) and what `narrow` adds, and yields one row of `facts` for each candidate. `narrow` returning None
    says that no value is in force: nothing is asked. `since` is the day on which this version was laid down.
    `figures` is a query whose rows are published with each run (quartiles and fences of a statistical rule).
    """

    code: str
    version: int
    since: date
    title: str
    legal_basis: str
    looks_at: str
    subject: Subject
    population: Population
    judge: Callable[[Any, Policy], Verdict | None]
    facts: type[Facts]
    policy_keys: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    query: str = ""
    narrow: Callable[[Policy, date], Mapping[str, Any] | None] = field(default=lambda _policy, _day: {})
    lines: Callable[[Policy, date], tuple[Line, ...]] | None = None
    figures: str = ""


ASKED: Final = "，请核实"


def without_asking(judge: Callable[[Any, Policy], Verdict | None]) -> Callable[[Any, Policy], Verdict | None]:
    """The same verdict with a sentence that does not end in asking to look: what former versions of some rules said."""

    def judged(facts: Any, policy: Policy) -> Verdict | None:
        verdict = judge(facts, policy)
        return replace(verdict, explanation=verdict.explanation.removesuffix(ASKED)) if verdict else None

    return judged
