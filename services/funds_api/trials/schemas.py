"""Shapes of trials on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body, Day, Instant, RegionCode
from services.funds_api.runs.schemas import RuleCode

Key = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]


class TrialRequest(Body):
    """Ask a rule about days that are past, as a draft would judge them. No flag is written."""

    rule: RuleCode
    draft: bool = Field(default=False, description="用规则的草案版本（若有）；否则用现行版本")
    values: dict[Key, Any] = Field(default_factory=dict, max_length=20, description="草案数值：键 → 数值，代替现行数值")
    as_of: Annotated[list[Day], Field(min_length=1, max_length=24)] = Field(description="业务日期，可多个，如各月末")
    known_at: Instant | None = Field(
        default=None,
        description="登记时点；省略时，每个业务日期以该日终了（北京时间）时已登记的为准，当日以目前已定格的为准",
    )
    region: RegionCode | None = Field(default=None, description="区划；省略为本人区划。可大于一个县，逐县列示")


class Tally(Answer):
    """What was asked: questions, people and fen; fen named by several questions count once."""

    flags_n: int
    people_n: int = Field(
        description="涉及的农户或人员数；一条线索指名多笔发放、贷款的，按其农户计；与人无关的规则为 0"
    )
    amount_fen: int
    warning: str | None = Field(default=None, description="规则对自身的疑问：命中占所看对象的比例过高")


class CountyTrial(Answer):
    """One county on one day: live beside draft, and what only one of them asks."""

    county_code: str
    as_of: date
    known_at: datetime
    known_position: int
    looked_n: int | None = Field(description="该规则所看对象的总数；停留资金类规则只看越线的，为空")
    live: Tally
    draft: Tally
    only_live_n: int
    only_draft_n: int
    both_n: int
    silent_because: str | None = Field(description="草案未作判断的原因；为空表示已判断")


class Trial(Answer):
    """A trial as it came out; `unexplained_n` is draft less (live less only_live plus only_draft), always 0."""

    id: UUID
    rule_code: str
    rule_version: int
    draft_version: int
    values: dict[str, Any]
    counties: list[CountyTrial]
    live_n: int
    draft_n: int
    only_live_n: int
    only_draft_n: int
    unexplained_n: int
