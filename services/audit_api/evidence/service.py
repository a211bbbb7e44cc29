"""Keeping a file as evidence of a finding, and taking a copy out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from services.audit_api.evidence import store
from services.audit_api.evidence.schemas import EvidenceReceipt
from services.audit_api.evidence.shelf import Shelf, Spooled
from services.audit_api.findings import store as findings
from services.audit_api.missing import Missing
from services.audit_api.tables import EvidenceRow
from wire.audit import EvidenceKept, EvidenceRead


@dataclass(eq=False)
class EvidenceKeptAlready(Exception):
    """The finding has this very content in its file."""

    evidence_id: str

    def __str__(self) -> str:
        return f"内容相同的证据已经登记（{self.evidence_id}）"


async def must_see_finding(tx: AsyncSession, who: Principal, county: str, finding: UUID) -> None:
    """Refuse before a byte is read: no file is taken in for a finding the caller cannot see."""
    if await findings.one(tx, who, county, finding) is None:
        raise Missing("问题", str(finding))


async def keep(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    finding: UUID,
    shelf: Shelf,
    spooled: Spooled,
    file_name: str,
) -> EvidenceReceipt:
    """Register a spooled file and put it in its place; one content is kept once per finding."""
    await act.claim(tx, county)
    await must_see_finding(tx, who, county, finding)
    known = await store.same_content(tx, county, finding, spooled.sha256)
    if known is not None:
        raise EvidenceKeptAlready(str(known))

    receipt = EvidenceReceipt(
        id=new_id(),
        county_code=county,
        finding_id=finding,
        file_kind=spooled.kind,
        size_bytes=spooled.size_bytes,
        sha256=spooled.sha256.hex(),
    )

    # Before the commit: a crash between the two leaves a file nobody names, never a name without its file.
    path_key = await shelf.keep(county, spooled)
    await store.add(
        tx,
        {
            "county_code": county,
            "id": receipt.id,
            "finding_id": finding,
            "region_code": county,
            "file_name": file_name,
            "file_kind": spooled.kind,
            "size_bytes": spooled.size_bytes,
            "sha256": spooled.sha256,
            "path_key": path_key,
            "kept_by": who.subject,
        },
    )
    event = EvidenceKept(
        evidence_id=receipt.id,
        finding_id=finding,
        county_code=county,
        sha256=receipt.sha256,
        size_bytes=receipt.size_bytes,
        file_kind=receipt.file_kind,
    )
    await act.record(tx, county, event, receipt)
    return receipt


async def take_copy(
    tx: AsyncSession, who: Principal, county: str, evidence_id: UUID, shelf: Shelf
) -> tuple[EvidenceRow, Path]:
    """Where a kept file lies, unchanged since it was kept; the look is in the journal before the file leaves."""
    row = await store.one(tx, who, county, evidence_id)
    if row is None:
        raise Missing("证据", str(evidence_id))
    path = await shelf.take(row.path_key, row.sha256)
    look = EvidenceRead(evidence_id=row.id, finding_id=row.finding_id, county_code=county, reader=who.subject)
    await record_alone(tx, "audit", county, look, f"{who.client_id}/{who.subject}", new_id())
    return row, path
