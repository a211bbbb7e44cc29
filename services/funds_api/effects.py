"""What an event of the inspectors' feed does here, by its kind. A kind unknown here does nothing: the feed may grow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from services.funds_api.outcomes.followed import (
    alert_dismissed,
    finding_opened,
    lock_flags,
    rectification_measured,
)
from services.funds_api.quarantines.service import ordered, released
from services.funds_api.recoveries import service as recoveries

Effect = Callable[[AsyncSession, Envelope], Awaitable[None]]


async def _finding(tx: AsyncSession, envelope: Envelope) -> None:
    await lock_flags(tx, envelope)
    await recoveries.finding_opened(tx, envelope)
    await finding_opened(tx, envelope)


EFFECTS: Final[Mapping[str, Effect]] = {
    "AlertDismissed": alert_dismissed,
    "FindingOpened": _finding,
    "QuarantineOrdered": ordered,
    "QuarantineReleased": released,
    "RectificationMeasured": rectification_measured,
}


async def apply(tx: AsyncSession, envelope: Envelope) -> None:
    """Do what the event asks for, in the transaction that also moves the cursor."""
    effect = EFFECTS.get(envelope.kind)
    if effect is not None:
        await effect(tx, envelope)
