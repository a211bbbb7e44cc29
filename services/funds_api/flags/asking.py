"""Asking one rule about a place as of a moment: its candidates judged, without writing anything.

A run writes what this finds; trying a draft on history only counts it. A rule that compares with lists is silent while
one of them is missing: that nobody stands on a list is another answer than that there is no list. By which versions it
asked, and how many people these could not be compared with, stands among its figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.comparisons.kinds import KINDS, ListKind
from services.funds_api.flags import store
from services.funds_api.flags.rules.rule import Facts, Policy, Rule, Verdict
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule saw and said; `silent_because` tells why it asked nothing at all."""

    candidates_n: int = 0
    hits: Sequence[tuple[Facts, Verdict]] = ()
    figures: list[dict[str, Any]] = field(default_factory=list)
    silent_because: str | None = None


def silence(rule: Rule) -> str:
    """Why a rule without a value in force asks nothing."""
    return f"没有现行政策数值（{'、'.join(rule.policy_keys)}），未作判断"


def listless(missing: Sequence[str]) -> str:
    """Why a rule without a list of each of its kinds asks nothing."""
    return f"没有{''.join(f'“{KINDS[ListKind(kind)].title}”' for kind in missing)}名单，未作判断"


async def ask(session: AsyncSession, rule: Rule, place: Place, moment: Moment, policy: Policy) -> Judged:
    """Every candidate of the rule's query, judged by the values given."""
    narrowed = rule.narrow(policy, moment.as_of)
    if narrowed is None:
        return Judged(silent_because=silence(rule))
    compared = await store.lists(session, rule, place, moment)
    if missing := [kind for kind in rule.lists if kind not in compared]:
        return Judged(silent_because=listless(missing))
    found = await store.candidates(session, rule, place, moment, narrowed)
    hits = [(facts, verdict) for facts in found if (verdict := rule.judge(facts, policy)) is not None]
    own = await store.figures(session, rule, place, moment, narrowed)
    return Judged(len(found), hits, [*compared.values(), *own])
