"""Proof that a unit keeps for an order addressed to it: it sees that and the order, and nothing of the finding."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.evidence.schemas import EvidenceReceipt
from services.audit_api.evidence.service import register
from services.audit_api.evidence.shelf import Spooled
from services.audit_api.rectifications import store
from services.audit_api.rectifications.service import locked
from services.audit_api.rectifications.states import must_be_worked_on
from wire.audit import EvidenceKept

KEEP = "上传佐证"


async def must_take_proof(tx: AsyncSession, who: Principal, county: str, order_id: UUID) -> None:
    """Refuse before a byte is read: no file is taken in for an order that the caller cannot see or that is closed."""
    row = await store.one(tx, who, county, order_id)
    if row is None:
        raise Missing("整改通知", str(order_id))
    must_be_worked_on(row.status, KEEP)


async def keep(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order_id: UUID,
    spooled: Spooled,
    path_key: str,
    file_name: str,
) -> EvidenceReceipt:
    """Keep a file that lies in its place under `path_key` as proof of an order; a step of that order may name it."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)
    must_be_worked_on(row.status, KEEP)
    receipt = await register(tx, who, county, row.finding_id, spooled, path_key, file_name, row)
    event = EvidenceKept(
        evidence_id=receipt.id,
        finding_id=row.finding_id,
        county_code=county,
        sha256=receipt.sha256,
        size_bytes=receipt.size_bytes,
        file_kind=receipt.file_kind,
        order_id=order_id,
    )
    await act.record(tx, county, event, receipt)
    return receipt
