"""What an event of the funds feed does here, by its kind. A kind unknown here does nothing: the feed may grow.

An event that only counts (FlagsFound) finds what it counted staged: read from funds_api before the transaction began.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from services.audit_api.alerts.service import flag_decided, take_in, take_in_found
from services.audit_api.findings.measure import money_moved, order_moved, payment_returned, payments_disbursed
from services.audit_api.quarantines.service import money_quarantined, money_released

Effect = Callable[[AsyncSession, Envelope], Awaitable[None]]

FOUND: Final = "FlagsFound"
EFFECTS: Final[Mapping[str, Effect]] = {
    "FlagDecided": flag_decided,
    "FlagsRaised": take_in,
    FOUND: take_in_found,
    "MoneyMoved": money_moved,
    "MoneyQuarantined": money_quarantined,
    "MoneyReleased": money_released,
    "PaymentReturned": payment_returned,
    "PaymentsDisbursed": payments_disbursed,
    "TreasuryOrderIssued": order_moved,
    "TreasuryOrderSettled": order_moved,
}


async def apply(tx: AsyncSession, envelope: Envelope) -> None:
    """Do what the event asks for, in the transaction that also moves the cursor."""
    effect = EFFECTS.get(envelope.kind)
    if effect is not None:
        await effect(tx, envelope)
