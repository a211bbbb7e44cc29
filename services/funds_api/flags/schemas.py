"""Shapes of flags on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.moments import Known


class JudgedBy(Answer):
    """A dated value that a flag was judged by, as it stood then."""

    key: str
    region: str
    valid_from: date
    value: Any
    source: str
    basis: str
    edition: int = Field(default=1, description="该数值的第几版；与 key、region、valid_from 一起指明一个数值")


class NamedMoney(Answer):
    """Fen that a flag is about, by what they are; named by several flags they count once."""

    item: str
    amount_fen: int


class Flag(Answer):
    """A question with its figures; a person answers it."""

    id: UUID
    rule_code: str
    rule_version: int
    title: str
    subject: str = Field(description="所问的对象：lot 资金、payment 发放、household 农户、project 项目等")
    subject_id: UUID
    mark: str = Field(description="同一对象的不同问题以此区分；同一规则、对象和标记只问一次")
    lot_id: UUID | None = Field(description="所问的资金批次；其他对象为空")
    region_code: str
    amount_fen: int
    money: list[NamedMoney] = Field(description="涉及的金额明细；为空表示即为对象本身的金额")
    answered_for: list[NamedMoney] | None = Field(
        default=None,
        description="仅在按 warning 查询时有值：该预警的单位应答复的部分；同一 item 只计一次，合计即预警的 amount_fen",
    )
    days: int
    limit_days: int
    as_of: date
    explanation: str
    facts: dict[str, Any] = Field(description="规则当时看到的事实")
    policy: list[JudgedBy] = Field(description="判断所依据的政策数值")
    run_id: UUID | None
    raised_at: datetime


class FlagPage(Page, Known):
    items: list[Flag]


class Recomputation(Answer):
    """A flag judged again by the version of the rule, the values and the facts that it kept."""

    flag_id: UUID
    rule_code: str
    rule_version: int
    same: bool = Field(description="重新判断的结论与当时完全一致")
    differs: list[str] = Field(description="不一致之处；为空表示一致")
    explanation: str | None = Field(description="重新判断得出的说明；为空表示不再成立")
    days: int | None
    limit_days: int | None
