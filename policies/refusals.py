"""What setting a policy value refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class PolicyKeyUnknown(Exception):
    """Nothing judges by a number of this name; nothing was set."""

    key: str
    near: list[str]

    def __str__(self) -> str:
        alike = f"；相近的有：{'、'.join(self.near)}" if self.near else ""
        return f"没有名为“{self.key}”的政策数值{alike}"


@dataclass(eq=False)
class PolicyValueUnfit(Exception):
    """The value is not of the shape of its key, or beyond the figures that make sense for it; nothing was set."""

    key: str
    name: str
    unit: str
    shape: str
    lowest: int
    highest: int
    fault: str

    def __str__(self) -> str:
        return f"“{self.name}”（{self.key}）的数值不能登记：{self.fault}"


@dataclass(eq=False)
class PolicyPeriodsOverlap(Exception):
    """A stated period of the key and region holds the first day of another; nothing was set."""

    key: str
    region: str
    period: str
    overlaps: list[str]

    def __str__(self) -> str:
        return f"{self.region} 的 {self.key}：所报期间 {self.period} 与已登记的期间 {'、'.join(self.overlaps)} 重叠"


@dataclass(eq=False)
class PolicyRegionNotOwn(Exception):
    """A value is set and confirmed by the level it is laid down by, and by no other."""

    asked: str
    own: str

    def __str__(self) -> str:
        return f"政策数值由本级设定和确认：您属区划 {self.own}，所报区划为 {self.asked}"


@dataclass(eq=False)
class PolicyLawTooLow(Exception):
    """A county or a level below makes no law; nothing was set."""

    key: str
    region: str

    def __str__(self) -> str:
        return f"{self.region} 为县级以下，无立法权，{self.key} 的依据性质不能填“law（法律法规）”"


@dataclass(eq=False)
class PolicyLooserThanLaw(Exception):
    """The value asks less than a law or regulation of a level above, within the period of both; nothing was set."""

    key: str
    name: str
    region: str
    asked: str
    law: list[str]

    def __str__(self) -> str:
        return f"{self.region} 的“{self.name}”（{self.key}）所报 {self.asked}，宽于上级法律法规：{'；'.join(self.law)}"


@dataclass(eq=False)
class PolicyValueWaiting(Exception):
    """Another edition for the same day waits for a second person; nothing was set."""

    waiting: str
    set_by: str

    def __str__(self) -> str:
        return f"同一数值同一起始日期已有 {self.set_by} 登记的 {self.waiting} 等待确认，内容不同"


@dataclass(eq=False)
class PolicyValueNotWaiting(Exception):
    """The edition came with a release, or was confirmed or withdrawn already."""

    ref: str
    confirmed_by: str | None
    withdrawn_by: str | None

    def __str__(self) -> str:
        so = "已经撤回" if self.withdrawn_by else "已经确认" if self.confirmed_by else "不在等待确认"
        return f"政策数值 {self.ref} {so}"


@dataclass(eq=False)
class PolicyOwnWork(Exception):
    """Whoever set a value does not confirm it."""

    ref: str

    def __str__(self) -> str:
        return f"政策数值 {self.ref} 由您本人登记，须由另一人确认"
