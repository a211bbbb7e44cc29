"""What publishing a batch and objecting to it refuse, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class NotPublishable(Exception):
    """Only a checked batch, whose list is frozen and which is not paid yet, is put on show."""

    batch_id: str
    status: str

    def __str__(self) -> str:
        return f"批次 {self.batch_id} 当前状态为 {self.status}，只有校验完毕、尚未发放的名册可以公示"


@dataclass(eq=False)
class NotPublished(Exception):
    """An objection to a batch that was not on show by that day."""

    batch_id: str
    raised_on: date

    def __str__(self) -> str:
        return f"批次 {self.batch_id} 在 {self.raised_on} 尚未公示，请先登记公示"


@dataclass(eq=False)
class PublicationDateRefused(Exception):
    """A day of a publication or an answer that has not come, or lies before what it follows."""

    asked_on: date
    earliest: date
    latest: date

    def __str__(self) -> str:
        return f"日期 {self.asked_on} 应在 {self.earliest} 至 {self.latest} 之间"


@dataclass(eq=False)
class BatchObjectionClosed(Exception):
    """The objection has been answered already."""

    objection_id: str

    def __str__(self) -> str:
        return f"异议 {self.objection_id} 已经处理"
