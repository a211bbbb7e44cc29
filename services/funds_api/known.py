"""Facts beside the ledger as they were known: rows recorded by a moment, without what was added to them later.

Such a row says in `position` which act recorded it, and in a position of its own which act added a later fact (an
approval, a title, a closing). Read with everything known, rows come back as they are. Nothing is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

from services.funds_api.moments import Moment
from services.funds_api.tables import (
    AssetIncomeRow,
    AssetRow,
    ClockStopRow,
    IncomeShareRow,
    ProjectContractRow,
    ProjectObjectionRow,
    ProjectProgressRow,
    ProjectVersionRow,
    WarningRow,
)


class _Recorded(Protocol):
    position: int


Recorded = TypeVar("Recorded", bound=_Recorded)

_UNDONE: Final = ("undone_on", "undoing_document", "undoing_reason", "undone_by")
# By kind of row: the position of each later fact, and the columns that tell it.
_LATER: Final[Mapping[type[Any], Mapping[str, tuple[str, ...]]]] = {
    ProjectVersionRow: {
        "approved_position": ("approved_by", "approval_document", "effective_on"),
        "closed_position": ("closed_as", "closed_by", "closed_on", "closing_document", "closing_reason"),
    },
    ProjectObjectionRow: {"closed_position": ("closed_on", "outcome", "closed_by")},
    ProjectContractRow: {
        "cancelled_position": ("cancelled_on", "cancellation_document", "settled_fen", "cancelled_by")
    },
    ProjectProgressRow: {"accepted_position": ("accepted_on", "acceptance_document", "accepted_by")},
    AssetRow: {
        "confirmed_position": ("title_document", "confirmed_on", "confirmed_by"),
        "disposed_position": ("disposed_on", "disposed_by", "disposal_document", "disposal_reason", "proceeds_fen"),
    },
    AssetIncomeRow: {"passed_position": ("passed_on", "passing_document"), "undone_position": _UNDONE},
    IncomeShareRow: {"undone_position": _UNDONE},
    ClockStopRow: {"ended_position": ("ended_on", "end_document", "ended_by")},
    WarningRow: {
        "acknowledged_position": ("acknowledged_on", "acknowledged_by"),
        "explained_position": ("explained_on", "explained_by", "explanation", "explanation_document"),
        "closed_position": ("closed_on", "closed_by", "closing", "closing_document"),
    },
}


def known(rows: Iterable[Recorded], moment: Moment) -> list[Recorded]:
    """The rows recorded by that moment, in their order, each without the facts that were added to it later."""
    return [_then(row, moment) for row in rows if row.position <= moment.position]


def _then(row: Recorded, moment: Moment) -> Recorded:
    kind: type[Any] = type(row)
    hidden = {
        name
        for position, names in _LATER.get(kind, {}).items()
        if (at := getattr(row, position)) is not None and at > moment.position
        for name in (position, *names)
    }
    if not hidden:
        return row
    told = {one.key: None if one.key in hidden else getattr(row, one.key) for one in kind.__table__.columns}
    then: Recorded = kind(**told)
    return then
