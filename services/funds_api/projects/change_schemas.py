"""Shapes of changes of a plan on the wire: reported, approved, refused, withdrawn, listed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Body, Day, Line, Prose
from chassis.pages import Page
from services.funds_api.moments import Known
from services.funds_api.projects.schemas import Described, Reported


class ChangeRequest(Body):
    """A change report (变更): the whole plan anew; the earlier version is kept."""

    document: Line
    reason: Prose
    reported_on: Day
    plan: Described


class ChangeApproval(Body):
    document: Line = Field(description="批复文件")
    effective_on: Day


class ChangeClosing(Body):
    """A waiting change is refused (驳回) or withdrawn (撤回): the plan in force stays."""

    document: Line = Field(description="驳回意见或撤回申请")
    reason: Prose
    closed_on: Day


class Change(Reported):
    """A change of a project's plan, as it stood on a day, beside what the version in force before it plans."""

    project_id: UUID
    county_code: str
    region_code: str
    code: str
    name: str
    planned_fen: int
    planned_before_fen: int = Field(description="报告变更时执行中的计划投资")
    waited_days: int = Field(description="自报告至批准、驳回、撤回或所查日期的天数")


class ChangePage(Page, Known):
    """By project and version."""

    as_of: date
    items: list[Change]
