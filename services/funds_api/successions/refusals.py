"""Why money does not go over from one county to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from treasury.money import yuan


@dataclass(eq=False)
class NotSuccessor(Exception):
    """No recorded change leads from the one county, whose code has ended, to the other."""

    from_county: str
    to_county: str
    ended_on: date | None

    def __str__(self) -> str:
        if self.ended_on is None:
            return f"区划 {self.from_county} 没有停用，资金不移交其他县"
        return f"没有登记过 {self.from_county} 改为 {self.to_county} 的区划变更"


@dataclass(eq=False)
class SuccessionTooEarly(Exception):
    """Money would go over before the day on which the code of its county ended and the other followed."""

    effective_on: date
    succeeded_on: date

    def __str__(self) -> str:
        return f"移交日期 {self.effective_on} 早于区划变更之日 {self.succeeded_on}"


@dataclass(eq=False)
class NotYetFree(Exception):
    """Money of the old county is held for payments or on its way by treasury orders: that is settled first."""

    from_county: str
    held_fen: int
    holds_n: int
    in_transit_fen: int

    def __str__(self) -> str:
        held = f"{self.holds_n} 项冻结共 {yuan(self.held_fen)} 元" if self.holds_n else ""
        moving = f"在途资金 {yuan(self.in_transit_fen)} 元" if self.in_transit_fen else ""
        return f"{self.from_county} 还有{'、'.join(filter(None, (held, moving)))}，了结以后才能移交"


@dataclass(eq=False)
class QuarantineStays(Exception):
    """Money of the old county is quarantined for findings that stay with the county's inspectors."""

    from_county: str
    quarantined_fen: int
    documents: list[str]

    def __str__(self) -> str:
        named = "、".join(f"“{one}”" for one in self.documents)
        return (
            f"{self.from_county} 还有 {yuan(self.quarantined_fen)} 元由{named}封存，封存随问题留在原县，"
            "追缴归还原渠道或解除封存以后才能移交"
        )


@dataclass(eq=False)
class NothingSucceeds(Exception):
    """None of the named accounts held anything that could go over on that day."""

    from_county: str
    effective_on: date

    def __str__(self) -> str:
        return f"所列账户在 {self.effective_on} 没有可移交的资金"


@dataclass(eq=False)
class AccountsDiffer(Exception):
    """An account of the old county was to be followed by one of another kind or book."""

    from_account_id: str
    to_account_id: str
    from_kind: str
    to_kind: str
    from_book: str
    to_book: str

    def __str__(self) -> str:
        return "移交前后的账户须为同一类单位、同一账（指标或资金）"
