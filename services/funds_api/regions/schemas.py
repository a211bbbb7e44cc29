"""Shapes of regions on the wire."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from chassis.fields import Answer, Body, Line, RegionCode
from chassis.pages import Page


class Level(StrEnum):
    NATION = "nation"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Region(Body):
    """A division: its statistical code (2, 4, 6, 9, 12 digits; "00" is the nation) and name."""

    code: RegionCode
    name: Line
    level: Level
    parent_code: RegionCode | None = None


class RegionsRequest(Body):
    """Up to 1,000 divisions, parents before children; a code that is known gets the new name."""

    listed_year: int = Field(ge=1980, le=2100, description="国家统计局区划代码的年份")
    regions: list[Region] = Field(min_length=1, max_length=1000)


class RegionsAnswer(Answer):
    recorded: int


class RegionPage(Page):
    items: list[Region]
