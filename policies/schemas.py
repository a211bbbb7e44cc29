"""Shapes of policy values on the wire: what is set, which edition is answered, and what is read."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic.json_schema import WithJsonSchema

from chassis.fields import Answer, Body, Day, Line, RegionCode
from chassis.pages import Page
from treasury.policy import Basis, Told
from treasury.policy_keys import Shape

LevelCode = Annotated[str, StringConstraints(strict=True, pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6})$")]
KeyName = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Ref = Annotated[
    str,
    StringConstraints(
        strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@[0-9]{2,12}@[0-9]{4}-[0-9]{2}-[0-9]{2}#[1-9][0-9]{0,3}$"
    ),
]
_TOLD = {
    "anyOf": [
        {"type": "integer"},
        {"type": "array", "items": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
    ]
}


class PolicyValueRequest(Body):
    """A number as a document lays it down, from a day on, for the caller's own region and below.

    The catalogue (`/policy-values/keys`) tells the shape of the value. The same key and first day again is a
    correction: it makes a new edition, which counts from when a second person confirmed it.
    """

    key: KeyName
    region: LevelCode
    valid_from: Day
    valid_to: Day | None = Field(default=None, description="规定的截止日期（含当日）；未规定的不填，由下一数值接替")
    value: Annotated[Any, WithJsonSchema(_TOLD)] = Field(description="形式见目录 policy-values/keys")
    source: Line = Field(description="依据的文件、条款")
    basis: Basis = Field(description="law 法律法规，practice 通行做法或规范性文件，assumed 暂定")

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("valid_from")
        if valid_to is not None and start is not None and valid_to < start:
            msg = f"截止日期 {valid_to} 早于起始日期 {start}"
            raise ValueError(msg)
        return valid_to


class PolicyValueConfirmation(Body):
    """Which edition a second person has compared with its document."""

    ref: Ref = Field(description="版本标识：键@区划@起始日期#版次")


class PolicyValueWithdrawal(PolicyValueConfirmation):
    """Which waiting edition is taken back, and why."""

    reason: Line = Field(description="撤回原因")


class PolicyValueAnswer(Answer):
    """An edition; whatever was judged by it keeps `ref`."""

    key: str
    region: str
    valid_from: date
    value: Told
    source: str
    basis: Basis
    ref: str
    edition: int
    valid_to: date | None = Field(default=None, description="规定的截止日期")
    known_since: datetime | None = Field(default=None, description="自何时起作数；为 null 表示一直作数")
    name: str | None = Field(default=None, description="中文名称")
    unit: str | None = Field(default=None, description="单位")


class EditionState(StrEnum):
    """waits 等待确认, counts 作数, superseded 已被后一版次更正, withdrawn 已撤回."""

    WAITS = "waits"
    COUNTS = "counts"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class PolicyEdition(PolicyValueAnswer):
    """An edition with what became of it."""

    state: EditionState
    ends_on: date | None = Field(default=None, description="实际最后适用日：规定的截止日期或下一数值起始的前一日")
    afterwards: str | None = Field(
        default=None, description="规定的截止日期以后本区划没有数值接续的提示：被它接替的数值不会恢复"
    )
    recorded_at: datetime | None = None
    set_by: str | None = Field(default=None, description="登记人；为 null 表示随版本发布")
    confirmed_by: str | None = None
    withdrawn_by: str | None = None
    withdrawn_because: str | None = None


class PolicyValues(Answer):
    as_of: date
    known_at: datetime | None = Field(description="只含此时点以前登记的数值；为 null 表示全部")
    items: list[PolicyValueAnswer]
    empty_because: str | None = None


class PolicyHistory(Answer):
    key: str
    region: RegionCode
    items: list[PolicyEdition] = Field(description="按起始日期、版次排列")
    empty_because: str | None = None


class PolicyValuesWaiting(Page):
    """What waits for a second person; each waits alone for its key and first day."""

    items: list[PolicyEdition]


class PolicyKeyAnswer(Answer):
    key: str
    name: str
    unit: str
    shape: Shape
    form: str = Field(description="数值的写法")
    lowest: int
    highest: int
    read_by: str = Field(description="由哪些业务读取")
    per: str | None = Field(default=None, description="键后可加“.”和此项，只对其适用")


class PolicyKeys(Answer):
    items: list[PolicyKeyAnswer]
