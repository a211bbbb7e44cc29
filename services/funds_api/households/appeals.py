"""How long a removal (清退) may be appealed: a policy value, without which there is no limit. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.households.refusals import AppealTooLong
from services.funds_api.policies import store as policies
from treasury.policy import in_force

LONGEST: Final = "removal_appeal_days"


async def must_be_of_use(tx: AsyncSession, county: str, removals: Iterable[tuple[date, date | None]]) -> None:
    """Refuse with `AppealTooLong` a time to appeal (removed on, appeal until) longer than the county's longest."""
    timed = [(on, until) for on, until in removals if until is not None]
    values = await policies.values(tx, LONGEST, region=county) if timed else []
    for on, until in timed:
        longest = in_force(values, LONGEST, county, on)
        if longest is not None and until > (latest := on + timedelta(days=longest.number)):
            raise AppealTooLong(until, latest, longest.number, longest.source)
