"""Shapes of assets, incomes and shares on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic.types import Strict

from chassis.fields import MAX_FEN, Answer, Body, Day, Line, PositiveFen, Prose, RegionCode
from chassis.pages import Page
from services.funds_api.moments import Known

Count = Annotated[int, Strict(), Field(ge=0, le=100_000_000)]


class AssetKind(StrEnum):
    """operating: 经营性, public: 公益性, to_households: 到户类 (the classes of 国办函〔2021〕51号)."""

    OPERATING = "operating"
    PUBLIC = "public"
    TO_HOUSEHOLDS = "to_households"


class IncomeKind(StrEnum):
    RENT = "rent"
    DIVIDEND = "dividend"
    PV_FEED_IN = "pv_feed_in"
    PV_SUBSIDY = "pv_subsidy"
    SALE = "sale"
    OTHER = "other"


class ShareUse(StrEnum):
    """What a village spends income on: its reserve, public posts, small works, awards, or households directly."""

    VILLAGE_RESERVE = "village_reserve"
    PUBLIC_POSTS = "public_posts"
    SMALL_WORKS = "small_works"
    AWARDS = "awards"
    HOUSEHOLDS = "households"


class AssetRequest(Body):
    """An asset of an accepted project, owned by a unit (村集体等) or, of class to_households, by households."""

    project_id: UUID
    region_code: RegionCode
    name: Line
    kind: AssetKind
    owner_unit_id: UUID | None = None
    households_n: Count = 0
    value_fen: PositiveFen
    capacity_w: Annotated[int, Strict(), Field(gt=0, le=2_000_000_000)] | None = Field(
        default=None, description="光伏电站装机容量，瓦"
    )
    care_unit: Line = Field(description="管护责任单位")
    document: Line
    registered_on: Day

    @model_validator(mode="after")
    def _has_its_owner(self) -> Self:
        of_households = self.kind is AssetKind.TO_HOUSEHOLDS
        if of_households != (self.owner_unit_id is None) or of_households != (self.households_n > 0):
            msg = "到户类资产填写户数，其他资产填写所有权单位"
            raise ValueError(msg)
        return self


class Confirmation(Body):
    """Ownership confirmed (确权) by a title document."""

    title_document: Line
    confirmed_on: Day


class Disposal(Body):
    """An asset sold, transferred or written off (处置)."""

    document: Line
    reason: Prose
    disposed_on: Day
    proceeds_fen: Annotated[int, Strict(), Field(ge=0, le=MAX_FEN)]


class IncomeRequest(Body):
    """What an operating asset earned in a period, and where it arrived."""

    kind: IncomeKind
    period_from: Day
    period_to: Day
    amount_fen: PositiveFen
    energy_kwh: Count | None = Field(default=None, description="上网电量，千瓦时，仅 pv_feed_in")
    document: Line
    paid_into: Line = Field(description="收款账户说明")
    arrived_on: Day

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.period_to < self.period_from:
            msg = "期间的结束不得早于开始"
            raise ValueError(msg)
        if self.energy_kwh is not None and self.kind is not IncomeKind.PV_FEED_IN:
            msg = "只有光伏上网收入填写电量"
            raise ValueError(msg)
        return self


class PassingOn(Body):
    document: Line
    passed_on: Day


class ShareLineRequest(Body):
    """One use. Every line gives `amount_fen`, or every line gives `weight` and the income is split in proportion."""

    use: ShareUse
    place_code: RegionCode = Field(description="受益的村或乡镇")
    amount_fen: PositiveFen | None = None
    weight: Annotated[int, Strict(), Field(gt=0, le=1_000_000_000)] | None = None
    households_n: Count = 0
    household_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=5000)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.amount_fen is None) == (self.weight is None):
            msg = "每行填写金额或权重之一"
            raise ValueError(msg)
        ids = self.household_ids
        if ids is not None and (len(set(ids)) != len(ids) or len(ids) != self.households_n):
            msg = "农户编号不得重复，且应与户数相同"
            raise ValueError(msg)
        if self.use is ShareUse.HOUSEHOLDS and self.households_n == 0:
            msg = "分配到户须填写户数"
            raise ValueError(msg)
        return self


class ShareRequest(Body):
    """A plan of shares (收益分配方案) for one income; paid by `due_on`."""

    document: Line
    decided_on: Day
    due_on: Day
    lines: Annotated[list[ShareLineRequest], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len({line.weight is None for line in self.lines}) != 1:
            msg = "各行须统一填写金额，或统一填写权重"
            raise ValueError(msg)
        if self.due_on < self.decided_on:
            msg = "发放期限不得早于方案日期"
            raise ValueError(msg)
        return self


class SharePayment(Body):
    document: Line
    paid_on: Day


class ShareReturn(Body):
    """What came back of a line that was paid: of one of its households, or of whoever got it (退回)."""

    amount_fen: PositiveFen
    household_id: UUID | None = Field(default=None, description="退回的农户；分配方案列明农户时填写")
    document: Line
    returned_on: Day


class ShareReversal(Body):
    """A payment or a return that was recorded by mistake is undone (冲正), whole."""

    document: Line
    undone_on: Day


class IncomeReversal(Body):
    """An income, or the decision how it is shared, that was recorded by mistake is undone (冲正), whole."""

    document: Line
    reason: Prose = Field(description="冲正理由，不写个人身份信息")
    undone_on: Day


class Asset(Answer, Known):
    id: UUID
    county_code: str
    region_code: str
    project_id: UUID
    name: str
    kind: AssetKind
    owner_unit_id: UUID | None
    households_n: int
    value_fen: int
    capacity_w: int | None
    care_unit: str
    document: str
    registered_on: date
    title_document: str | None
    confirmed_on: date | None
    disposed_on: date | None
    disposal_document: str | None
    disposal_reason: str | None
    proceeds_fen: int | None


class AssetPage(Page, Known):
    as_of: date
    items: list[Asset]


class ProjectAssets(Answer, Known):
    """What a project paid, held against what it left behind."""

    project_id: UUID
    as_of: date
    paid_fen: int
    assets_fen: int
    unexplained_fen: int = Field(description="已支付而未形成登记资产的金额")


class ShareEntry(Answer):
    """What was recorded of a line: paid out, come back, or one of these undone."""

    id: UUID
    kind: Literal["paid", "returned", "undone"]
    amount_fen: int
    effective_on: date
    document: str
    household_id: UUID | None
    undoes_id: UUID | None


class ShareLine(Answer):
    line_no: int
    use: ShareUse
    place_code: str
    amount_fen: int
    households_n: int
    per_household_fen: int | None = Field(description="每户所得（整分，余数归末户）")
    paid_fen: int = Field(description="已发放，扣除退回与冲正")
    paid_on: date | None = Field(description="全部发放之日；没有发放完的为 null")
    payment_document: str | None
    entries: list[ShareEntry]


class Share(Answer):
    document: str
    decided_on: date
    due_on: date
    lines: list[ShareLine]
    shared_fen: int
    paid_fen: int
    open_fen: int = Field(description="已分配而尚未发放，含退回待重发的")
    overdue_fen: int = Field(description="到期而未发放")
    overdue_days: int


class UndoneShare(Answer):
    """A decision how an income was to be shared that was undone, and why."""

    document: str
    decided_on: date
    due_on: date
    undone_on: date
    undoing_document: str
    undoing_reason: str


class Income(Answer, Known):
    """An income at a moment, with its proof: what was paid, is to be paid, is not shared or was undone makes it."""

    id: UUID
    asset_id: UUID
    region_code: str
    kind: IncomeKind
    period_from: date
    period_to: date
    amount_fen: int
    energy_kwh: int | None
    document: str
    paid_into: str
    arrived_on: date
    passed_on: date | None
    passing_due_on: date | None = Field(description="应转付村集体的最后日期（光伏电费），按国务院公布的放假安排推算")
    passing_due_assumed: bool = Field(default=False, description="该年放假安排尚未公布，只按周末推算")
    passing_overdue_days: int
    share: Share | None = Field(description="现行的分配方案")
    undone_shares: list[UndoneShare] = Field(description="已冲正的分配方案，按先后")
    undone_on: date | None = Field(description="收益登记有误而冲正之日；没有冲正的为 null")
    undoing_document: str | None
    undoing_reason: str | None
    undone_fen: int = Field(description="已冲正的金额")
    unshared_fen: int = Field(description="尚未制定分配方案的金额")
    resting_fen: int = Field(description="尚未发放到位的金额：amount_fen 减去已冲正和已发放")
    unexplained_fen: int = Field(description="amount_fen - undone_fen - 已发放 - 待发放 - unshared_fen，恒为 0")


class IncomePage(Page, Known):
    as_of: date
    items: list[Income]


class Benefit(Answer):
    """What a place got of incomes by a day, use by use."""

    place_code: str
    use: ShareUse
    lines_n: int
    households_n: int
    shared_fen: int
    paid_fen: int


class Benefits(Answer, Known):
    as_of: date
    income_fen: int
    shared_fen: int
    unshared_fen: int
    unexplained_fen: int
    items: list[Benefit]
    empty_because: str | None = None
