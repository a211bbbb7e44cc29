"""What publishing a batch and objecting to it refuse, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words


@dataclass(eq=False)
class NotPublishable(Exception):
    """Only a checked batch, whose list is frozen and which is not paid yet, is put on show."""

    batch_id: str
    status: str

    def __str__(self) -> str:
        return f"该批次当前为“{words.said(words.BATCHES, self.status)}”，只有校验完毕、尚未发放的名册可以公示"


@dataclass(eq=False)
class NotPublished(Exception):
    """An objection to a batch that was not on show by that day."""

    batch_id: str
    raised_on: date

    def __str__(self) -> str:
        return f"该批次在 {self.raised_on} 尚未公示，请先登记公示"


@dataclass(eq=False)
class PublicationDateRefused(Exception):
    """A publication from a day that has not come."""

    from_on: date
    latest_on: date

    def __str__(self) -> str:
        return f"公示日期 {self.from_on} 晚于今天 {self.latest_on}"
