"""三看三定: three looks at an alert decide which of three ways of dealing with it is proposed. Pure.

One looks at the sum, at the days and at how often the same was asked before; the look that reaches furthest decides:
put it right (整改), check it with weight (重点核查), check it at once (加急核查). The thresholds are policy values,
each a list of two ascending figures. A person sets the way, and may set another than is proposed with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from treasury.policy import PolicyValue, in_force

PREFIX: Final = "triage_"
REPEAT_DAYS: Final = "triage_repeat_days"


class Triage(StrEnum):
    """rectify: 整改; key_check: 重点核查; urgent_check: 加急核查."""

    RECTIFY = "rectify"
    KEY_CHECK = "key_check"
    URGENT_CHECK = "urgent_check"


class Look(StrEnum):
    """What is looked at, by the policy key that says how far: amount 看金额, days 看时间, repeats 看次数."""

    AMOUNT = "triage_amount_fen"
    DAYS = "triage_days"
    REPEATS = "triage_repeats_n"


_WAYS: Final = tuple(Triage)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: the figure, the thresholds it was held against, and which way it asks for."""

    look: Look
    figure: int
    thresholds: tuple[int, ...]
    asks_for: Triage
    policy: str | None


@dataclass(eq=False)
class ReasonMissing(Exception):
    """Another way than the proposed one was set without saying why."""

    proposed: str
    chosen: str

    def __str__(self) -> str:
        set_to, advised = (NAMES.get(one, one) for one in (self.chosen, self.proposed))
        return f"按现行标准建议“{advised}”，改定为“{set_to}”须说明理由"


NAMES: Final[Mapping[str, str]] = {
    Triage.RECTIFY: "整改",
    Triage.KEY_CHECK: "重点核查",
    Triage.URGENT_CHECK: "加急核查",
}


def way(figure: int, thresholds: Sequence[int]) -> Triage:
    """Which way a figure asks for: one further for each threshold it reaches, of which the first two count."""
    return _WAYS[sum(figure >= limit for limit in thresholds[: len(_WAYS) - 1])]


def looks(
    values: Sequence[PolicyValue], region: str, on: date, *, amount_fen: int, days: int, repeats_n: int
) -> list[Seen]:
    """The three looks by the values in force there on a day; where none is laid down a figure asks for no more."""
    figures = {Look.AMOUNT: amount_fen, Look.DAYS: days, Look.REPEATS: repeats_n}
    seen = []
    for look, figure in figures.items():
        value = in_force(values, look, region, on)
        thresholds = tuple(value.numbers) if value else ()
        seen.append(Seen(look, figure, thresholds, way(figure, thresholds), str(value.ref) if value else None))
    return seen


def proposed(seen: Sequence[Seen]) -> Triage:
    """The furthest way that any look asks for."""
    return max((one.asks_for for one in seen), key=_WAYS.index, default=Triage.RECTIFY)


def must_say_why(proposed_way: Triage, chosen: Triage, reason: str | None) -> None:
    """Refuse another way than the proposed one without a reason."""
    if chosen is not proposed_way and reason is None:
        raise ReasonMissing(proposed_way, chosen)
