"""Whether terms that are to be set say less than what stands: above, or in the own set that they replace.

Every level is heard, so terms looser than those above would let nothing through and only tell people otherwise. What a
level laid down itself it may lift, but not one person alone. Pure.
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


def lifted(new: Sequence[Term], old: Sequence[Term]) -> list[Term]:
    """The terms of a level's own set that the set replacing it leaves out or loosens."""
    return [term for term in old if not any(_as_strict(one, term) for one in new if one.rule is term.rule)]


def _as_strict(new: Term, old: Term) -> bool:
    if old.on_breach is OnBreach.REFUSE and new.on_breach is OnBreach.FLAG:
        return False
    if old.rule in _CAPS:
        return new.number <= old.number
    if old.rule is FundRule.PUBLICITY:
        return new.number >= old.number
    wide, narrow = (old, new) if old.rule in _PERMITTING else (new, old)
    return set(narrow.codes) <= set(wide.codes)
