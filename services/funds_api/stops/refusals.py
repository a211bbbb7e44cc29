"""What stopping a clock refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words


@dataclass(eq=False)
class StopNotAllowed(Exception):
    """No value in force says how long a stop of this kind may last there: none is taken."""

    kind: str
    region_code: str
    from_on: date

    def __str__(self) -> str:
        kind = words.said(words.STOPS, self.kind)
        return f"{self.from_on} 没有适用于 {self.region_code} 的“{kind}”最长停表天数，不能停表"


@dataclass(eq=False)
class StopTooLong(Exception):
    """The limit lies further from the start than a stop of this kind may last, or no day is left when it begins."""

    kind: str
    from_on: date
    limit_on: date
    latest_on: date
    source: str
    counted_from_on: date

    def __str__(self) -> str:
        if self.latest_on <= self.from_on:
            return (
                f"“{words.said(words.STOPS, self.kind)}”的最长天数自公示之日 {self.counted_from_on} 起算，"
                f"到 {self.latest_on} 已满，{self.from_on} 不能再停表（依据：{self.source}）"
            )
        since = f"（最长天数自公示之日 {self.counted_from_on} 起算）" if self.counted_from_on < self.from_on else ""
        return (
            f"“{words.said(words.STOPS, self.kind)}”自 {self.from_on} 停表，最迟 {self.latest_on} 恢复计时{since}，"
            f"所填 {self.limit_on} 超过最长天数（依据：{self.source}）"
        )


@dataclass(eq=False)
class StopWithoutPublication(Exception):
    """What the stop names was not on show, as far as is recorded, on the day it is said to begin."""

    named: str
    id: str
    from_on: date

    def __str__(self) -> str:
        return f"{self.named} {self.id} 在 {self.from_on} 及以前没有登记过公示，不能以公示停表"


@dataclass(eq=False)
class StopDateRefused(Exception):
    """A stop that begins, or an end that lies, on a day that has not come or before what it is about."""

    what: str
    asked_on: date
    earliest_on: date | None
    latest_on: date

    def __str__(self) -> str:
        if self.earliest_on is None:
            return f"{self.what} {self.asked_on} 晚于今天 {self.latest_on}"
        return f"{self.what} {self.asked_on} 应在 {self.earliest_on} 至 {self.latest_on} 之间"


@dataclass(eq=False)
class NothingToStop(Exception):
    """No money lay there on the day the stop begins; of named lots, how many of them did not."""

    from_on: date
    named_n: int
    resting_n: int

    def __str__(self) -> str:
        if self.named_n:
            return f"所列 {self.named_n} 笔资金中，{self.from_on} 停留的只有 {self.resting_n} 笔，不能停表"
        return f"{self.from_on} 没有可以停表的资金"


@dataclass(eq=False)
class StopAcrossPlaces(Exception):
    """The named lots lie in several places; a stop is of one."""

    regions: list[str]

    def __str__(self) -> str:
        return f"所列资金分属 {'、'.join(self.regions)}，一条停表只能用于一个区划的资金"


@dataclass(eq=False)
class StopTooWide(Exception):
    """More lots lie there than one stop may hold."""

    lots_n: int
    most_n: int

    def __str__(self) -> str:
        return f"符合条件的资金有 {self.lots_n} 笔以上，一条停表最多 {self.most_n} 笔"


@dataclass(eq=False)
class StopOver(Exception):
    """The stop was ended already."""

    stop_id: str
    ended_on: date

    def __str__(self) -> str:
        return f"该停表已于 {self.ended_on} 恢复计时，不能再次办理"
