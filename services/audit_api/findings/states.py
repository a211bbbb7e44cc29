"""The states of a finding, pure: open → ordered by its first order → closed when its last order is closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class FindingStatus(StrEnum):
    """open: 已认定; ordered: 已下达整改; closed: 已销号."""

    OPEN = "open"
    ORDERED = "ordered"
    CLOSED = "closed"


@dataclass(eq=False)
class FindingClosed(Exception):
    """The finding has been closed; nothing more can be ordered on it."""

    finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 已销号"


def after_order(status: str, finding_id: str) -> FindingStatus:
    """The state after one more order; a closed finding takes none."""
    if status == FindingStatus.CLOSED:
        raise FindingClosed(finding_id)
    return FindingStatus.ORDERED


def after_closing(closed: Iterable[bool]) -> FindingStatus:
    """The state once an order was closed, from whether each of the finding's orders is closed."""
    return FindingStatus.CLOSED if all(closed) else FindingStatus.ORDERED
