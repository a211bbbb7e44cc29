"""Whether terms that are to be set say less than what binds from above: the pair of terms for every such rule.

Every level is heard, so looser terms would let nothing through; they would only tell people otherwise. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.funds_api.funds.judge import FundRule, OnBreach, Term

_CAPS: Final = frozenset({FundRule.FEE_CAP, FundRule.HOUSEHOLD_CAP, FundRule.PERSON_CAP})
_PERMITTING: Final = frozenset({FundRule.PERMITTED_USES, FundRule.PERMITTED_PAYEES})


def loosened(new: Sequence[Term], above: Sequence[Term]) -> list[tuple[Term, Term]]:
    """Each new term that allows, or only flags, what a term above refuses or sets tighter, with that term."""
    return [(one, other) for one in new for other in above if _looser(one, other)]


def _looser(new: Term, above: Term) -> bool:
    """Of terms about the same; a stop of one's own beyond a line that is only flagged above loosens nothing."""
    if new.rule is FundRule.PERMITTED_USES and above.rule is FundRule.BARRED_USES:
        return above.on_breach is OnBreach.REFUSE and bool(set(new.codes) & set(above.codes))
    if new.rule is not above.rule or (above.on_breach is OnBreach.FLAG and new.on_breach is OnBreach.REFUSE):
        return False
    milder = new.on_breach is OnBreach.FLAG and above.on_breach is OnBreach.REFUSE
    if new.rule in _CAPS:
        return new.number > above.number or (milder and new.number == above.number)
    if new.rule is FundRule.PUBLICITY:
        return new.number < above.number or (milder and new.number == above.number)
    if new.rule in _PERMITTING:
        beyond = set(new.codes) - set(above.codes)
        return bool(beyond) or (milder and set(new.codes) == set(above.codes))
    return milder and bool(set(new.codes) & set(above.codes))
