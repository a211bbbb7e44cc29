"""A quarantine as the inspectors' feed tells it, applied by the effect itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx

from chassis.feed import Envelope
from services.funds_api.effects import apply
from tests.funds_api.asked import database
from wire.quarantines import LotQuarantined, QuarantineOrdered, QuarantineReleased

DOCUMENT = "县纪封存〔2017〕9号"


async def quarantine(http: httpx.AsyncClient, county: str, lots: dict[str, int]) -> UUID:
    """Keep these fen; the quarantine's id."""
    event = QuarantineOrdered(
        quarantine_id=uuid4(),
        finding_id=uuid4(),
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


async def _tell(http: httpx.AsyncClient, event: QuarantineOrdered | QuarantineReleased) -> None:
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
