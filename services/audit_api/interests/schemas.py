"""Shapes of declared interests on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Line, RegionCode


class Interest(StrEnum):
    """none: 无利害关系; unit: 与某单位有关; region: 与某地有关."""

    NONE = "none"
    UNIT = "unit"
    REGION = "region"


class Relation(StrEnum):
    """kin: 亲属; former_post: 曾任职; economic: 经济利益; other: 其他可能影响公正的关系 (监察法 art 58)."""

    KIN = "kin"
    FORMER_POST = "former_post"
    ECONOMIC = "economic"
    OTHER = "other"


class DeclarationRequest(Body):
    """A tie to a unit or to a place and what lies in it, or that there is none. Classes only: no person is named."""

    kind: Interest
    related_unit_id: UUID | None = None
    related_unit_name: Line | None = None
    related_region_code: RegionCode | None = None
    relation: Relation | None = None
    successor: Annotated[Line | None, Field(description="申报使本人退出其最后一名成员为本人的线索时，由谁接替")] = None

    @model_validator(mode="after")
    def _told_whole(self) -> Self:
        unit = self.related_unit_id is not None and self.related_unit_name is not None
        none = self.related_unit_id is None and self.related_unit_name is None
        if not (unit if self.kind is Interest.UNIT else none):
            msg = "kind 为 unit 时须填 related_unit_id 与 related_unit_name，其他情况不得填"
            raise ValueError(msg)
        if (self.kind is Interest.REGION) != (self.related_region_code is not None):
            msg = "kind 为 region 时须填 related_region_code，其他情况不得填"
            raise ValueError(msg)
        if (self.kind is Interest.NONE) != (self.relation is None):
            msg = "有利害关系时须填 relation，无利害关系时不得填"
            raise ValueError(msg)
        return self


class Declaration(Answer):
    """What the caller declared; `ended_leads` are the caller's memberships that it ended on that day."""

    id: UUID
    county_code: str
    kind: Interest
    own_unit: str | None = Field(description="申报当日本人所在单位（登录信息）")
    related_unit_id: UUID | None
    related_unit_name: str | None
    related_region_code: str | None
    relation: Relation | None
    declared_on: date
    ended_leads: list[UUID]


class Declarations(Answer):
    """The caller's own declarations, oldest first; nobody reads those of others."""

    items: list[Declaration]
    empty_because: str | None
