"""Keeping a file as evidence of a finding, and taking a copy out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from services.audit_api.evidence import store
from services.audit_api.evidence.refusals import EvidenceForgotten
from services.audit_api.evidence.schemas import EvidenceReceipt
from services.audit_api.evidence.shelf import Spooled
from services.audit_api.findings import store as findings
from services.audit_api.tables import EvidenceRow, RectificationOrderRow
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


def must_be_handed_out(row: EvidenceRow) -> None:
    """Refuse a file whose content is forgotten: whoever asks, and whether or not its bytes are gone already."""
    if row.content_erased_on is not None or row.content_stopped_on is not None:
        raise EvidenceForgotten(row.sha256.hex(), row.content_erased_on, row.content_stopped_on)


async def must_not_be_forgotten(tx: AsyncSession, county: str, sha256: bytes) -> None:
    """Refuse bytes that the county has decided to forget; a trigger holds it once more when they are registered."""
    row = await store.forgotten(tx, county, sha256)
    if row is not None:
        must_be_handed_out(row)


async def keep(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    finding: UUID,
    spooled: Spooled,
    path_key: str,
    file_name: str,
) -> EvidenceReceipt:
    """Keep a file that somebody sent and that lies in its place under `path_key`."""
    await act.claim(tx, county)
    await must_see_finding(tx, who, county, finding)
    receipt = await register(tx, who, county, finding, spooled, path_key, file_name)
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


async def register(
    tx: AsyncSession,
    who: Principal,
    county: str,
    finding: UUID,
    spooled: Spooled,
    path_key: str,
    file_name: str,
    order: RectificationOrderRow | None = None,
) -> EvidenceReceipt:
    """Write down what lies in its place; one content is kept once per finding, and once per order as its proof.

    The caller has seen the finding or the order, and records the act. Proof of an order lies in the order's place.
    """
    order_id = None if order is None else order.id
    known = await store.same_content(tx, county, finding, order_id, spooled.sha256)
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
    added = await store.add(
        tx,
        {
            "county_code": county,
            "id": receipt.id,
            "finding_id": finding,
            "order_id": order_id,
            "region_code": county if order is None else order.region_code,
            "file_name": file_name,
            "file_kind": spooled.kind,
            "size_bytes": spooled.size_bytes,
            "sha256": spooled.sha256,
            "path_key": path_key,
            "kept_by": who.subject,
        },
    )
    if not added:  # another request has registered the same bytes since this one looked
        raise EvidenceKeptAlready(str(await store.same_content(tx, county, finding, order_id, spooled.sha256)))
    return receipt


async def must_see(tx: AsyncSession, who: Principal, county: str, evidence_id: UUID) -> EvidenceRow:
    """The evidence, or the refusal that it is not there for this caller."""
    row = await store.one(tx, who, county, evidence_id)
    if row is None:
        raise Missing("证据", str(evidence_id))
    return row


async def record_look(tx: AsyncSession, who: Principal, row: EvidenceRow) -> None:
    """That somebody takes a copy is in the journal before its first byte leaves."""
    look = EvidenceRead(evidence_id=row.id, finding_id=row.finding_id, county_code=row.county_code, reader=who.subject)
    await record_alone(tx, "audit", row.county_code, look, f"{who.client_id}/{who.subject}", new_id())
