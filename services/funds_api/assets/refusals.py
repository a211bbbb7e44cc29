"""What the asset register refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words
from treasury.money import yuan


@dataclass(eq=False)
class ProjectNotAccepted(Exception):
    """An asset of a project that has not been accepted."""

    project_id: str
    stage: str

    def __str__(self) -> str:
        return f"项目当前阶段为“{words.said(words.STAGES, self.stage)}”，验收以后才能登记资产"


@dataclass(eq=False)
class AssetOverPaid(Exception):
    """Assets together would be worth more than the project has paid."""

    project_id: str
    paid_fen: int
    assets_fen: int

    def __str__(self) -> str:
        return f"资产原值合计将达 {yuan(self.assets_fen)} 元，超过项目已支付的 {yuan(self.paid_fen)} 元"


@dataclass(eq=False)
class AssetConfirmed(Exception):
    """The asset's ownership has been confirmed already."""

    asset_id: str

    def __str__(self) -> str:
        return "该资产已经确权"


@dataclass(eq=False)
class AssetByMaker(Exception):
    """Whoever registered an asset neither confirms its ownership (确权) nor disposes of it (处置)."""

    asset_id: str
    act_name: str

    def __str__(self) -> str:
        return f"资产由您本人登记，须由另一人办理{self.act_name}"


@dataclass(eq=False)
class AssetDisposed(Exception):
    """The asset was disposed of before."""

    asset_id: str
    disposed_on: date

    def __str__(self) -> str:
        return f"该资产已于 {self.disposed_on} 处置"


@dataclass(eq=False)
class AssetEarnsNothing(Exception):
    """Income of an asset that is not an operating one, or whose ownership is not confirmed."""

    asset_id: str
    kind: str

    def __str__(self) -> str:
        return f"该资产（{words.said(words.ASSETS, self.kind)}）不是已确权的经营性资产，不能登记收益"


@dataclass(eq=False)
class IncomeKnown(Exception):
    """The asset has an income of this kind in the period already."""

    asset_id: str
    income_id: str
    period_from: date
    period_to: date

    def __str__(self) -> str:
        return f"该资产 {self.period_from} 至 {self.period_to} 的同类收益已登记，期间不得重叠"


@dataclass(eq=False)
class IncomePassedOn(Exception):
    """The income has been passed on already."""

    income_id: str
    passed_on: date

    def __str__(self) -> str:
        return f"该笔收益已于 {self.passed_on} 转付"


@dataclass(eq=False)
class IncomeShared(Exception):
    """The income has been shared already."""

    income_id: str

    def __str__(self) -> str:
        return "该笔收益已经制定分配方案"


@dataclass(eq=False)
class IncomeUndone(Exception):
    """The income was undone; nothing more is recorded of it."""

    income_id: str
    undone_on: date
    amount_fen: int

    def __str__(self) -> str:
        return f"该笔收益 {yuan(self.amount_fen)} 元已于 {self.undone_on} 冲正"


@dataclass(eq=False)
class IncomeStillShared(Exception):
    """A decision stands how the income is shared, so that its receipt is not undone."""

    income_id: str
    document: str
    decided_on: date
    shared_fen: int
    paid_fen: int

    def __str__(self) -> str:
        return (
            f"该笔收益已于 {self.decided_on} 按“{self.document}”分配 {yuan(self.shared_fen)} 元，"
            f"其中已发放 {yuan(self.paid_fen)} 元"
        )


@dataclass(eq=False)
class ShareStillPaid(Exception):
    """Some of the income stands paid out by the decision, so that it is not undone."""

    income_id: str
    paid_fen: int
    lines_n: int

    def __str__(self) -> str:
        return f"该分配方案已有 {self.lines_n} 行发放，合计 {yuan(self.paid_fen)} 元"


@dataclass(eq=False)
class ShareDiffers(Exception):
    """The lines do not make the income to the fen."""

    income_fen: int
    lines_fen: int

    def __str__(self) -> str:
        return f"各行合计 {yuan(self.lines_fen)} 元，与收益 {yuan(self.income_fen)} 元不符"


@dataclass(eq=False)
class ShareTooSmall(Exception):
    """The income is too small to give every line a fen."""

    income_fen: int
    lines_n: int

    def __str__(self) -> str:
        return f"收益 {yuan(self.income_fen)} 元，不足以分成 {self.lines_n} 行"


@dataclass(eq=False)
class SharePaid(Exception):
    """The line has been paid already."""

    income_id: str
    line_no: int

    def __str__(self) -> str:
        return f"第 {self.line_no} 行已经发放"


@dataclass(eq=False)
class ReturnBeyondShare(Exception):
    """More came back than stands paid of the line, or than the household's part of it."""

    income_id: str
    line_no: int
    asked_fen: int
    paid_fen: int

    def __str__(self) -> str:
        return f"第 {self.line_no} 行可退回的最多 {yuan(self.paid_fen)} 元，本次为 {yuan(self.asked_fen)} 元"


@dataclass(eq=False)
class ShareDocumentUsed(Exception):
    """A return of this line is recorded by this document already."""

    document: str
    amount_fen: int
    effective_on: date

    def __str__(self) -> str:
        return f"凭证“{self.document}”已于 {self.effective_on} 登记退回 {yuan(self.amount_fen)} 元"


@dataclass(eq=False)
class SharePaymentUndone(Exception):
    """The entry was undone before, or undoes one itself."""

    payment_id: str

    def __str__(self) -> str:
        return "该笔发放或退回已经冲正，或本身就是冲正"


@dataclass(eq=False)
class SharePaymentFollowed(Exception):
    """A later entry of the line rests on this one: what was paid has come back since, or was paid again."""

    payment_id: str
    later_kind: str
    later_fen: int
    later_on: date

    def __str__(self) -> str:
        what = "退回" if self.later_kind == "returned" else "重新发放"
        return f"该笔之后已于 {self.later_on} {what} {yuan(self.later_fen)} 元，须先冲正后一笔"
