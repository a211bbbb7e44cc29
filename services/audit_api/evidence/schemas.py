"""Shapes of evidence on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.audit_api.evidence.filekinds import FileKind
from services.audit_api.tables import EvidenceRow


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


class EvidencePage(Page):
    items: list[Evidence]


def evidence_of(row: EvidenceRow) -> Evidence:
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
    )
