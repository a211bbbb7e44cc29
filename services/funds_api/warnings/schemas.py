"""Shapes of warnings and leaders on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose
from chassis.pages import Page
from services.funds_api.moments import Known

# A person's login at the gateway, as the token's subject names it.
Login = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9._-]{2,39}$")]


class LeaderRequest(Body):
    """From a day on a post is in charge of a unit, under a login; without both it is vacant."""

    unit_id: UUID
    from_on: Day = Field(description="分管之日；可早于今天（补登），不影响已发出的预警")
    post: Line | None = Field(default=None, description="职务，如“副县长（分管农业农村）”；不写姓名")
    account: Login | None = Field(default=None, description="该领导的登录账号；与 post 同时省略表示自该日起空缺")
    document: Line = Field(description="依据：分工文件的文号")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.post is None) != (self.account is None):
            msg = "post 与 account 须一并填写，或一并省略（空缺）"
            raise ValueError(msg)
        return self


class UnitLeader(Answer):
    """Who is in charge of a unit, from a day to another (inclusive; null while nothing follows)."""

    id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    unit_name: str
    from_on: date
    until_on: date | None
    post: str | None
    account: str | None
    document: str
    set_by: str


class UnitLeaderPage(Page, Known):
    as_of: date
    items: list[UnitLeader]


class WarningState(StrEnum):
    """issued → acknowledged → explained → answered (办结); answered may follow any."""

    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    EXPLAINED = "explained"
    ANSWERED = "answered"


class Party(StrEnum):
    """Who is told of a warning: the unit; its leader, or the county's office in charge; later the inspectors."""

    UNIT = "unit"
    LEADER = "leader"
    COUNTY_OFFICE = "county_office"
    INSPECTORS = "inspectors"


class Recipient(Answer):
    party: Party
    region_code: str = Field(description="单位所在区划；县级主管部门为县")
    unit_name: str | None = None
    post: str | None = None
    account: str | None = None


class Escalated(Answer):
    """A step that was not taken by its day."""

    step: str = Field(description="acknowledge 签收；explain 说明")
    to: Party
    since_on: date


class Warned(Answer):
    """A warning as it stood on a day: what of, who was told, by when what is owed, what was done, and where it is."""

    id: UUID
    county_code: str
    region_code: str
    unit_id: UUID
    unit_name: str
    rule_code: str
    title: str
    run_id: UUID
    flags: str = Field(description="本条所含疑点明细的地址：只列该单位应答复的各条，合计即 flags_n 和 amount_fen")
    issued_on: date
    flags_n: int
    amount_fen: int = Field(description="所涉资金，重复指到的只计一次")
    days: int = Field(description="其中最长的天数")
    recipients: list[Recipient]
    leader_missing: str | None = Field(description="没有分管领导的说明；为空表示已送分管领导")
    first_warning_id: UUID | None = Field(description="该单位同一规则尚未了结的首次预警；为空表示本条即首次")
    times: int = Field(description="第几次")
    state: WarningState
    acknowledge_by_on: date
    acknowledged_on: date | None
    acknowledged_by: str | None
    explain_by_on: date
    explained_on: date | None
    explained_by: str | None
    explanation: str | None
    explanation_document: str | None
    closed_on: date | None
    closed_by: str | None
    closing: str | None
    closing_document: str | None
    escalated_to: Party | None = Field(description="因逾期现已升级到谁；为空表示未升级，或所欠步骤已补办")
    escalated_since_on: date | None
    escalations: list[Escalated] = Field(description="历次升级，含已补办的")
    days_assumed: bool = Field(description="期限所在年份的放假安排尚未公布，按周一至周五推定")


class WarnedPage(Page, Known):
    as_of: date
    items: list[Warned]


class WarningCounts(Answer):
    """How many warnings, by state; open ones also by whether a step of theirs is overdue, and with whom they are."""

    warnings_n: int
    open_n: int = Field(description="尚未办结")
    issued_n: int = Field(description="尚未签收")
    acknowledged_n: int = Field(description="已签收，尚未说明")
    explained_n: int = Field(description="已说明，等待办结")
    answered_n: int = Field(description="已办结")
    in_time_n: int = Field(description="尚未办结，没有逾期未办的步骤")
    overdue_n: int = Field(description="尚未办结，有步骤逾期未办，已升级")
    escalated_to_leader_n: int = Field(description="现已升级到分管领导")
    escalated_to_county_office_n: int = Field(description="没有分管领导，现已升级到县级主管部门")
    escalated_to_inspectors_n: int = Field(description="现已升级到监督人员")


class RuleWarnings(WarningCounts):
    rule_code: str
    title: str


class PartyWarnings(Answer):
    """Of the warnings counted, those that were told to the caller as this party."""

    party: Party
    open_n: int = Field(description="尚未办结")
    overdue_n: int = Field(description="其中有步骤逾期未办")
    waiting_n: int = Field(description="等待本方的：unit 尚欠签收或说明；其他各方，现已升级到本方")


class WarningSummary(Answer, Known):
    as_of: date
    total: WarningCounts
    to_me: list[PartyWarnings] = Field(description="送达本人的，按身份列；同 warnings 的 to 参数")
    rules: list[RuleWarnings]
    empty_because: str | None = None


class WarningExplanationRequest(Body):
    text: Prose = Field(description="情况说明，不写个人身份信息")
    document: Line = Field(description="依据：说明材料的文号")


class WarningClosingRequest(Body):
    text: Prose = Field(description="办结意见，不写个人身份信息")
    document: Line = Field(description="依据的文号")
