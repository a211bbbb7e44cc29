"""What of comparison lists is told: kinds, versions, dates and counts; of nobody on a list anything."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.comparisons.kinds import Column, ListKind
from services.funds_api.moments import Known


class ComparisonVersion(Answer):
    """One version of a list, in force from its recording until the next one's."""

    id: UUID
    county_code: str
    kind: ListKind
    version_no: int = Field(description="同县同类从 1 起编号；以最后登记的一版为准")
    list_on: date = Field(description="名单自身的日期：名单说的是这一天的情况")
    source: str = Field(description="提供名单的单位")
    document: str = Field(description="提供名单的文号")
    rows_n: int
    persons_n: int = Field(description="登记时本县登记在册的人数")
    hits_n: int = Field(description="登记时命中的人数")
    uncompared_n: int = Field(description="登记时未能参加比对的人数；不为 0 时，未命中不等于不在名单上")
    file_sha256: str = Field(description="名单内容的 SHA-256，与生成工具打印的一致")
    recorded_by: str
    recorded_at: datetime
    position: int = Field(description="登记该版的日志序号")


class ComparisonRecorded(Answer):
    """A version that came into force, and which one it replaces."""

    version: ComparisonVersion
    replaces_version_no: int | None
    replaces_list_on: date | None = Field(description="所替换的一版的名单日期；晚于本版的，请核对是否传错了文件")


class ListDescription(Answer):
    """What a kind of list is, who usually has it and which columns it may have."""

    kind: ListKind
    title: str
    department: str
    meaning: str
    columns: list[Column]
    needed: list[Column]
    words: list[str] = Field(description="category 列可用的词；应享受人员的待遇名称须含其中一词")


class ComparisonList(Answer):
    """A kind of list and the version of it in force, null before the first."""

    described: ListDescription
    in_force: ComparisonVersion | None


class ComparisonLists(Known, Answer):
    """Every kind of list with its version in force, as known at a moment."""

    county_code: str
    key_mark: str = Field(description="本县交换密钥的标记，与密钥文件、名单上的一致")
    persons_n: int = Field(description="本县登记在册的人数")
    uncompared_n: int = Field(description="其中尚不能参加比对的人数；上传任一名单时自动补齐")
    items: list[ComparisonList]
    empty_because: str | None


class ComparisonDetail(Known, Answer):
    """A kind of list, and how many of the people who are registered now stand on its version in force."""

    county_code: str
    comparison_list: ComparisonList
    hits_n: int = Field(description="现在登记在册、在该版名单上的人数")
    entries_n: int = Field(description="他们在该版名单上的条数")
    persons_n: int
    uncompared_n: int


class ComparisonVersions(Answer):
    items: list[ComparisonVersion]
    next: str | None
    empty_because: str | None
