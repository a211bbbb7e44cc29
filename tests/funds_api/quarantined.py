"""Findings and quarantines as the inspectors' feed tells them, applied by the effects themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx

from chassis.feed import Envelope
from services.funds_api.effects import apply
from tests.funds_api.asked import database
from wire.audit import FindingOpened, LotBound
from wire.quarantines import LotQuarantined, QuarantineOrdered, QuarantineReleased

DOCUMENT = "县纪封存〔2017〕9号"


async def finding(http: httpx.AsyncClient, county: str, lots: dict[str, int]) -> UUID:
    """A finding that is bound to these fen; its id."""
    event = FindingOpened(
        finding_id=uuid4(),
        county_code=county,
        class_code="F01",
        found_on=date(2017, 5, 1),
        amount_fen=sum(lots.values()),
        alert_ids=[],
        lots=[LotBound(lot_id=UUID(lot), bound_fen=fen) for lot, fen in lots.items()],
        text_sha256="0" * 64,
    )
    await _tell(http, event)
    return event.finding_id


async def quarantine(http: httpx.AsyncClient, county: str, lots: dict[str, int], of: UUID | None = None) -> UUID:
    """Keep these fen (of a finding, or of one that nobody knows); the quarantine's id."""
    event = QuarantineOrdered(
        quarantine_id=uuid4(),
        finding_id=of or uuid4(),
        county_code=county,
        lots=[LotQuarantined(lot_id=UUID(lot), amount_fen=fen) for lot, fen in lots.items()],
        document=DOCUMENT,
        on=date(2017, 5, 1),
    )
    await _tell(http, event)
    return event.quarantine_id


async def release(http: httpx.AsyncClient, county: str, quarantine_id: UUID) -> None:
    """Let go what a quarantine keeps."""
    event = QuarantineReleased(
        quarantine_id=quarantine_id,
        finding_id=uuid4(),
        county_code=county,
        lots=[],
        document="县纪解封〔2017〕9号",
        on=date(2017, 5, 2),
    )
    await _tell(http, event)


async def _tell(http: httpx.AsyncClient, event: FindingOpened | QuarantineOrdered | QuarantineReleased) -> None:
    envelope = Envelope(
        stream=event.county_code,
        position=1,
        id=uuid4(),
        kind=type(event).__name__,
        body=event.model_dump(mode="json"),
        actor="web/inspector",
        request_id="r",
        recorded_at=datetime(2017, 5, 2, tzinfo=UTC),
        hash="00" * 32,
    )
    async with database(http).writing(event.county_code) as tx:
        await apply(tx, envelope)
