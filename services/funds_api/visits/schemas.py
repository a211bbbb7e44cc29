"""Shapes of pairings and visits on the wire. A helper is a staff account; no place, name or number is taken."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body, Day, Line
from chassis.pages import Page
from services.funds_api.moments import Known

Account = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,63}$")]


class Pair(Body):
    household_id: UUID
    helper: Account | None = Field(description="帮扶人的登录账号，不写姓名和证件号；为空表示不再有帮扶人")


class PairingRequest(Body):
    """Who helps which household from a day on, by document; what was recorded before stands until that day."""

    document: Line = Field(description="结对帮扶文件或花名册编号")
    from_on: Day
    pairs: list[Pair] = Field(min_length=1, max_length=1000)


class PairingAnswer(Answer):
    county_code: str
    document: str
    from_on: date
    households_n: int = Field(description="登记了帮扶人的户数")
    ended_n: int = Field(description="不再有帮扶人的户数")


class Pairing(Answer):
    """Who helps a household on the day asked for, and when that account last came."""

    household_id: UUID
    region_code: str
    helper: str
    from_on: date
    document: str
    visited_on: date | None = Field(description="该帮扶人最近一次走访；为空表示结对以来没有走访记录")
    days: int = Field(description="距最近一次走访（没有的，距结对之日）的天数")


class PairingPage(Page, Known):
    as_of: date
    items: list[Pairing]


class VisitRequest(Body):
    """A helper came to a household. Where the phone was is not asked and not kept."""

    household_id: UUID
    visited_on: Day


class Visit(Answer):
    id: UUID
    county_code: str
    household_id: UUID
    helper: str
    visited_on: date
    recorded_on: date = Field(description="登记之日；晚于走访之日的为补登")


class VisitPage(Page, Known):
    as_of: date
    items: list[Visit]
