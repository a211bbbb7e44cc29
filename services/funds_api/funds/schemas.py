"""Shapes of funds, their terms, function codes and uses on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, PositiveFen
from chassis.pages import Page
from services.funds_api.funds.judge import FundRule, OnBreach, Origin
from services.funds_api.funds.loosening import WaitsBecause
from services.funds_api.units.schemas import UnitKind
from treasury.policy import Basis


class FundLevel(StrEnum):
    """Whose budget a fund comes from; several for a fund that a notice does not split."""

    CENTRAL = "central"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    MIXED = "mixed"


class Fund(Body):
    """A special fund: its code, its name as printed, whose budget it comes from, and its stream of use."""

    code: Code
    name: Line
    level: FundLevel
    stream: Line


class FundPage(Page):
    items: list[Fund]


FiscalYear = Annotated[int, Field(strict=True, ge=1990, le=2200, description="预算年度")]
FunctionCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{5}([0-9]{2})?$")]
LevelCode = Annotated[str, StringConstraints(strict=True, pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$")]
UseCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z_]{1,39}$")]


class _Rule(Body):
    on_breach: OnBreach = Field(description="违反时：refuse 拒绝办理，flag 办理并预警")
    source: Line = Field(description="依据的文件、条款")
    basis: Basis


class UsesRule(_Rule):
    """许可用途 (nothing else is allowed) or 禁止用途."""

    rule: Literal[FundRule.PERMITTED_USES, FundRule.BARRED_USES]
    uses: Annotated[list[UseCode], Field(min_length=1, max_length=50)]


class PayeesRule(_Rule):
    """许可收款人: the kinds of unit that may be paid."""

    rule: Literal[FundRule.PERMITTED_PAYEES]
    unit_kinds: Annotated[list[UnitKind], Field(min_length=1)]


class FeeRule(_Rule):
    """项目管理费上限, parts per million of what the county received of the fund-year (10000 = 1 %)."""

    rule: Literal[FundRule.FEE_CAP]
    cap_ppm: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class CapRule(_Rule):
    """每户/每人年度上限 over all batches of the fund in the year; of a household, what all of its people were paid."""

    rule: Literal[FundRule.HOUSEHOLD_CAP, FundRule.PERSON_CAP]
    cap_fen: PositiveFen


class ExclusiveRule(_Rule):
    """互斥资金: whoever was paid one of these in the year is not paid this one."""

    rule: Literal[FundRule.EXCLUSIVE_WITH]
    funds: Annotated[list[Code], Field(min_length=1, max_length=50)]


class HouseholdExclusiveRule(_Rule):
    """同户互斥资金: when anybody of a household was paid one of these in the year, nobody of it is paid this one."""

    rule: Literal[FundRule.HOUSEHOLD_EXCLUSIVE_WITH]
    funds: Annotated[list[Code], Field(min_length=1, max_length=50)]


class PublicityRule(_Rule):
    """公示: so many days before households are paid."""

    rule: Literal[FundRule.PUBLICITY]
    publicity_days: Annotated[int, Field(strict=True, ge=0, le=365)]


class PublicityBeforeUploadRule(_Rule):
    """公示补登: at most so many days before its upload a roster may be said to have been put up; 0: none.

    Only what was uploaded is known to be the list that was shown. Without this rule the days are told and nothing more.
    """

    rule: Literal[FundRule.PUBLICITY_BEFORE_UPLOAD]
    before_upload_days: Annotated[int, Field(strict=True, ge=0, le=365)]


class UseNamedRule(_Rule):
    """须写明用途: which ways to spend say what for, so that it can be held against the lists of uses.

    A treasury order always says it. Money that stays in public hands is not asked.
    """

    rule: Literal[FundRule.USE_NAMED]
    kinds: Annotated[list[Literal["pay", "disburse"]], Field(min_length=1, max_length=2)]


AnyRule = Annotated[
    UsesRule
    | PayeesRule
    | FeeRule
    | CapRule
    | ExclusiveRule
    | HouseholdExclusiveRule
    | PublicityRule
    | PublicityBeforeUploadRule
    | UseNamedRule,
    Field(discriminator="rule"),
]


class TermsRequest(Body):
    """What a document lays down for a fund and fiscal year, in a region and below; it replaces the last set.

    A set says nothing looser than what binds from above. One that leaves out or loosens what the region itself laid
    down waits for a second person, and so does an earlier one after which a later set is such a loosening; without any
    rule it lifts all of that.
    """

    region_code: LevelCode
    fiscal_year: FiscalYear
    valid_from: Day
    function_code: FunctionCode | None = None
    document: Line = Field(description="设定这些规定的文件")
    rules: Annotated[list[AnyRule], Field(max_length=len(FundRule))]

    @model_validator(mode="after")
    def _each_rule_once(self) -> Self:
        named = [rule.rule for rule in self.rules]
        if len(named) != len(set(named)):
            msg = "同一规则只能出现一次"
            raise ValueError(msg)
        return self


class Terms(TermsRequest):
    """A set of terms as recorded; while it `waits` and nobody has confirmed it, the set before it holds.

    Only while it waits it may be withdrawn; it stays on record, and its day may be set anew.
    """

    fund_code: Code
    waits: bool = Field(default=False, description="放宽或取消原有规定，须由另一人确认后生效")
    waits_because: list[WaitsBecause] = Field(
        default_factory=list,
        description="等待的原因：lifts_own 放宽或取消本级原有规定；lifts_general 放宽国家一般规定；"
        "loosened_later 本级在后一日期起的已有规定宽于本规定，一经设定即成放宽",
    )
    confirmed_by: str | None = Field(default=None, description="确认人")
    withdrawn_by: str | None = Field(default=None, description="撤回人")
    withdrawn_because: str | None = Field(default=None, description="撤回原因")


class TermsConfirmation(Body):
    """Which set a second person has compared with its document."""

    region_code: LevelCode
    fiscal_year: FiscalYear
    valid_from: Day
    document: Line


class TermsWithdrawal(TermsConfirmation):
    """Which waiting set is taken back, and why."""

    reason: Line = Field(description="撤回原因")


class BindingRule(Answer):
    """One rule that binds the money, and whence: own 本县, superior 上级 or national 国家对各项资金的一般规定."""

    origin: Origin
    region_code: str
    valid_from: date
    document: str
    rule: AnyRule


class TermsAnswer(Answer):
    """The sets that hold for a county on a day, by level; each is heard, so the strictest decides.

    `binding`: rule by rule what a movement is held to, with what the nation laid down for every fund.
    """

    fund_code: str
    fiscal_year: int
    county_code: str
    as_of: date
    items: list[Terms]
    binding: list[BindingRule]
    waiting: list[Terms] = Field(default_factory=list, description="等待第二人确认、尚未生效的规定")
    withdrawn: list[Terms] = Field(default_factory=list, description="确认前已撤回、从未生效的规定")
    empty_because: str | None = None


class FunctionCodeAnswer(Answer):
    code: str
    name: str
    valid_from_year: int
    valid_to_year: int | None
    source: str
    basis: Basis


class FunctionCodes(Answer):
    fiscal_year: int
    items: list[FunctionCodeAnswer]
    empty_because: str | None = None


class UseAnswer(Answer):
    code: str
    name: str
    barred_by_practice: bool
    source: str
    basis: Basis


class Uses(Answer):
    items: list[UseAnswer]
