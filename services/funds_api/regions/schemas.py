"""Shapes of regions on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.fields import Answer, Body, Day, Line, RegionCode
from chassis.pages import Page
from services.funds_api.access import NATION

Year = Annotated[int, Field(ge=1980, le=2100, description="国家统计局区划代码的年份")]


class Level(StrEnum):
    NATION = "nation"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


_DIGITS: Final = {
    Level.NATION: 2,
    Level.PROVINCE: 2,
    Level.PREFECTURE: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}


class ChangeKind(StrEnum):
    """recoded: each gets another code (撤县设区); merged: n to 1; split: 1 to n; redrawn: n to m."""

    RECODED = "recoded"
    MERGED = "merged"
    SPLIT = "split"
    REDRAWN = "redrawn"


class Region(Body):
    """A division: its statistical code (2, 4, 6, 9, 12 digits; "00" is the nation), name, and the days it holds.

    `valid_from` is null when it stood in the first list entered; `valid_to` is the first day it no longer holds. Both
    may be told when a code is entered for the first time; later only lists and changes move them.
    """

    code: RegionCode
    name: Line
    level: Level
    parent_code: RegionCode | None = None
    valid_from: Annotated[Day | None, Field(description="代码启用日；为空表示起始日不详")] = None
    valid_to: Annotated[Day | None, Field(description="代码停用日（当日起无效）；为空表示仍在用")] = None


def _placed(region: Region) -> Region:
    """Refuse a code whose length is not its level's, or that does not begin with the code of the place above it.

    Who sees what, and every sum of a tree, goes by the beginning of the code (GB/T 2260 and its longer forms): a
    township with another county's digits would be that county's, whatever it says of its parent.
    """
    code, above, digits = region.code, region.parent_code, _DIGITS[region.level]
    if len(code) != digits:
        msg = f"该级（{region.level}）区划代码应为 {digits} 位，现为 {len(code)} 位"
        raise ValueError(msg)
    of_nation = above == NATION and region.level == Level.PROVINCE
    if above is not None and not of_nation and (above == code or not code.startswith(above)):
        msg = "代码应以上级代码（parent_code）开头"
        raise ValueError(msg)
    return region


Listed = Annotated[Region, AfterValidator(_placed)]


class RegionsRequest(Body):
    """Up to 1,000 divisions, parents before children; a code that is known gets the new name and keeps the old one."""

    listed_year: Year
    listed_on: Annotated[Day | None, Field(description="名单的基准日；省略为当年 1 月 1 日")] = None
    regions: list[Listed] = Field(min_length=1, max_length=1000)


class RegionListRequest(Body):
    """The whole list of a year below `scope`: codes of the levels it names that it leaves out end on `listed_on`."""

    scope: RegionCode
    listed_year: Year
    listed_on: Day
    document: Line
    regions: list[Listed] = Field(min_length=1, max_length=2000)


class RegionsAnswer(Answer):
    recorded: int


class RegionListAnswer(Answer):
    """What the list changed. `without_successor` are ended codes of which no document says where they went."""

    listed: int
    new: list[str]
    renamed: list[str]
    closed: list[str]
    without_successor: list[str]


class CodeLink(Body):
    from_code: RegionCode
    to_code: RegionCode


class RegionChangeRequest(Body):
    """A document by which codes went over into codes. New codes are given in `regions`; `closed` ones end that day."""

    kind: ChangeKind
    document: Line
    effective_on: Day
    links: list[CodeLink] = Field(min_length=1, max_length=500)
    closed: list[RegionCode] = Field(default_factory=list, max_length=500)
    regions: list[Listed] = Field(default_factory=list, max_length=500)


class RegionChange(Answer):
    id: UUID
    kind: ChangeKind
    document: str
    effective_on: date
    recorded_at: datetime
    links: list[CodeLink]


class RegionPage(Page):
    as_of: date
    items: list[Region]


class FormerName(Answer):
    name: str
    level: Level
    parent_code: str | None
    valid_to: date


class Passage(Answer):
    """One code that went over into another, by which document, on which day."""

    from_code: str
    to_code: str
    kind: ChangeKind
    document: str
    effective_on: date


class RegionDetail(Answer):
    as_of: date
    region: Region
    listed_year: int
    is_valid: bool
    former_names: list[FormerName]
    predecessors: list[Passage]
    successors: list[Passage]


class Relative(Answer):
    """A code this one came from or went into; `generation` counts the changes between them."""

    region: Region
    generation: int


class Lineage(Answer):
    code: str
    predecessors: list[Relative]
    successors: list[Relative]
    passages: list[Passage]
