"""Shapes of stop-clocks on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, Prose
from chassis.pages import Page
from services.funds_api.moments import Known


class StopKind(StrEnum):
    """Why a clock may stand still: 公示, 招标, 法院冻结, 退汇在途."""

    PUBLICITY = "publicity"
    TENDER = "tender"
    COURT_FREEZE = "court_freeze"
    BANK_RETURN = "bank_return"


class StopState(StrEnum):
    """running until it is ended by a document, or expired on its limit, by itself."""

    RUNNING = "running"
    EXPIRED = "expired"
    ENDED = "ended"


# What else than lots or an account a stop may name, by its kind.
_CAUSES: Final = {
    "batch_id": {StopKind.PUBLICITY},
    "project_id": {StopKind.PUBLICITY, StopKind.TENDER},
    "order_id": {StopKind.BANK_RETURN},
}


class StopRequest(Body):
    """Stop the clocks of the named lots, or of those that lay there on `from_on`.

    That is on an account, of a fund; for a batch, its hold or the oldest that make its total; on a project's accounts;
    with the bank, of an order on its way back. Publicity names the batch or project that is on show.
    """

    kind: StopKind
    document: Line = Field(description="依据：公示单、招标公告、冻结裁定、退汇通知等的编号")
    reason: Prose = Field(description="停表原因，不写个人身份信息")
    from_on: Day = Field(description="停表之日")
    limit_on: Day = Field(description="最迟恢复计时之日；到期自动恢复，不得超过该类停表的最长天数")
    lots: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    account_id: UUID | None = None
    fund_code: Code | None = Field(default=None, description="与 account_id 一并填写；省略表示该账户的全部资金")
    batch_id: UUID | None = Field(default=None, description="公示的发放批次（kind=publicity）")
    project_id: UUID | None = Field(default=None, description="招标或公示的项目（kind=tender、publicity）")
    order_id: UUID | None = Field(default=None, description="退汇在途的支付令（kind=bank_return）")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        named = [self.lots, self.account_id, self.batch_id, self.project_id, self.order_id]
        if sum(one is not None for one in named) != 1:
            msg = "请在 lots、account_id、batch_id、project_id、order_id 中只填一项"
            raise ValueError(msg)
        if self.fund_code is not None and self.account_id is None:
            msg = "fund_code 只与 account_id 一并填写"
            raise ValueError(msg)
        for name, kinds in _CAUSES.items():
            if getattr(self, name) is not None and self.kind not in kinds:
                msg = f"{name} 不用于该类停表"
                raise ValueError(msg)
        if self.kind is StopKind.PUBLICITY and self.batch_id is None and self.project_id is None:
            msg = "公示停表须指明公示的名册批次（batch_id）或项目（project_id），其公示已登记在案"
            raise ValueError(msg)
        return self


class StopEndRequest(Body):
    """The clocks run again, earlier than on the limit: from which day, by which document."""

    ended_on: Day = Field(description="恢复计时之日；与停表之日相同表示该停表不算")
    document: Line = Field(description="恢复计时的依据")


class ClockStop(Answer):
    """A stop as it stood on a day. `until_on` is the day on which the clocks run again: ended then, or the limit."""

    id: UUID
    county_code: str
    region_code: str
    kind: StopKind
    document: str
    reason: str
    from_on: date
    limit_on: date
    limit_days: int = Field(description="登记时适用的该类停表最长天数")
    counted_from_on: date = Field(description="最长天数自此日起算：公示为张贴之日，其余为停表之日")
    state: StopState
    until_on: date
    ended_on: date | None
    end_document: str | None
    ended_by: str | None
    placed_by: str
    recorded_on: date = Field(description="登记之日；晚于停表之日的为补登")
    stopped_days: int = Field(description="截至所查日期，这条停表使时钟停了几天")
    batch_id: UUID | None
    project_id: UUID | None
    order_id: UUID | None
    came_from_county: str | None = Field(default=None, description="随资金移交而来的停表：原在哪个县级代码登记")
    came_from_stop_id: UUID | None = Field(default=None, description="随资金移交而来的停表：在原县的编号")
    lots: list[UUID] = Field(description="停表的资金批次，按编号")


class ClockStopPage(Page, Known):
    as_of: date
    items: list[ClockStop]
