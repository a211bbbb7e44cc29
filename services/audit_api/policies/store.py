"""Policy values in SQL, as treasury values. Numbers of law are public: no filter, whoever reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window, date_in
from services.audit_api.missing import Missing
from services.audit_api.tables import PolicyValueRow
from treasury.policy import NATION, Basis, NoSuchRef, PolicyRef, PolicyValue, known_by, last_editions

_COUNTS = or_(PolicyValueRow.set_by.is_(None), PolicyValueRow.confirmed_by.is_not(None))
_PLACE = (PolicyValueRow.key, PolicyValueRow.region_code, PolicyValueRow.valid_from, PolicyValueRow.edition)
_DIGITS = (2, 4, 6, 9, 12)


async def values(
    session: AsyncSession, *prefixes: str, region: str | None = None, known_at: datetime | None = None
) -> list[PolicyValue]:
    """The last edition of every value whose key starts with one of `prefixes` (all, when none is given) by an instant.

    Without an instant all that count now. A value belongs to no county's journal, so it is known since an instant. With
    a region only what is heard there: its own values and those of the levels above.
    """
    query = select(PolicyValueRow).where(_COUNTS).order_by(*_PLACE)
    if prefixes:
        query = query.where(or_(*(PolicyValueRow.key.startswith(one, autoescape=True) for one in prefixes)))
    if region is not None:
        heard = [NATION, *(region[:n] for n in _DIGITS if n <= len(region))]
        query = query.where(PolicyValueRow.region_code.in_(heard))
    rows = (await session.scalars(query)).all()
    return last_editions(known_by((told(row) for row in rows), known_at))


async def exact(session: AsyncSession, ref: PolicyRef | str) -> PolicyValue:
    """The edition that `ref` names, however old; `Missing` for one that never counted."""
    found = await versions(session, [ref])
    if str(ref) not in found:
        raise Missing("政策数值", str(ref))
    return found[str(ref)]


async def versions(session: AsyncSession, refs: Iterable[PolicyRef | str]) -> dict[str, PolicyValue]:
    """The editions that these references name, by reference; those that never counted are left out."""
    places = []
    for one in refs:
        try:
            ref = one if isinstance(one, PolicyRef) else PolicyRef.read(one)
        except NoSuchRef:
            continue
        places.append((ref.key, ref.region, ref.valid_from, ref.edition))
    if not places:
        return {}
    rows = await session.scalars(select(PolicyValueRow).where(_COUNTS, tuple_(*_PLACE).in_(places)))
    return {str(value.ref): value for value in map(told, rows)}


def told(row: PolicyValueRow) -> PolicyValue:
    """A row as a value; one that waits or was withdrawn too, though it is known since no instant."""
    return PolicyValue(
        row.key,
        row.region_code,
        row.valid_from,
        row.value,
        row.source,
        Basis(row.basis),
        row.edition,
        row.valid_to,
        row.recorded_at if row.set_by is None else row.confirmed_at,
    )


async def hold(session: AsyncSession, key: str, region: str) -> None:
    """Let nobody else set or answer values of the key in the region until this transaction ends."""
    await session.execute(text("SELECT audit.hold_policy(:key, :region)"), {"key": key, "region": region})


async def editions(session: AsyncSession, key: str, region: str) -> Sequence[PolicyValueRow]:
    """Every edition of a key that the region recorded, by first day and edition: what waits and was withdrawn too."""
    query = select(PolicyValueRow).where(PolicyValueRow.key == key, PolicyValueRow.region_code == region)
    return (await session.scalars(query.order_by(*_PLACE).execution_options(populate_existing=True))).all()


async def waiting(session: AsyncSession, region: str, window: Window) -> Sequence[PolicyValueRow]:
    """What a region set and nobody confirmed or withdrew yet, by key and first day; a page and one row more."""
    query = (
        select(PolicyValueRow)
        .where(
            PolicyValueRow.region_code == region,
            PolicyValueRow.set_by.is_not(None),
            PolicyValueRow.confirmed_by.is_(None),
            PolicyValueRow.withdrawn_by.is_(None),
        )
        .order_by(PolicyValueRow.key, PolicyValueRow.valid_from)
        .limit(window.limit + 1)
    )
    if after := window.key(str, date_in):
        query = query.where(tuple_(PolicyValueRow.key, PolicyValueRow.valid_from) > tuple_(*after))
    return (await session.scalars(query)).all()


async def record(session: AsyncSession, row: Mapping[str, Any]) -> PolicyValueRow:
    """Insert an edition, numbered by the database; its key and region are held."""
    return (await session.scalars(insert(PolicyValueRow).values(row).returning(PolicyValueRow))).one()


async def answer(session: AsyncSession, row: PolicyValueRow, said: Mapping[str, Any]) -> PolicyValueRow:
    """Write who confirmed or withdrew a waiting edition; the database refuses to do either twice."""
    place: list[ColumnElement[bool]] = [column == getattr(row, column.key) for column in _PLACE]
    query = update(PolicyValueRow).where(*place).values(said).returning(PolicyValueRow)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()
