"""What can be asked of the ledger for an extract, and how: pure. Every question names its two times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

# An act that was numbered by an instant may be on its way to its commit for this long (assumed): what was known at an
# instant is asked for once it can no longer change.
SETTLED: Final = timedelta(seconds=5)

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Subject(StrEnum):
    """lot: 一笔资金停留的经过; balance: 账户余额; tranche: 来文资金小计; trace: 一户一笔的来路; tree: 区划资金树.

    movement: 一笔业务; document: 一个文号带来的资金和据以办理的业务; household: 一户收到的资金.
    finding: 一个问题所涉的资金现在何处.
    """

    LOT = "lot"
    BALANCE = "balance"
    TRANCHE = "tranche"
    TRACE = "trace"
    TREE = "tree"
    MOVEMENT = "movement"
    DOCUMENT = "document"
    HOUSEHOLD = "household"
    FINDING = "finding"


_ASKED: Final = {
    Subject.LOT: ("/funds/v1/lots/{}/responsibility", _UUID),
    Subject.BALANCE: ("/funds/v1/accounts/{}", _UUID),
    Subject.TRANCHE: ("/funds/v1/tranches/{}", _UUID),
    Subject.TRACE: ("/funds/v1/payments/{}/trace", _UUID + r"-[0-9]{1,7}"),
    Subject.TREE: ("/funds/v1/tree", r"[0-9]{6}|[0-9]{9}|[0-9]{12}"),
    Subject.MOVEMENT: ("/funds/v1/movements/{}", _UUID),
    Subject.DOCUMENT: ("/funds/v1/documents", r"\S(?:.{0,198}\S)?"),
    Subject.HOUSEHOLD: ("/funds/v1/households/{}/receipts", _UUID),
    Subject.FINDING: ("/funds/v1/recoveries/bound-money", _UUID),
}


@dataclass(eq=False)
class NotYetSettled(Exception):
    """What was known at an instant that has hardly passed, or has not come, may still change."""

    latest: str

    def __str__(self) -> str:
        return f"该时点的登记尚未定格，最晚可摘录 {self.latest} 时的账本"


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the ledger; `path` and `query` are what is asked, and what is asked again later."""

    what: Subject
    about: str
    county: str
    as_of: date
    known_at: datetime

    @property
    def path(self) -> str:
        return _ASKED[self.what][0].format(self.about)

    @property
    def query(self) -> dict[str, str]:
        place = {"region": self.about} if self.what is Subject.TREE else {"county": self.county}
        if self.what is Subject.DOCUMENT:
            place["document"] = self.about
        if self.what is Subject.FINDING:
            place["finding"] = self.about
        return {**place, "as_of": self.as_of.isoformat(), "known_at": self.known_at.astimezone(UTC).isoformat()}


def names(what: Subject, about: str) -> bool:
    """Whether `about` is spelled as the number of such a thing."""
    return about.isprintable() and re.fullmatch(_ASKED[what][1], about) is not None


def settled(known_at: datetime | None, now: datetime) -> datetime:
    """The instant asked about, or the latest that can be; an instant that may still change is refused."""
    latest = now - SETTLED
    if known_at is None:
        return latest
    if known_at > latest:
        raise NotYetSettled(latest.isoformat())
    return known_at
