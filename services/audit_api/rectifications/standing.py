"""What an order is at a moment, from what had happened to it by then: pure.

The caller hands over the steps and the deadlines granted that were effective and known at the moment; whatever came
later is not among them, so a look back gives what it gave then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID

from services.audit_api.checking import version_hash
from services.audit_api.rectifications.states import OrderStatus

_STATES: Final = frozenset(one.value for one in OrderStatus)


class Happened(Protocol):
    """A step as its row tells it."""

    step_no: int
    action: str
    done_on: date
    done_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an order and which one in its life, who asks and who decided, its deadline, its latest day."""

    status: OrderStatus
    deadline: date
    last_on: date
    version: int = 0
    requested_by: str | None = None
    reviewed_by: str | None = None
    closed_on: date | None = None


def standing(steps: Sequence[Happened], first_deadline: date, granted: Iterable[date]) -> Standing:
    """What the steps come to, in their order; the deadline is the last one granted, which is the latest of all."""
    deadline = max([first_deadline, *granted])
    now = Standing(OrderStatus.ISSUED, deadline, steps[0].done_on)
    for step in steps:
        now = replace(_after(now, step), last_on=step.done_on)
    return now


def _after(now: Standing, step: Happened) -> Standing:
    if step.action not in _STATES:
        return now
    status = OrderStatus(step.action)
    now = replace(now, version=now.version + 1)
    match status:
        case OrderStatus.CLOSURE_REQUESTED:
            # The earlier review, if any, stays as a step; the order names only who asks and who decides now.
            return replace(now, status=status, requested_by=step.done_by, reviewed_by=None)
        case OrderStatus.SENT_BACK:
            return replace(now, status=status, reviewed_by=step.done_by)
        case OrderStatus.CLOSED:
            return replace(now, status=status, reviewed_by=step.done_by, closed_on=step.done_on)
        case _:
            return replace(now, status=status)


def request_version(order_id: UUID, step: Any, deadline: date, evidence_ids: Iterable[UUID]) -> str:
    """The name of what is asked for when closure is asked for: a decision on it names exactly this."""
    return version_hash(
        {
            "order_id": str(order_id),
            "step_no": step.step_no,
            "requested_on": step.done_on.isoformat(),
            "requested_by": step.done_by,
            "explanation": step.note,
            "deadline": deadline.isoformat(),
            "evidence_ids": sorted(str(one) for one in evidence_ids),
            **({} if step.salt is None else {"salt": step.salt}),  # a request of before there were salts has none
        }
    )
