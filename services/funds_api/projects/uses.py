"""What a payment is for when its order does not say: what the project is for that pays it, if that is one use.

Only derives; what a payment must name, and what follows when nothing is named, the terms of its fund say.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.funds.judge import MANAGEMENT_FEE
from services.funds_api.lots.schemas import OutOrder
from services.funds_api.lots.store import whole_county
from services.funds_api.projects import store
from services.funds_api.projects.schemas import ProjectKind

# The programmes of a county by the list of uses. Assumed where the list has no word of its own: water, farmland and
# photovoltaics; what is for ecology or for other things is said by whoever pays.
USE_OF: Final[dict[ProjectKind, str]] = {
    ProjectKind.INDUSTRY: "production",
    ProjectKind.INFRASTRUCTURE: "infrastructure",
    ProjectKind.EDUCATION: "education",
    ProjectKind.HEALTH: "health",
    ProjectKind.RELOCATION: "relocation",
    ProjectKind.HOUSING: "house_repair",
    ProjectKind.PUBLIC_POSTS: "public_post",
    ProjectKind.LOAN_INTEREST: "interest_subsidy",
    ProjectKind.DRINKING_WATER: "infrastructure",
    ProjectKind.FARMLAND: "infrastructure",
    ProjectKind.PHOTOVOLTAIC: "production",
    ProjectKind.MANAGEMENT_FEE: MANAGEMENT_FEE,
}


async def of_payment(tx: AsyncSession, who: Principal, county: str, order: OutOrder) -> str | None:
    """The use that an order to pay has on its day; None when no project says it, or several say others.

    Of a deposit (质保金) the projects are asked for whose contracts with its payees it keeps money.
    """
    payees = [line.to_account_id for line in order.lines]
    return await _of_account(tx, who, county, order.from_account_id, order.effective_on, payees, order.contract_id)


async def of_roster(tx: AsyncSession, who: Principal, county: str, account: UUID, on: date) -> str | None:
    """The same for a payment to households, who are paid no management fee."""
    use = await _of_account(tx, who, county, account, on)
    return use if use != MANAGEMENT_FEE else None


async def _of_account(
    tx: AsyncSession,
    who: Principal,
    county: str,
    account: UUID,
    on: date,
    payees: Collection[UUID] = (),
    contract: UUID | None = None,
) -> str | None:
    async with whole_county(tx, who, county):
        kinds = await store.kinds_paid_from(tx, county, account, on, payees, contract)
    found = {USE_OF.get(ProjectKind(kind)) for kind in kinds}
    return found.pop() if len(found) == 1 else None
