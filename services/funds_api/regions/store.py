"""Regions in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.regions.lists import Place
from services.funds_api.tables import RegionChangeRow, RegionFormerRow, RegionLinkRow, RegionRow

MAX_GENERATIONS = 20


def place_of(row: RegionRow) -> Place:
    return Place(row.code, row.name, row.level, row.parent_code, row.listed_year, row.valid_from, row.valid_to)


def valid_on(on: date) -> ColumnElement[bool]:
    """Whether a region row holds on that day."""
    return or_(RegionRow.valid_from.is_(None), RegionRow.valid_from <= on) & or_(
        RegionRow.valid_to.is_(None), RegionRow.valid_to > on
    )


async def known(
    tx: AsyncSession, codes: Iterable[str], scopes: Iterable[str] = (), *, lock: bool = False
) -> list[Place]:
    """The divisions of these codes, and those of `scopes` with everything below; with `lock`, until the commit."""
    ranges = [(RegionRow.code >= scope) & (RegionRow.code < scope + "~") for scope in scopes]
    query = select(RegionRow).where(or_(RegionRow.code.in_(list(codes)), *ranges)).order_by(RegionRow.code)
    rows = await tx.scalars(query.with_for_update() if lock else query)
    return [place_of(row) for row in rows]


async def record(tx: AsyncSession, places: Sequence[Place]) -> None:
    """Insert the divisions; one that is known takes the new name, level, parent and year."""
    if not places:
        return
    new = postgresql.insert(RegionRow).values([asdict(place) for place in places])
    changed = {name: new.excluded[name] for name in ("name", "level", "parent_code", "listed_year")}
    await tx.execute(new.on_conflict_do_update(index_elements=["code"], set_=changed))


async def keep_former(tx: AsyncSession, places: Sequence[Place], until: date) -> None:
    """Keep what the codes meant until the day before `until`; the first telling of a day stands."""
    if not places:
        return
    rows = [
        {"code": one.code, "valid_to": until, "name": one.name, "level": one.level, "parent_code": one.parent_code,
         "listed_year": one.listed_year}
        for one in places
    ]  # fmt: skip
    await tx.execute(postgresql.insert(RegionFormerRow).values(rows).on_conflict_do_nothing())


async def close(tx: AsyncSession, codes: Sequence[str], on: date) -> None:
    """The codes no longer hold from `on` on."""
    if codes:
        await tx.execute(update(RegionRow).where(RegionRow.code.in_(codes)).values(valid_to=on))


async def record_change(tx: AsyncSession, row: dict[str, Any], links: Sequence[tuple[str, str]]) -> RegionChangeRow:
    found = (await tx.scalars(insert(RegionChangeRow).returning(RegionChangeRow), row)).one()
    await tx.execute(
        insert(RegionLinkRow), [{"change_id": row["id"], "from_code": one, "to_code": other} for one, other in links]
    )
    return found


async def page(tx: AsyncSession, parent: str | None, on: date, window: Window) -> Sequence[RegionRow]:
    """Children of `parent` (or the whole list) that hold on that day, by code, one more than the page holds."""
    query = select(RegionRow).where(valid_on(on)).order_by(RegionRow.code).limit(window.limit + 1)
    if parent is not None:
        query = query.where(RegionRow.parent_code == parent)
    if after := window.key(str):
        query = query.where(RegionRow.code > after[0])
    return (await tx.scalars(query)).all()


async def former(tx: AsyncSession, codes: Sequence[str], since: date | None = None) -> Sequence[RegionFormerRow]:
    """What the codes meant before, by code and day; with `since`, only what still held on that day."""
    query = select(RegionFormerRow).where(RegionFormerRow.code.in_(codes))
    if since is not None:
        query = query.where(RegionFormerRow.valid_to > since)
    return (await tx.scalars(query.order_by(RegionFormerRow.code, RegionFormerRow.valid_to))).all()


# What region `r` was called on the day `:as_of`; one that did not hold then has the name nearest in time.
NAME_ON: Final = """coalesce((SELECT f.name FROM funds.region_former f WHERE f.code = r.code AND f.valid_to > :as_of
                                ORDER BY f.valid_to LIMIT 1), r.name)"""


async def names_on(tx: AsyncSession, codes: Collection[str], on: date) -> dict[str, str]:
    """What each of the codes was called on that day."""
    rows = await tx.execute(
        text(f"SELECT r.code, {NAME_ON} AS name FROM funds.region r WHERE r.code = ANY(:codes)"),
        {"codes": list(codes), "as_of": on},
    )
    return {row.code: row.name for row in rows}


async def passages(tx: AsyncSession, *, into: Sequence[str] = (), out_of: Sequence[str] = ()) -> list[Any]:
    """Links into or out of the codes with their change (id, kind, document, effective_on), by day and code."""
    change = RegionChangeRow
    query = (
        select(
            RegionLinkRow.from_code, RegionLinkRow.to_code, change.id, change.kind, change.document, change.effective_on
        )
        .join(change, change.id == RegionLinkRow.change_id)
        .where(or_(RegionLinkRow.to_code.in_(into), RegionLinkRow.from_code.in_(out_of)))
        .order_by(change.effective_on, RegionLinkRow.from_code, RegionLinkRow.to_code)
    )
    return list((await tx.execute(query)).all())


async def relatives(tx: AsyncSession, code: str, *, back: bool) -> tuple[dict[str, int], list[Any]]:
    """Every code this one came from (`back`) or went into, with the number of changes between, and the passages."""
    seen, walked, frontier = {code: 0}, dict[tuple[UUID, str, str], Any](), [code]
    for generation in range(1, MAX_GENERATIONS + 1):
        found = await (passages(tx, into=frontier) if back else passages(tx, out_of=frontier))
        walked |= {(one.id, one.from_code, one.to_code): one for one in found}
        reached = {one.from_code if back else one.to_code for one in found}
        frontier = sorted(reached - seen.keys())
        seen |= dict.fromkeys(frontier, generation)
        if not frontier:
            break
    del seen[code]
    return seen, list(walked.values())


async def with_predecessors(tx: AsyncSession, code: str) -> list[str]:
    """The code and every code it came from."""
    seen, _ = await relatives(tx, code, back=True)
    return [code, *sorted(seen)]
