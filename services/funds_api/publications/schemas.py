"""Shapes of publications and objections on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer, Body, Day, Line, Prose
from services.funds_api.objections import Objection, ObjectionAnswer


class PublicationRequest(Body):
    """The roster of a batch was put on show: by which document, where, from which day."""

    document: Line = Field(description="公示文件或公示单编号")
    place: Line = Field(description="公示地点，如“村务公开栏”，不写网址")
    from_on: Day = Field(description="张贴之日；公示天数从此日起算")


class Publication(Answer):
    """A publication as recorded. The latest one of a batch counts: publishing anew begins the days anew."""

    batch_id: UUID
    seq: int
    document: str
    place: str
    from_on: date
    before_upload_days: int = Field(
        description="张贴之日比名册上传之日早几天；0 表示上传当日或之后张贴，大于 0 是补录，公示的内容由登记人负责"
    )
    list_sha256: str = Field(description="公示的名单，与批次的 list_sha256 一致")
    recorded_by: str


class BatchObjectionRequest(Body):
    raised_on: Day
    line: Annotated[int, Field(strict=True, ge=1, le=9_999_999)] | None = Field(
        default=None, description="有异议的名册行号；省略表示对整个批次有异议"
    )
    text: Prose = Field(description="异议内容，不写个人身份信息")


class BatchObjectionAnswer(ObjectionAnswer):
    """What was found out about an objection to a roster."""


class BatchObjection(Objection):
    """Somebody objects to a row (`line`) or the whole of a published roster."""

    batch_id: UUID
    line: int | None


class Publicity(Answer):
    """How long a batch had been on show by a day, and what was objected."""

    batch_id: UUID
    as_of: date
    published_days: int | None = Field(description="截至该日已公示天数；null 表示没有公示记录")
    objections_open_n: int
    publications: list[Publication]
    objections: list[BatchObjection]
