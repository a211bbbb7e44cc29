"""How a household may come from one standing in the register into another. Pure.

建档立卡: 登记 → 脱贫、监测; 脱贫 may be returned (退回、返贫); whoever does not meet the standard is removed (清退) and
can only be put back, by an appeal upheld or a removal taken back. Assumed from practice; no law orders the steps.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class StandingKind(StrEnum):
    """registered 登记在册; lifted 已脱贫; monitored 监测; returned 脱贫被退回或返贫; removed 清退."""

    REGISTERED = "registered"
    LIFTED = "lifted"
    MONITORED = "monitored"
    RETURNED = "returned"
    REMOVED = "removed"


_ON_THE_LIST: Final = frozenset(set(StandingKind) - {StandingKind.REMOVED})
_NEXT: Final[dict[StandingKind, frozenset[StandingKind]]] = {
    StandingKind.REGISTERED: frozenset({StandingKind.LIFTED, StandingKind.MONITORED, StandingKind.REMOVED}),
    StandingKind.LIFTED: frozenset({StandingKind.RETURNED, StandingKind.MONITORED, StandingKind.REMOVED}),
    StandingKind.MONITORED: frozenset({StandingKind.LIFTED, StandingKind.RETURNED, StandingKind.REMOVED}),
    StandingKind.RETURNED: frozenset({StandingKind.LIFTED, StandingKind.MONITORED, StandingKind.REMOVED}),
    StandingKind.REMOVED: frozenset(),
}


def may_become(now: StandingKind, asked: StandingKind) -> bool:
    """Whether a household of standing `now` may be given `asked`; a removed one is reinstated, never given one."""
    return asked in _NEXT[now]


def reinstated(before: StandingKind | None) -> StandingKind:
    """The standing a removed household gets back: the one it had before."""
    return before if before in _ON_THE_LIST and before is not None else StandingKind.REGISTERED
