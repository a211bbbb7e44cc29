"""Events of evidence after it was kept: who signed for it, and that it was filed wrongly."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class EvidenceSigned(Fact):
    """Whether the supplier signed; the names and reasons are sealed with a salt that rests in the row."""

    evidence_id: UUID
    finding_id: UUID
    county_code: str
    signature_no: int
    signed: bool
    told_on: date
    text_sha256: str


class EvidenceWithdrawalAsked(Fact):
    evidence_id: UUID
    finding_id: UUID
    county_code: str
    withdrawal_no: int
    asked_on: date
    text_sha256: str


class EvidenceWithdrawalDecided(Fact):
    """Another person decided; `agreed` marks the evidence as withdrawn, and it stays."""

    evidence_id: UUID
    finding_id: UUID
    county_code: str
    withdrawal_no: int
    version_hash: str
    decision: str
    decided_on: date
    text_sha256: str
