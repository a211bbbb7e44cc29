"""Whether terms that are to be set say less than what stands: above, or in the own set that they replace.

Every level is heard, so terms looser than those above would let nothing through and only tell people otherwise. What a
level laid down itself it may lift, but not one person alone, in whatever order the sets are recorded. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.funds_api.funds.judge import FundRule, OnBreach, Term

_CAPS: Final = frozenset(
    {FundRule.FEE_CAP, FundRule.HOUSEHOLD_CAP, FundRule.PERSON_CAP, FundRule.PUBLICITY_BEFORE_UPLOAD}
)
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


class WaitsBecause(StrEnum):
    """Why a set needs a second person.

    It says less than its level's own set before it, than the nation's rule for every fund, or lays down what the own
    set of a later day, recorded before it, leaves out: from that day on there would be a loosening nobody agreed to.
    """

    LIFTS_OWN = "lifts_own"
    LIFTS_GENERAL = "lifts_general"
    LOOSENED_LATER = "loosened_later"


@dataclass(frozen=True, slots=True)
class OwnSet:
    """A set that a level recorded and nobody withdrew: from which day, what it says, whether it still waits."""

    valid_from: date
    terms: Sequence[Term]
    waiting: bool = False
    agreed: bool = False


def before(own: Sequence[OwnSet], day: date) -> list[OwnSet]:
    """The sets that may hold until `day`: the last one that holds, and those after it that still wait."""
    found: list[OwnSet] = []
    for one in sorted((one for one in own if one.valid_from < day), key=lambda one: one.valid_from, reverse=True):
        found.append(one)
        if not one.waiting:
            break
    return found


def second_person_for(
    new: Sequence[Term], day: date, own: Sequence[OwnSet], general: Sequence[Term]
) -> list[WaitsBecause]:
    """Why a set of `day` waits, [] when one person may record it; `own` are the level's sets of the same fund-year.

    `general` are the rules for every fund which the set may put aside: for the nation all of them, for others none. A
    later set to which two people agreed was compared by both with its document, so it stands whatever came before.
    """
    after = min((one for one in own if one.valid_from > day and not one.waiting), default=None, key=_first_day)
    said = {one.rule for one in new}
    found = []
    if any(lifted(new, one.terms) for one in before(own, day)):
        found.append(WaitsBecause.LIFTS_OWN)
    if lifted(new, [term for term in general if term.rule in said]):
        found.append(WaitsBecause.LIFTS_GENERAL)
    if after is not None and not after.agreed and lifted(after.terms, new):
        found.append(WaitsBecause.LOOSENED_LATER)
    return found


def _first_day(one: OwnSet) -> date:
    return one.valid_from
