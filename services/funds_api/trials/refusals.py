"""What a trial refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class NoDraft(Exception):
    """The rule has no draft version."""

    rule: str

    def __str__(self) -> str:
        return f"规则 {self.rule} 没有草案版本，可以用 values 试算草案数值"


@dataclass(eq=False)
class NothingDrafted(Exception):
    """Neither a draft version nor a draft value: the trial would compare the rule with itself."""

    rule: str

    def __str__(self) -> str:
        return f"没有给出规则 {self.rule} 的草案版本或草案数值，试算与现行规则相同"


@dataclass(eq=False)
class DraftValueRefused(Exception):
    """A draft value that the rule does not read, or that its key cannot have."""

    key: str
    because: str

    def __str__(self) -> str:
        return f"草案数值 {self.key}：{self.because}"


@dataclass(eq=False)
class NoBooks(Exception):
    """No county of the region has books."""

    region: str

    def __str__(self) -> str:
        return f"{self.region} 之下没有已建账的县"


@dataclass(eq=False)
class TrialTooLarge(Exception):
    """More counties and days than one trial asks."""

    counties_n: int
    days_n: int
    most_n: int

    def __str__(self) -> str:
        return f"{self.counties_n} 个县 × {self.days_n} 个业务日期超过一次试算的上限 {self.most_n}，请分次试算"
