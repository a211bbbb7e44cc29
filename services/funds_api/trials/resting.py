"""How many lots a clock rule would ask about, from sums of what rested: no lot is read for it.

Lots whose clock was ever stopped are few and have days of their own: they are taken out of the sums and asked apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flags import store as flags
from services.funds_api.flags.crossings import crossed_by
from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Line, Policy, Rule
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment


@dataclass(frozen=True, slots=True)
class Group:
    """Lots that any rule of clocks treats alike: the same kind of holder, budget and start of the clock."""

    key: tuple[Any, ...]
    lots_n: int
    fen: int


async def crossed(session: AsyncSession, rule: Rule, policy: Policy, place: Place, moment: Moment) -> list[Group]:
    """The groups of lots that have crossed one of the rule's lines at that moment; a stopped lot is a group alone."""
    drawn = rule.lines(policy, moment.as_of) if rule.lines else ()
    found = await session.execute(
        text(
            "SELECT kind, level, book, clock_from, lots_n, fen"
            " FROM funds.rested(:county, :scope, :as_of, :known, :known_on)"
        ),
        {**place.arguments, **moment.arguments},
    )
    sums: dict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0])
    for row in found:
        counted = sums[row.kind, f"{row.level}.{row.book}", row.clock_from]
        counted[0] += row.lots_n
        counted[1] += row.fen
    apart = await flags.stopped(session, place, moment)
    for lot in apart:
        counted = sums[lot.unit_kind, _budget(lot), lot.clock_from]
        counted[0] -= 1
        counted[1] -= lot.amount_fen
    groups = [
        Group((kind, budget, clock), n, fen)
        for (kind, budget, clock), (n, fen) in sums.items()
        if n and any(_passed(line, kind, budget, clock, moment.as_of) for line in drawn)
    ]
    alone = [Group((lot.subject_id,), 1, lot.amount_fen) for lot in apart if rule.judge(lot, policy) is not None]
    return groups + alone


def _budget(lot: LotFacts) -> str:
    return f"{lot.fund_level}.{lot.book}"


def _passed(line: Line, kind: str, budget: str, clock: date, on: date) -> bool:
    return kind in line.kinds and (line.budgets is None or budget in line.budgets) and clock <= crossed_by(line, on)
