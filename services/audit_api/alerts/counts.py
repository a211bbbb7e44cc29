"""How many alerts stand at what: by state, by triage and by who works on them, each adding up to all of them.

An alert is open while nobody has taken it up or dismissed it; one that is part of another is worked on with that, and
is counted like any other, and beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.audit_api.alerts.schemas import AlertCount, AlertCounts, AlertStatus
from services.audit_api.alerts.store import Stood
from services.audit_api.alerts.triage import Triage
from services.audit_api.moments import Moment

_OPEN = frozenset({AlertStatus.NEW, AlertStatus.DECIDED})


def _open_n(one: Stood) -> int:
    return one.n if one.status in _OPEN else 0


def counts(stood: Sequence[Stood], counted_n: int, moment: Moment) -> AlertCounts:
    """The counts of a dashboard; `counted_n` was counted beside them, and is what they have to come to.

    States and ways of triage are there also where there is none of them; people only who have an alert.
    """
    total = sum(one.n for one in stood)
    assignees = sorted({one.assignee for one in stood if one.assignee is not None})
    return AlertCounts(
        **moment.shown,
        as_of=moment.as_of,
        total_n=total,
        open_n=sum(_open_n(one) for one in stood),
        merged_n=sum(one.n for one in stood if one.merged),
        by_status=_lines(AlertStatus, [(one.status, one) for one in stood]),
        by_triage=_lines([*Triage, None], [(one.triage, one) for one in stood]),
        by_assignee=_lines([*assignees, None], [(one.assignee, one) for one in stood]),
        unexplained_n=counted_n - total,
        empty_because=None if total else "您的管辖范围内截至当日没有预警",
    )


def _lines(keys: Iterable[str | None], stood: Sequence[tuple[str | None, Stood]]) -> list[AlertCount]:
    return [
        AlertCount(
            key=key,
            n=sum(one.n for own, one in stood if own == key),
            open_n=sum(_open_n(one) for own, one in stood if own == key),
        )
        for key in keys
    ]
