"""Shapes of outcomes and records on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, Strict, model_validator

from chassis.fields import MAX_FEN, Answer, Body, Day, Line, Prose
from services.funds_api.moments import Known


class Conclusion(StrEnum):
    """属实, 不属实, 重新核查."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    REOPENED = "reopened"


class OutcomeRequest(Body):
    """What an inspector found; more recovered later is recorded by confirming again."""

    outcome: Conclusion
    reason: Prose = Field(description="核查情况，不写个人身份信息")
    document: Line = Field(description="依据：核查报告、取证单等的编号")
    decided_on: Day = Field(description="作出结论之日")
    recovered_fen: Annotated[int, Strict(), Field(ge=0, le=MAX_FEN)] = Field(
        default=0, description="截至该日累计追回（分）；只与 confirmed 一并填写，不得超过该预警涉及的金额"
    )

    @model_validator(mode="after")
    def _recovered_of_confirmed(self) -> Self:
        if self.recovered_fen and self.outcome is not Conclusion.CONFIRMED:
            msg = "recovered_fen 只与 outcome=confirmed 一并填写"
            raise ValueError(msg)
        return self


class FlagOutcome(Answer):
    flag_id: UUID
    rule_code: str
    seq: int = Field(description="该预警的第几个结论")
    outcome: Conclusion
    reason: str
    document: str
    decided_on: date
    decided_by: str
    recovered_fen: int = Field(description="截至该结论累计追回")
    confirmed_fen: int = Field(description="属实的金额：未另作说明的为该预警涉及的全部；其他结论为 0")
    amount_fen: int = Field(description="该预警涉及的金额")


class FlagOutcomes(Known, Answer):
    """The outcomes of one flag as of a moment, the oldest first; the last one stands."""

    as_of: date
    items: list[FlagOutcome]
    empty_because: str | None


class Shares(Answer):
    """Flags by what became of them."""

    hits_n: int
    confirmed_n: int
    refuted_n: int
    open_n: int = Field(description="尚无结论，或正在重新核查")
    decided_n: int = Field(description="属实 + 不属实：precision_ppm 以此为分母")
    precision_ppm: int | None = Field(description="属实 ÷（属实 + 不属实），百万分之一；尚无结论时为空")


class Counts(Shares):
    """Flags by what became of them, and their money.

    `flagged_fen` adds up what each flag is about; `named_fen` adds up the fen that they name, of which `nested_fen` are
    named more than once or lie within others that are named (属…之内), so that `distinct_fen` counts each once. The two
    are told when asked for (`once`): all flags are read for them. What was confirmed is told once in any case.
    """

    flagged_fen: int
    named_fen: int
    distinct_fen: int | None = Field(default=None, description="不重复计算的金额；只在 once=true 时给出，否则为空")
    nested_fen: int | None = Field(
        default=None, description="named_fen - distinct_fen：重复指出或属于其他金额之内的部分；只在 once=true 时给出"
    )
    confirmed_fen: int
    confirmed_distinct_fen: int = Field(description="属实的预警所指金额，重复指出或属于其他金额之内的只算一次")
    recovered_fen: int = Field(description="累计追回；几条预警指同一笔钱的，只算一次")


class LastRun(Answer):
    """The rule's latest run over the place asked about: what it looked at, and its published figures."""

    run_id: UUID
    as_of: date
    region_code: str
    rule_version: int
    looked_n: int
    hits_n: int
    figures: list[dict[str, Any]]
    silent_because: str | None
    warning: str | None


class VersionRecord(Shares):
    """What one version of a rule raised, and what became of it."""

    rule_version: int
    flagged_fen: int
    confirmed_fen: int
    warning: str | None = Field(description="该版本属实比例低于规定的提示线")


class RuleRecord(Counts):
    rule_code: str
    title: str
    versions: list[VersionRecord] = Field(description="按提出预警的规则版本分列，旧的在前；各版本之和即为本规则")
    warning: str | None = Field(description="规则对自身的疑问：属实比例低于规定的提示线")
    last_run: LastRun | None


class Record(Known, RuleRecord):
    as_of: date
    region_code: str


class Records(Known, Answer):
    as_of: date
    region_code: str
    items: list[RuleRecord]
    total: Counts
