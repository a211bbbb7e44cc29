"""Shapes of the idle report on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.idle.answers import LimitJudged
from services.funds_api.moments import Known
from services.funds_api.stops.schemas import StopKind
from services.funds_api.units.schemas import Book
from treasury.clocks import Counted
from treasury.policy import Basis


class Limit(Answer):
    """A limit that was passed: by how many days, and where the number comes from."""

    limit_days: int
    over_days: int
    counted: Counted = Field(description="时限与超过的天数按自然日（calendar）或工作日（working）")
    due_on: date = Field(description="按计时的最后一个期内日")
    due_on_assumed: bool = Field(description="期内有的年度节假日安排尚未公布，工作日按周末推定")
    policy_key: str
    source: str
    basis: Basis


class StoppedBy(Answer):
    """A stop of a lot's clock that had begun: it stood still from `from_on` and runs again on `until_on`."""

    stop_id: UUID
    kind: StopKind
    document: str
    from_on: date
    until_on: date
    placed_by: str
    recorded_on: date = Field(description="登记之日；晚于停表之日的为补登")


class IdleLot(Answer):
    """A lot that sits: on whose account, for how long, and which of the two limits it has passed (null: not yet).

    `days` are those since its clock started, and its holder answers for all of them; band and limits are judged by
    `running_days`, without those on which the clock stood still.
    """

    lot_id: UUID
    tranche_id: UUID
    document: str
    fund_code: str
    account_id: UUID
    account_name: str
    book: Book
    unit_name: str
    region_code: str
    amount_fen: int
    arrived_on: date
    clock_from: date
    days: int
    days_min: int = Field(description="最少停留天数，与 days 相同")
    days_max: int = Field(description="最多停留天数；到账日期只知区间时大于 days")
    stopped_days: int = Field(description="停表天数，重叠的停表只算一次")
    running_days: int = Field(description="计时天数 = days − stopped_days，分档与时限按此判断")
    stopped_by: list[StoppedBy] = Field(description="已开始的停表，先开始的在前")
    band: str
    retained: Limit | None = Field(description="滞留：应下达（拨付）而未下达")
    idle: Limit | None = Field(description="闲置：收到而未使用")
    retained_answer: LimitJudged | None = Field(
        description="是否滞留：已超过、未超过或无法判定及理由；为 null 表示没有时限"
    )
    idle_answer: LimitJudged | None = Field(
        description="是否闲置：已超过、未超过或无法判定及理由；为 null 表示没有提示线"
    )


class BandSum(Answer):
    band: str
    lots_n: int
    fen: int


class StopSum(Answer):
    kind: StopKind
    lots_n: int
    fen: int


class StoppedSum(Answer):
    """Money whose clock stands still on the day, each fen once; by kind, under each of its kinds; what stops spare."""

    lots_n: int
    fen: int
    by_kind: list[StopSum]
    spared_retained_fen: int = Field(description="不停表即已滞留的金额")
    spared_idle_fen: int = Field(description="不停表即已闲置的金额")


class IdleReport(Page, Known):
    """Everything at rest on a day: totals by band with their proof, and page by page each lot, the longest first."""

    as_of: date
    lots_n: int
    total_fen: int
    retained_fen: int
    idle_fen: int
    bands: list[BandSum]
    stopped: StoppedSum
    unexplained_fen: int = Field(description="total_fen 减去各档之和，恒为 0")
    items: list[IdleLot]
