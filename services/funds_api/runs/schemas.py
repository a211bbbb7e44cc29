"""Shapes of runs on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body, Day, RegionCode
from chassis.pages import Page

RuleCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][0-9]{2}$")]


class RunRequest(Body):
    """Ask rules about everything of a place as of a business date."""

    as_of: Day
    rules: Annotated[list[RuleCode], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="规则代码；省略表示全部现行规则"
    )
    region: RegionCode | None = Field(default=None, description="县级或其下的区划；省略表示本人区划（不超过一个县）")


class RuleRun(Answer):
    """What one rule found: how many it looked at, asked about and flagged, and how many of those flags are new."""

    rule_code: str
    rule_version: int
    title: str
    looked_n: int = Field(description="该规则所看对象的总数")
    candidates_n: int = Field(description="集合查询筛出、逐一判断的对象数")
    hits_n: int
    new_n: int
    new_fen: int
    figures: list[dict[str, Any]] = Field(description="规则公布的统计口径，如四分位数和界限")
    silent_because: str | None = Field(description="未作判断的原因；为空表示已判断")
    warning: str | None = Field(description="规则对自身的疑问，如命中比例过高")
    unwarned_because: str | None = Field(
        default=None, description="有新增疑点而没有向任何单位发出预警通知的原因，及如何处理；为空表示已发出或没有新增"
    )
    began_at: datetime
    ended_at: datetime


class Run(Answer):
    """A run and how far it is; the counts are of the rules that are done."""

    id: UUID
    county_code: str
    region_code: str
    kind: str = Field(description="asked 人工发起；daily 每日例行")
    as_of: date
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None = Field(description="为空表示尚未完成")
    rules_n: int
    done_n: int
    new_n: int
    new_fen: int
    rules: list[RuleRun]


class RunPage(Page):
    items: list[Run]


class RuleShown(Answer):
    """A rule in force: what it asks, of what, by which law and numbers."""

    code: str
    version: int
    since: date = Field(description="该版本定稿之日；此前的预警由以前的版本提出")
    title: str
    legal_basis: str
    looks_at: str
    subject: str
    policy_keys: list[str]
    lists: list[str] = Field(description="需要的比对名单")
    former_versions: list[int]
    has_draft: bool


class Rules(Answer):
    items: list[RuleShown]
