"""Shapes of successions on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, CountyCode, Day, Line
from chassis.pages import Page
from services.funds_api.moments import Known


class FollowedAccount(Body):
    """An account of the old county, and the account of the new one in which its money goes on."""

    from_account_id: UUID
    to_account_id: UUID


class SuccessionRequest(Body):
    """资金移交: by document all that rests in these accounts goes over to the county that follows."""

    from_county: CountyCode = Field(description="已停用的县级代码")
    to_county: CountyCode = Field(description="后继的县级代码")
    document: Line = Field(description="移交依据（文件或移交清册）")
    effective_on: Day
    accounts: Annotated[list[FollowedAccount], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if self.from_county == self.to_county:
            msg = "前后代码相同"
            raise ValueError(msg)
        if len({one.from_account_id for one in self.accounts}) < len(self.accounts):
            msg = "同一账户列了两次"
            raise ValueError(msg)
        return self


class UndoRequest(Body):
    """移交冲正: both sides are undone at once, while nothing was spent on in the new county."""

    document: Line
    effective_on: Day


class SucceededTranche(Answer):
    """What still rested of one tranche of the old county, and the tranche that it is in the new one."""

    from_tranche_id: UUID
    tranche_id: UUID
    fund_code: str
    lots_n: int
    amount_fen: int


class Succession(Answer):
    """Money gone over: what left the old county, the tranches that came to the new one, and the proof."""

    id: UUID
    from_county: str
    to_county: str
    document: str
    effective_on: date
    amount_fen: int
    left_fen: int | None = Field(default=None, description="办理后仍停留在原县各单位账上的资金（仅办理时告知）")
    unexplained_fen: int = Field(description="amount_fen 减去 tranches 之和，恒为 0")
    reversed_by: str | None = Field(default=None, description="已冲正时，冲正的文件")
    tranches: list[SucceededTranche]
    flagged: list[dict[str, Any]] = Field(
        default_factory=list, description="冲正时违反资金规定但允许办理、已预警的事项"
    )


class SuccessionEntry(Answer):
    """A succession as one of its counties tells it."""

    id: UUID
    side: Literal["out", "in"] = Field(description="out：移交出去；in：接收进来")
    other_county: str
    document: str
    effective_on: date
    amount_fen: int
    recorded_at: datetime
    reversed_by: str | None


class SuccessionPage(Page, Known):
    county_code: str
    as_of: date
    items: list[SuccessionEntry]
