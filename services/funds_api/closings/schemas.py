"""Shapes of closings on the wire."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chassis.fields import Answer, Body, Day, Line
from chassis.pages import Page
from services.funds_api.moments import Known


class ClosingRequest(Body):
    through: Day = Field(description="结账至（含当日）；此后这些日期只能冲正")
    document: Line = Field(description="结账依据")


class Closing(Answer):
    """The books of a county are closed through a day. They are not opened again: a mistake is reversed."""

    county_code: str
    through: date
    document: str
    position: int = Field(description="结账时的日志序号：此前登记的业务即结账所依据的全部")


class ClosingPage(Page, Known):
    items: list[Closing]
