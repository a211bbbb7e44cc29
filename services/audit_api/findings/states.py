"""The states of a finding, pure: drawn up → confirmed by another → ordered → closed with its last order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class FindingStatus(StrEnum):
    """draft: 拟稿; open: 已认定; ordered: 已下达整改; closed: 已销号."""

    DRAFT = "draft"
    OPEN = "open"
    ORDERED = "ordered"
    CLOSED = "closed"


class FindingDecision(StrEnum):
    """confirm: 予以认定; send_back: 退回修改."""

    CONFIRM = "confirm"
    SEND_BACK = "send_back"


@dataclass(eq=False)
class FindingClosed(Exception):
    """The finding has been closed; nothing more can be ordered on it."""

    finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 已销号"


@dataclass(eq=False)
class FindingNotConfirmed(Exception):
    """A draft: nobody but its author holds it to be the case, so nothing follows from it."""

    finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 尚未认定，须先由另一人审核认定"


@dataclass(eq=False)
class FindingNotDraft(Exception):
    """The finding was confirmed: what it says does not change any more."""

    finding_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 已经认定，内容不能再改"


@dataclass(eq=False)
class VersionDecided(Exception):
    """This version was sent back; a decision is made once per version."""

    finding_id: str
    version_no: int

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 的第 {self.version_no} 稿已退回，须修改后再送审"


def must_be_draft(status: str, finding_id: str) -> None:
    """Refuse to change, or decide again on, what was confirmed."""
    if status != FindingStatus.DRAFT:
        raise FindingNotDraft(finding_id)


def must_be_at_work(status: str, finding_id: str) -> None:
    """Refuse what follows from a finding that is a draft yet, or closed."""
    if status == FindingStatus.DRAFT:
        raise FindingNotConfirmed(finding_id)
    if status == FindingStatus.CLOSED:
        raise FindingClosed(finding_id)


def after_order(status: str, finding_id: str) -> FindingStatus:
    """The state after one more order; a draft takes none yet and a closed finding none any more."""
    must_be_at_work(status, finding_id)
    return FindingStatus.ORDERED


def after_closing(closed: Iterable[bool]) -> FindingStatus:
    """The state once an order was closed, from whether each of the finding's orders is closed."""
    return FindingStatus.CLOSED if all(closed) else FindingStatus.ORDERED


def status_at(
    position: int, confirmed_position: int | None, ordered_position: int | None, closed_position: int | None
) -> FindingStatus:
    """The state as it was known by `position` of the journal, from the positions at which each became known."""
    reached = FindingStatus.DRAFT
    for status, since in (
        (FindingStatus.OPEN, confirmed_position),
        (FindingStatus.ORDERED, ordered_position),
        (FindingStatus.CLOSED, closed_position),
    ):
        if since is not None and since <= position:
            reached = status
    return reached
