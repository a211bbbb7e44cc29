"""Events of frozen answers of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from wire.fact import Fact


class LedgerExtracted(Fact):
    """An answer of funds_api, known up to `ledger_position` of its journal, was frozen as evidence of a finding."""

    evidence_id: UUID
    finding_id: UUID
    county_code: str
    what: str
    path: str
    as_of: date
    known_at: datetime
    ledger_position: int
    sha256: str
    size_bytes: int
    total_fen: int | None = None
    unexplained_fen: int | None = None
