"""Shapes of erasures on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose
from chassis.pages import Page
from services.audit_api.erasures.places import CONTENT, Erased, fields_of
from services.audit_api.moments import EVERYTHING
from services.audit_api.tables import ErasureRow


class ErasureBasis(StrEnum):
    """The cases of 个人信息保护法 art 47 para 1, by their order there."""

    PURPOSE_ENDED = "purpose_ended"
    SERVICE_ENDED = "service_ended"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    HANDLED_UNLAWFULLY = "handled_unlawfully"
    OTHER_LAW = "other_law"


class ErasureVerdict(StrEnum):
    """agreed: 同意删除; restricted: 保存期限未满，除存储和安全保护外停止处理（只限证据内容）; refused: 不同意."""

    AGREED = "agreed"
    RESTRICTED = "restricted"
    REFUSED = "refused"


Fields = Annotated[list[str], Field(min_length=1, max_length=5)]


def must_be_words(what: str, fields: list[str]) -> None:
    """Refuse fields that are no words of such a thing, one named twice, and a file's content beside words of it."""
    allowed = fields_of(what)
    if not set(fields) <= allowed or len(set(fields)) != len(fields):
        msg = "fields 只能是：" + "、".join(sorted(allowed)) + "，不得重复"
        raise ValueError(msg)
    if what == Erased.EVIDENCE and CONTENT in fields and len(fields) > 1:
        msg = "证据文件内容（content）须单独申请：审核人可以只同意停止处理"
        raise ValueError(msg)


class ErasureRequest(Body):
    """Take the words out of these fields. The request names no person: its document does."""

    what: Erased
    id: UUID
    fields: Fields
    basis: ErasureBasis = Field(description="个人信息保护法第四十七条第一款所列情形，依次")
    document: Line = Field(description="个人请求或决定的文号（不写姓名）")
    on: Annotated[Day | None, Field(description="申请日期；省略表示今天")] = None

    @model_validator(mode="after")
    def _fields_are_words(self) -> Self:
        if self.what is Erased.LEAD:
            msg = "线索中的文字只由其成员在该线索内申请删除"
            raise ValueError(msg)
        must_be_words(self.what, self.fields)
        return self


class ErasureDecision(Body):
    version_hash: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]
    decision: ErasureVerdict
    opinion: Prose
    on: Annotated[Day | None, Field(description="审核日期；省略表示今天")] = None


class Erasure(Answer):
    """An erasure. `events_n`: from how many recorded answers the words were taken; null while nothing is gone."""

    id: UUID
    county_code: str
    what: Erased
    row_id: UUID
    fields: list[str]
    basis: ErasureBasis
    document: str
    texts_n: int
    version_hash: str = Field(description="审核时须带上的版本哈希")
    asked_on: date
    made_by: str
    decision: ErasureVerdict | None = None
    checked_by: str | None = None
    decided_on: date | None = None
    events_n: int | None = None


class ErasurePage(Page):
    items: list[Erasure]


def erasure_of(row: ErasureRow, known: int = EVERYTHING) -> Erasure:
    """The erasure, with its decision if that was known by a position."""
    decided = row.decided_position is not None and row.decided_position <= known
    return Erasure(
        id=row.id,
        county_code=row.county_code,
        what=Erased(row.what),
        row_id=row.row_id,
        fields=row.fields,
        basis=ErasureBasis(row.basis),
        document=row.document,
        texts_n=row.texts_n,
        version_hash=row.version_hash,
        asked_on=row.asked_on,
        made_by=row.made_by,
        decision=ErasureVerdict(row.decision) if decided and row.decision else None,
        checked_by=row.checked_by if decided else None,
        decided_on=row.decided_on if decided else None,
        events_n=row.events_n if decided else None,
    )
