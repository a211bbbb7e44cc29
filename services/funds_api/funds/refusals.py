"""What the terms of a fund refuse, as facts with their figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.funds_api.funds.judge import TITLES, Breach, Term


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


def _said(term: Term) -> dict[str, Any]:
    return {
        "region_code": term.region,
        "document": term.document,
        "value": term.value,
        "on_breach": term.on_breach.value,
        "source": term.source,
    }


@dataclass(eq=False)
class TermsLoosened(Exception):
    """Terms that allow what a level above, or the nation for every fund, does not; they were not set."""

    fund_code: str
    fiscal_year: int
    region_code: str
    loosened: list[tuple[Term, Term]]

    def __str__(self) -> str:
        told = "；".join(
            f"“{TITLES[new.rule][1]}”一项宽于 {above.region} 的“{above.document}”" for new, above in self.loosened
        )
        return f"资金 {self.fund_code} {self.fiscal_year} 年度的规定不得宽于上级：{told}"

    def figures(self) -> dict[str, Any]:
        return {
            "fund_code": self.fund_code,
            "fiscal_year": self.fiscal_year,
            "region_code": self.region_code,
            "loosened": [
                {"rule": new.rule.value, "set": _said(new), "above": _said(above)} for new, above in self.loosened
            ],
        }


@dataclass(eq=False)
class TermsBindNothing(Exception):
    """A set without any rule where there is none to lift."""

    fund_code: str
    fiscal_year: int
    region_code: str

    def __str__(self) -> str:
        return f"{self.region_code} 未设定过资金 {self.fund_code} {self.fiscal_year} 年度的规定，没有可以取消的条款"


@dataclass(eq=False)
class TermsNotWaiting(Exception):
    """The set holds already, since it was confirmed or needed nobody; or it was withdrawn."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: str
    confirmed_by: str | None
    withdrawn_by: str | None

    def __str__(self) -> str:
        so = "已经撤回" if self.withdrawn_by else "已经确认" if self.confirmed_by else "不在等待确认"
        return f"{self.region_code} 自 {self.valid_from} 起的资金 {self.fund_code} {self.fiscal_year} 年度规定{so}"


@dataclass(eq=False)
class TermsOwnWork(Exception):
    """Whoever lifts terms does not confirm it."""

    fund_code: str
    fiscal_year: int
    region_code: str
    valid_from: str

    def __str__(self) -> str:
        return "放宽或取消规定由您本人提出，须由另一人确认"


@dataclass(eq=False)
class FunctionCodeNotInYear(Exception):
    """The function code did not exist in the fiscal year."""

    function_code: str
    fiscal_year: int
    years: list[str]

    def __str__(self) -> str:
        known = "、".join(self.years) or "没有任何年度"
        return f"功能分类科目 {self.function_code} 在 {self.fiscal_year} 年度无效（已知有效年度：{known}）"
