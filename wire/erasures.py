"""Events of words that were taken out because they named a person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wire.fact import Fact


class ErasureAsked(Fact):
    """Which fields of which thing; `version_hash` names the words with a salt that goes with them."""

    erasure_id: UUID
    county_code: str
    what: str
    row_id: UUID
    fields: list[str]
    basis: str
    texts_n: int
    version_hash: str
    asked_on: date


class ErasureDecided(Fact):
    """Agreed: the words are gone, also from the answers that `events_n` earlier events kept for retries."""

    erasure_id: UUID
    county_code: str
    version_hash: str
    decision: str
    decided_on: date
    events_n: int
    text_sha256: str
