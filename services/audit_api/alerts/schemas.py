"""Shapes of alerts on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from chassis.fields import Answer, Body, Code, Day, Prose
from chassis.pages import Page
from services.audit_api.alerts.triage import Look, Triage
from services.audit_api.moments import Known


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        msg = "同一预警不得重复"
        raise ValueError(msg)
    return ids


class AlertStatus(StrEnum):
    """new: 待处理; decided: 资金监管已核结; taken_up: 已转问题; dismissed: 已排除."""

    NEW = "new"
    DECIDED = "decided"
    TAKEN_UP = "taken_up"
    DISMISSED = "dismissed"


class TriageRequest(Body):
    """The way a person sets; with a reason where it is not the one that the policy values propose."""

    triage: Triage
    reason: Prose | None = None
    on: Day


class AssignmentRequest(Body):
    """The login of whoever is to work on the alert."""

    assignee: Code
    on: Day


class MergeRequest(Body):
    """Alerts about the same money, to be worked on as part of this one; or to be parted from it again."""

    alert_ids: Annotated[list[UUID], Field(min_length=1, max_length=200), AfterValidator(_each_once)]
    reason: Prose
    on: Day


class RefutationRequest(Body):
    """Why the alert asks about nothing."""

    reason: Prose
    on: Day


class RefutationDecision(StrEnum):
    """confirm: 同意排除; send_back: 退回."""

    CONFIRM = "confirm"
    SEND_BACK = "send_back"


class RefutationDecisionRequest(Body):
    """Another person agrees or not, over the very refutation that was made."""

    version_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    decision: RefutationDecision
    opinion: Prose
    on: Day


class FlagOutcome(Answer):
    """What a person decided of the flag itself, in funds_api; the reason rests with the flag (`/funds/v1/flags`)."""

    seq: int
    outcome: str = Field(description="confirmed 属实、refuted 不属实、reopened 重新核查")
    document: str = Field(description="核查结论的文号")
    decided_on: date
    decided_by: str
    recovered_fen: int


class Alert(Answer):
    """A question with the figures it was asked with. An alert is not a finding."""

    id: UUID
    county_code: str
    region_code: str
    status: AlertStatus
    rule_code: str
    rule_version: int
    title: str
    explanation: str
    source: str
    subject: str = Field(description="所问的对象：lot 资金、payment 发放、household 农户、project 项目等")
    subject_id: UUID
    run_id: UUID | None
    lot_id: UUID | None = Field(description="所问的资金批次；其他对象为空")
    account_id: UUID | None
    unit_id: UUID | None
    unit_name: str | None
    fund_code: str | None
    amount_fen: int = Field(description="所问的金额，单位：分；停留资金为截至 as_of 停留的金额")
    days: int
    limit_days: int
    as_of: date
    flag_outcome: FlagOutcome | None = Field(description="资金监管对该预警的核查结论；没有或已重新核查的为空")
    finding_id: UUID | None
    dismissed_by: str | None
    dismissal_reason: str | None
    dismissal_checked_by: str | None = Field(description="同意排除的另一人；两人办理以前的排除为空")
    dismissed_on: date | None
    triage: Triage | None = Field(description="所定办理方式；尚未分类的为空")
    assignee: str | None = Field(description="承办人登录名；尚未分派的为空")
    merged_into: UUID | None = Field(description="已并入的预警")
    refutation_waits: bool = Field(description="有待另一人审核的排除意见")


class TriageLook(Answer):
    """One of the three looks: the figure, the thresholds of the policy value, and the way it asks for."""

    look: Look
    figure: int
    thresholds: list[int]
    asks_for: Triage
    policy: str | None


class TriageProposal(Answer):
    """The way that the policy values of a day propose: the furthest that any look asks for."""

    proposed: Triage
    looks: list[TriageLook]


class TriageSet(Answer):
    triage_no: int
    triage: Triage
    proposed: Triage
    reason: str | None
    repeats_n: int
    policies: list[str]
    triaged_on: date
    made_by: str


class Assignment(Answer):
    assignment_no: int
    assignee: str
    assigned_on: date
    made_by: str


class Merge(Answer):
    """An alert that is or was part of another."""

    alert_id: UUID
    main_id: UUID
    reason: str
    merged_on: date
    made_by: str
    undone_on: date | None
    undone_by: str | None
    undo_reason: str | None


class Refutation(Answer):
    id: UUID
    reason: str
    refuted_on: date
    made_by: str
    version_hash: str
    decision: RefutationDecision | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None


class AlertFile(Alert, Known):
    """An alert with everything that was done with it."""

    proposal: TriageProposal
    triages: list[TriageSet]
    assignments: list[Assignment]
    merges: list[Merge]
    refutations: list[Refutation]
    outcomes: list[FlagOutcome] = Field(description="资金监管对该预警的历次核查结论")


class AlertPage(Page, Known):
    items: list[Alert]


class AlertCount(Answer):
    key: str | None = Field(description="状态、处置方式或承办人登录名；null 为尚未确定处置方式、尚未分派")
    n: int
    open_n: int = Field(description="其中在办的：待处理，或资金监管已核结而此处尚未处理")


class AlertCounts(Known):
    """How many alerts stand at what. Each of the three lists adds up to `total_n`."""

    as_of: date
    total_n: int
    open_n: int
    merged_n: int = Field(description="其中已并入其他预警办理的")
    by_status: list[AlertCount]
    by_triage: list[AlertCount]
    by_assignee: list[AlertCount]
    unexplained_n: int = Field(description="另行清点的预警数 − total_n，应为 0")
    empty_because: str | None
