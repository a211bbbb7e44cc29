"""Shapes of evidence on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Line, Prose
from chassis.pages import Page
from services.audit_api.evidence.filekinds import FileKind
from services.audit_api.moments import EVERYTHING, Known
from services.audit_api.tables import EvidenceRow, EvidenceSignatureRow, EvidenceWithdrawalRow


class EvidenceReceipt(Answer):
    """That a file was kept. Without its name, which may name a person: the receipt is repeated from the journal."""

    id: UUID
    county_code: str
    finding_id: UUID
    file_kind: FileKind
    size_bytes: int
    sha256: str = Field(description="文件内容的 SHA-256（十六进制）")


class Evidence(EvidenceReceipt):
    file_name: str
    kept_by: str
    kept_at: datetime
    withdrawn_on: date | None = Field(default=None, description="因登记有误撤回的日期；文件仍予保存")
    content_stopped_on: date | None = Field(default=None, description="文件内容停止处理的日期；文件仍予保存，不再提供")
    content_erased_on: date | None = Field(default=None, description="文件内容决定删除的日期；只保留其 SHA-256")


class SignatureRequest(Body):
    """Whether who supplied the evidence signed for it (审计证据 or 取证单), or why not."""

    signed: StrictBool
    supplier: Line = Field(description="证据提供单位或人员")
    unsigned_because: Prose | None = Field(default=None, description="未签字盖章的原因；已签字时不填")
    on: Annotated[Day | None, Field(description="签字或说明日期；省略表示今天")] = None

    @model_validator(mode="after")
    def _unsigned_says_why(self) -> Self:
        if self.signed == (self.unsigned_because is not None):
            msg = "未签字的须填写 unsigned_because，已签字的不填"
            raise ValueError(msg)
        return self


class Signature(Answer):
    """The supplier's signature. A receipt holds no prose; a reading does."""

    evidence_id: UUID
    signature_no: int
    signed: bool
    told_on: date
    told_by: str
    supplier: str | None = None
    unsigned_because: str | None = None


class WithdrawalVerdict(StrEnum):
    """agreed: 同意撤回; refused: 不同意."""

    AGREED = "agreed"
    REFUSED = "refused"


class WithdrawalRequest(Body):
    reason: Prose = Field(description="登记有误之处")
    on: Annotated[Day | None, Field(description="申请日期；省略表示今天")] = None


class WithdrawalDecision(Body):
    version_hash: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]
    decision: WithdrawalVerdict
    opinion: Prose
    on: Annotated[Day | None, Field(description="审核日期；省略表示今天")] = None


class Withdrawal(Answer):
    """A request to withdraw evidence, and the decision on it. A receipt holds no prose; a reading does."""

    evidence_id: UUID
    withdrawal_no: int
    version_hash: str = Field(description="审核时须带上的版本哈希")
    asked_on: date
    made_by: str
    decision: WithdrawalVerdict | None = None
    checked_by: str | None = None
    decided_on: date | None = None
    reason: str | None = None
    opinion: str | None = None


class EvidenceFile(Evidence, Known):
    """One evidence with everything told of it, oldest first; the last signature stands."""

    signatures: list[Signature]
    withdrawals: list[Withdrawal]


class EvidencePage(Page):
    items: list[Evidence]


def evidence_of(row: EvidenceRow, known: int = EVERYTHING) -> Evidence:
    """The evidence; what was told of it later is left out unless it was known by a position."""

    def told(on: date | None, position: int | None) -> date | None:
        return on if position is not None and position <= known else None

    return Evidence(
        id=row.id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        file_kind=FileKind(row.file_kind),
        size_bytes=row.size_bytes,
        sha256=row.sha256.hex(),
        file_name=row.file_name,
        kept_by=row.kept_by,
        kept_at=row.kept_at,
        withdrawn_on=told(row.withdrawn_on, row.withdrawn_position),
        content_stopped_on=told(row.content_stopped_on, row.content_stopped_position),
        content_erased_on=told(row.content_erased_on, row.content_erased_position),
    )


def signature_of(row: EvidenceSignatureRow) -> Signature:
    return Signature.model_validate(row, from_attributes=True)


def withdrawal_of(row: EvidenceWithdrawalRow, version: str, known: int = EVERYTHING) -> Withdrawal:
    """The request, with its decision if that was known by a position."""
    told = Withdrawal(
        evidence_id=row.evidence_id,
        withdrawal_no=row.withdrawal_no,
        version_hash=version,
        asked_on=row.asked_on,
        made_by=row.made_by,
        reason=row.reason,
    )
    if row.decided_position is None or row.decided_position > known or row.decision is None:
        return told
    decided = {"decision": WithdrawalVerdict(row.decision), "checked_by": row.checked_by}
    return told.model_copy(update={**decided, "decided_on": row.decided_on, "opinion": row.opinion})
