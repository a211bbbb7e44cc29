"""Shapes of rectification orders on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.rectifications.states import Decision, OrderStatus


class OrderKind(StrEnum):
    """at_once: 立行立改; in_stages: 分阶段整改; continuing: 持续整改."""

    AT_ONCE = "at_once"
    IN_STAGES = "in_stages"
    CONTINUING = "continuing"


class OrderRequest(Body):
    """A demand to one unit, addressed by its place, to put a finding right by `deadline`."""

    finding_id: UUID
    unit_id: UUID
    unit_name: Line
    region_code: RegionCode
    kind: OrderKind
    demand: Prose
    issued_on: Day
    deadline: Day

    @model_validator(mode="after")
    def _deadline_follows(self) -> Self:
        if self.deadline < self.issued_on:
            msg = "整改期限不得早于下达日期"
            raise ValueError(msg)
        return self


class ClosureRequest(Body):
    """The unit says what it did and asks to have the order closed."""

    explanation: Prose
    on: Day


class ReviewRequest(Body):
    """The inspector closes the order or sends it back, with an opinion."""

    decision: Decision
    opinion: Prose
    on: Day


class Order(Answer):
    """An order as it stands, with the deadline seen from `as_of`."""

    id: UUID
    county_code: str
    finding_id: UUID
    finding_title: str
    region_code: str
    unit_id: UUID
    unit_name: str
    kind: OrderKind
    demand: str
    issued_on: date
    deadline: date
    status: OrderStatus
    version: int
    issued_by: str
    requested_by: str | None
    reviewed_by: str | None
    closed_on: date | None
    as_of: date
    overdue: bool = Field(description="截至 as_of 已过期限且尚未销号")
    days_overdue: int


class Step(Answer):
    """One thing that happened to an order."""

    step_no: int
    action: OrderStatus
    done_on: date
    done_by: str
    note: str


class OrderFile(Order):
    """An order with every step it took."""

    steps: list[Step]


class OrderPage(Page):
    items: list[Order]
