"""Shapes of alerts on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer, Body, Prose
from chassis.pages import Page


class AlertStatus(StrEnum):
    """new: 待处理; taken_up: 已转问题; dismissed: 已排除."""

    NEW = "new"
    TAKEN_UP = "taken_up"
    DISMISSED = "dismissed"


class DismissalRequest(Body):
    reason: Prose


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
    finding_id: UUID | None
    dismissed_by: str | None
    dismissal_reason: str | None


class AlertPage(Page):
    items: list[Alert]
