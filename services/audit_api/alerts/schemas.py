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
    lot_id: UUID
    account_id: UUID
    unit_id: UUID
    unit_name: str
    fund_code: str
    amount_fen: int = Field(description="截至 as_of 停留的金额，单位：分")
    days: int
    limit_days: int
    as_of: date
    finding_id: UUID | None
    dismissed_by: str | None
    dismissal_reason: str | None


class AlertPage(Page):
    items: list[Alert]
