"""What the terms of a fund refuse, as facts with their figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.funds_api.funds.judge import Breach


def told(breaches: Iterable[Breach]) -> list[dict[str, Any]]:
    """Each breach as data: code and title, its figures, the term it broke and where that term stands."""
    return [
        {
            "code": one.code,
            "rule": one.term.rule.value,
            "title": one.title,
            "on_breach": one.term.on_breach.value,
            "sentence": one.sentence,
            "region_code": one.term.region,
            "document": one.term.document,
            "source": one.term.source,
            "basis": one.term.basis.value,
            **one.figures,
        }
        for one in breaches
    ]


@dataclass(eq=False)
class FundRuleBroken(Exception):
    """A movement breaks terms of its fund whose breach refuses it; nothing was moved."""

    kind: str
    breaches: list[Breach]

    def __str__(self) -> str:
        return "；".join(one.sentence for one in self.breaches)

    def figures(self) -> dict[str, Any]:
        return {"kind": self.kind, "breaches": told(self.breaches)}


@dataclass(eq=False)
class TermsKnown(Exception):
    """From this day on the region has set other terms for the fund-year already."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: str
    document: str

    def __str__(self) -> str:
        return (
            f"{self.region_code} 已以“{self.document}”设定了资金 {self.fund_code} {self.fiscal_year} 年度"
            f"自 {self.valid_from} 起的规定，内容不同"
        )


@dataclass(eq=False)
class FunctionCodeNotInYear(Exception):
    """The function code did not exist in the fiscal year."""

    function_code: str
    fiscal_year: int
    years: list[str]

    def __str__(self) -> str:
        known = "、".join(self.years) or "没有任何年度"
        return f"功能分类科目 {self.function_code} 在 {self.fiscal_year} 年度无效（已知有效年度：{known}）"
