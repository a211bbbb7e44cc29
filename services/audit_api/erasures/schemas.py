"""Shapes of erasures on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose
from chassis.pages import Page
from services.audit_api.moments import EVERYTHING
from services.audit_api.tables import ErasureRow


class Erased(StrEnum):
    """finding: 问题; evidence: 证据; alert: 预警; rectification_order: 整改通知."""

    FINDING = "finding"
    EVIDENCE = "evidence"
    ALERT = "alert"
    ORDER = "rectification_order"


# Which words of each may name a person. What the law or the ledger needs (amounts, dates, classes, units) cannot go.
FIELDS: Final = {
    Erased.FINDING: frozenset({"title", "facts", "opinion"}),
    Erased.EVIDENCE: frozenset({"file_name", "supplier", "unsigned_because", "reason", "opinion"}),
    Erased.ALERT: frozenset({"dismissal_reason"}),
    Erased.ORDER: frozenset({"demand", "note", "reason", "opinion"}),
}


class ErasureBasis(StrEnum):
    """The cases of 个人信息保护法 art 47 para 1, by their order there."""

    PURPOSE_ENDED = "purpose_ended"
    SERVICE_ENDED = "service_ended"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    HANDLED_UNLAWFULLY = "handled_unlawfully"
    OTHER_LAW = "other_law"


class ErasureVerdict(StrEnum):
    """agreed: 同意删除; refused: 不同意."""

    AGREED = "agreed"
    REFUSED = "refused"


class ErasureRequest(Body):
    """Take the words out of these fields. The request names no person: its document does."""

    what: Erased
    id: UUID
    fields: Annotated[list[str], Field(min_length=1, max_length=5)]
    basis: ErasureBasis = Field(description="个人信息保护法第四十七条第一款所列情形，依次")
    document: Line = Field(description="个人请求或决定的文号（不写姓名）")
    on: Annotated[Day | None, Field(description="申请日期；省略表示今天")] = None

    @model_validator(mode="after")
    def _fields_are_words(self) -> Self:
        if not set(self.fields) <= FIELDS[self.what] or len(set(self.fields)) != len(self.fields):
            msg = "fields 只能是：" + "、".join(sorted(FIELDS[self.what])) + "，不得重复"
            raise ValueError(msg)
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
