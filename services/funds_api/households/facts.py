"""Writing facts of the register: a fact is inserted, and the newest state beside it follows. No fact is ever edited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.funds_api.tables import HouseholdRow, MembershipRow, PersonRow, ResidenceRow, StandingRow


async def act(tx: AsyncSession, county: str, act_id: UUID, kind: str, document: str, on: date, actor: str) -> int:
    """Give the act its place in the county's journal, which waits from here to the commit. Call it after the facts."""
    found: int = await tx.scalar(
        text("SELECT funds.record_registry_act(:county, :id, :kind, :document, :on, :actor)"),
        {"county": county, "id": act_id, "kind": kind, "document": document, "on": on, "actor": actor},
    ) or 0  # fmt: skip
    return found


async def correction(
    tx: AsyncSession, county: str, act_id: UUID, document: str, on: date, actor: str, household: UUID, reason: str
) -> int:
    """The same for a correction of a household's history, which says why."""
    found: int = await tx.scalar(
        text("SELECT funds.record_correction(:county, :id, :document, :on, :actor, :household, :reason)"),
        {
            "county": county,
            "id": act_id,
            "document": document,
            "on": on,
            "actor": actor,
            "household": household,
            "reason": reason,
        },
    ) or 0  # fmt: skip
    return found


async def append(tx: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Facts of any days, without what follows from them: a correction sets the newest state beside."""
    if rows:
        await tx.execute(insert(table), list(rows))


async def set_people(tx: AsyncSession, county: str, newest: Sequence[dict[str, Any]]) -> None:
    """The newest state of these people (id, household_id, role, since_on, region_code); heads are written last."""
    for row in sorted(newest, key=lambda one: one["role"] == "head"):
        changed = {name: value for name, value in row.items() if name != "id"}
        await tx.execute(
            update(PersonRow)
            .where(PersonRow.county_code == county, PersonRow.id == row["id"])
            .values({**changed, "settled_on": None})
            .execution_options(synchronize_session=False)
        )


async def set_household(tx: AsyncSession, county: str, household: UUID, newest: dict[str, Any]) -> None:
    """The newest place and standing of a household; its people live where it lives."""
    if place := newest.get("region_code"):
        await tx.execute(
            update(PersonRow)
            .where(PersonRow.county_code == county, PersonRow.household_id == household)
            .values(region_code=place)
            .execution_options(synchronize_session=False)
        )
    await _change(tx, county, [household], newest or {"settled_on": HouseholdRow.settled_on})


async def found_household(tx: AsyncSession, row: dict[str, Any]) -> None:
    """A household that begins by an act other than a file."""
    await tx.execute(insert(HouseholdRow), row)


async def add_person(tx: AsyncSession, row: dict[str, Any]) -> bool:
    """A person nobody knew in the county, the membership is told beside; False if one of the token is there since."""
    new = postgresql.insert(PersonRow).values(row).on_conflict_do_nothing(index_elements=["county_code", "token"])
    return (await tx.scalars(new.returning(PersonRow.id))).one_or_none() is not None


async def belong(
    tx: AsyncSession,
    county: str,
    act_id: UUID,
    on: date,
    reason: str,
    people: Sequence[tuple[UUID, str | None]],
    household: UUID | None,
    region: str,
) -> None:
    """From `on` the people (id, role) belong to the household, or to none. Roles other than head are written first."""
    if not people:
        return
    fixed = {"county_code": county, "act_id": act_id, "from_on": on, "reason": reason, "region_code": region}
    await tx.execute(
        insert(MembershipRow),
        [{**fixed, "person_id": one, "household_id": household, "role": role} for one, role in people],
    )
    await _follow(tx, county, act_id, MembershipRow, "person_id", [one for one, _ in people])
    for role in sorted({role for _, role in people}, key=lambda one: one == "head"):
        await tx.execute(
            update(PersonRow)
            .where(PersonRow.county_code == county, PersonRow.id.in_([one for one, own in people if own == role]))
            .values(household_id=household, role=role, since_on=on, settled_on=None, region_code=region)
            .execution_options(synchronize_session=False)
        )
    if household is not None:
        await settle(tx, county, [household])


async def move(
    tx: AsyncSession, county: str, act_id: UUID, on: date, places: Sequence[tuple[UUID, str]], target: str | None
) -> None:
    """From `on` the households (id, place left) live in `target`, or outside the county; their people with them."""
    await tx.execute(
        insert(ResidenceRow),
        [
            {
                "county_code": county,
                "household_id": one,
                "from_on": on,
                "act_id": act_id,
                "region_code": target or left,
                "left_region": left,
                "outside": target is None,
            }
            for one, left in places
        ],
    )
    ids = [one for one, _ in places]
    await _follow(tx, county, act_id, ResidenceRow, "household_id", ids)
    changed = {"settled_on": _later(on), "outside": target is None}
    if target is not None:
        changed |= {"region_code": target}
        await tx.execute(
            update(PersonRow)
            .where(PersonRow.county_code == county, PersonRow.household_id.in_(ids))
            .values(region_code=target)
            .execution_options(synchronize_session=False)
        )
    await _change(tx, county, ids, changed)


async def stand(
    tx: AsyncSession,
    county: str,
    act_id: UUID,
    on: date,
    rows: Sequence[tuple[UUID, str, str, str]],
    appeal_until: date | None = None,
) -> None:
    """From `on` the households (id, place, standing, reason) stand so; a removed one is paid nothing from that day."""
    fixed = {"county_code": county, "act_id": act_id, "from_on": on, "appeal_until": appeal_until}
    await tx.execute(
        insert(StandingRow),
        [
            {**fixed, "household_id": one, "region_code": place, "standing": standing, "reason": reason}
            for one, place, standing, reason in rows
        ],
    )
    await _follow(tx, county, act_id, StandingRow, "household_id", [row[0] for row in rows])
    last = select(func.max(StandingRow.from_on)).where(
        StandingRow.county_code == county, StandingRow.act_id == act_id, StandingRow.household_id == HouseholdRow.id
    )
    for standing in sorted({row[2] for row in rows}):
        await _change(
            tx,
            county,
            [one for one, _, own, _ in rows if own == standing],
            {
                "standing": standing,
                "removed_on": last.scalar_subquery() if standing == "removed" else None,
                "settled_on": _later(on),
            },
        )


async def _follow(tx: AsyncSession, county: str, act_id: UUID, table: Any, of: str, ids: Collection[UUID]) -> None:
    """What an act says holds on: later facts that were corrected to have never been say the same from now on."""
    new, later = aliased(table), aliased(table)
    names = [column.name for column in table.__table__.columns]
    told = (
        select(*(later.from_on if name == "from_on" else getattr(new, name) for name in names))
        .distinct()
        .join(
            later,
            (later.county_code == new.county_code)
            & (getattr(later, of) == getattr(new, of))
            & (later.from_on > new.from_on),
        )
        .where(new.county_code == county, new.act_id == act_id, getattr(new, of).in_(ids))
    )
    await tx.execute(insert(table).from_select(names, told))


def _later(on: date) -> Any:
    return func.greatest(HouseholdRow.settled_on, on)


async def _change(tx: AsyncSession, county: str, ids: Collection[UUID], changed: dict[str, Any]) -> None:
    await tx.execute(
        update(HouseholdRow)
        .where(HouseholdRow.county_code == county, HouseholdRow.id.in_(ids))
        .values(changed)
        .execution_options(synchronize_session=False)
    )
    await settle(tx, county, ids)


async def settle(tx: AsyncSession, county: str, ids: Collection[UUID]) -> None:
    """Say of the people of these households from when on their newest state is all a payment has to know."""
    await tx.execute(
        text(
            "UPDATE funds.person p SET settled_on = CASE WHEN h.removed_on IS NULL AND NOT h.outside"
            " THEN greatest(p.since_on, h.settled_on) END FROM funds.household h"
            " WHERE p.county_code = :county AND h.county_code = :county AND h.id = p.household_id AND h.id = ANY(:ids)"
        ),
        {"county": county, "ids": list(ids)},
    )
