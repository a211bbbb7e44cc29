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


@dataclass(eq=False)
class RosterPublicityTooShort(Exception):
    """A list that was not on show for as many days as its region asks for, or its fund if that asks for more (`by`)."""

    batch_id: str
    published_days: int | None
    publicity_days: int
    counted: str
    payable_on: date | None
    effective_on: date
    by: str
    source: str

    def __str__(self) -> str:
        days = "个工作日" if self.counted == "working" else "日"
        asked = f"{'政策' if self.by == 'policy' else '资金规定'}要求公示满 {self.publicity_days} {days}"
        if self.published_days is None or self.payable_on is None:
            return f"{asked}，该名册没有公示记录（依据：{self.source}）"
        return (
            f"{asked}，截至发放只有 {self.published_days} {days}，{self.payable_on} 起方可发放，"
            f"批次发放日为 {self.effective_on}（依据：{self.source}）"
        )


@dataclass(eq=False)
class ListObjected(Exception):
    """Somebody objects to the whole list: it is not answered yet, or there was reason to (`upheld`)."""

    batch_id: str
    objections_open_n: int
    upheld: bool

    def __str__(self) -> str:
        if self.upheld:
            return "对整个名册的异议已经核实成立，该名册不能发放"
        return f"对整个名册还有 {self.objections_open_n} 件异议没有处理，整批暂不发放"


@dataclass(eq=False)
class RowsObjected(Exception):
    """Of this batch nothing would be paid: every row waits for an answer, or was objected to with reason."""

    batch_id: str
    rows_n: int
    waiting_n: int
    upheld_n: int
    first_line: int

    def __str__(self) -> str:
        return (
            f"该批次共 {self.rows_n} 行（首行为第 {self.first_line} 行），其中 {self.waiting_n} 行异议尚未处理、"
            f"{self.upheld_n} 行异议成立，没有可以发放的行"
        )
