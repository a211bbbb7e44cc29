"""What an engagement looks at: a finding that was made in it is about its places and its funds.

A finding says where it is and of which funds by the alerts that it was made of, and by the region it names; what says
neither is held to neither. An engagement without funds is about every one.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.engagements import store
from services.audit_api.engagements.refusals import FindingOutsideScope


def outside(named: Collection[str], regions: Collection[str]) -> list[str]:
    """The places among `named` that lie in none of `regions`, sorted; a place lies in itself."""
    return sorted({one for one in named if not any(one.startswith(region) for region in regions)})


def must_be_looked_at(
    finding: str,
    places: Collection[str],
    funds: Collection[str],
    in_regions: Collection[str],
    of_funds: Collection[str],
) -> None:
    """Refuse a finding about a place or a fund that the engagement does not look at."""
    if strange := outside(places, in_regions):
        raise FindingOutsideScope(finding, "区划", strange, sorted(in_regions))
    if of_funds and (other := sorted(set(funds) - set(of_funds))):
        raise FindingOutsideScope(finding, "资金", other, sorted(of_funds))


async def must_be_in_scope(
    tx: AsyncSession, county: str, engagement: UUID, finding: UUID, alerts: Collection[UUID], about: str | None
) -> None:
    """Refuse a finding made in an engagement that is about a place or a fund which that does not look at."""
    regions, funds = await store.scope_of(tx, county, engagement)
    places, of_funds = await store.alerted_at(tx, county, alerts)
    must_be_looked_at(str(finding), places | ({about} if about else set()), of_funds, regions, funds)
