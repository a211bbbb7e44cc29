"""One head for a household with people, on every day and not only now. Reads histories, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.households import history, store
from services.funds_api.households.history import Fact
from services.funds_api.households.refusals import HeadNeeded
from services.funds_api.households.schemas import Role

Belongs = tuple[UUID, Role] | None
Chains = Mapping[UUID, Mapping[date, Belongs]]


async def recorded(
    tx: AsyncSession, county: str, household: UUID, people: Mapping[UUID, object]
) -> dict[UUID, list[Fact[Belongs]]]:
    """What these people, and all who ever were in the household, belonged to, each as facts."""
    found: dict[UUID, list[Fact[Belongs]]] = {}
    for row, at, document in await store.histories(tx, county, household, list(people)):
        value = None if row.household_id is None else (row.household_id, Role(row.role))
        found.setdefault(row.person_id, []).append(Fact(row.from_on, at, document, value))
    return found


def laid(own: list[Fact[Belongs]]) -> dict[date, Belongs]:
    """Facts as the days from which each value holds."""
    return {one.from_on: one.fact.value for one in history.intervals(own)}


def must_have_heads(household: UUID, chains: Chains, since: date) -> None:
    """Refuse a household that on some day from `since` on had people and not exactly one head."""
    for day in sorted({since, *(day for chain in chains.values() for day in chain if day > since)}):
        there = [history.last_of(chain, day, None) for chain in chains.values()]
        roles = [one[1] for one in there if one is not None and one[0] == household]
        if roles and roles.count(Role.HEAD) != 1:
            raise HeadNeeded(str(household))


async def must_keep_heads(
    tx: AsyncSession, county: str, household: UUID, on: date, changes: Mapping[UUID, Belongs]
) -> None:
    """Refuse what would begin on that day for these people, if some day from then on has no head or two."""
    chains = {one: laid(own) for one, own in (await recorded(tx, county, household, changes)).items()}
    for person, value in changes.items():
        chains[person] = {**chains.get(person, {}), on: value}
    must_have_heads(household, chains, on)
