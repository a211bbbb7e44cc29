"""What asking the rules refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class RulesUnknown(Exception):
    """Codes that no rule in force has."""

    unknown: list[str]
    known: list[str]

    def __str__(self) -> str:
        return f"没有代码为 {'、'.join(self.unknown)} 的现行规则；现有：{'、'.join(self.known)}"


@dataclass(eq=False)
class RunTooWide(Exception):
    """A run is of one county or a part of it."""

    asked: str
    county: str

    def __str__(self) -> str:
        return f"区划 {self.asked} 不在 {self.county} 县内，规则按县运行，请指明一个县或其下的区划"
