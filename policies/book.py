"""A policy book: the dated numbers of one service in SQL, as treasury values. They are public: no filter, for anybody.

Each service that judges by such numbers keeps a book of its own, in its own schema and with its own catalogue of keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from chassis.missing import Missing
from chassis.pages import Window, date_in
from policies.tables import PolicyValueTable
from treasury.policy import Basis, NoSuchRef, PolicyRef, PolicyValue, heard_in, known_by, last_editions
from treasury.policy_keys import Keys


async def _anywhere(_session: AsyncSession, _region: str) -> None:
    """A service that registers no regions takes the one that the caller's token names."""


@dataclass(frozen=True)
class PolicyBook:
    """The book of a service: its schema, its rows there, its catalogue of keys, and which regions there are."""

    schema: str
    rows: type[PolicyValueTable]
    keys: Keys
    must_be_region: Callable[[AsyncSession, str], Awaitable[None]] = _anywhere

    async def values(
        self, session: AsyncSession, *prefixes: str, region: str | None = None, known_at: datetime | None = None
    ) -> list[PolicyValue]:
        """The last edition, by an instant, of every value whose key starts with one of `prefixes` (or of all).

        Without an instant all that count now. A value belongs to no county's journal, so it is known since an instant.
        With a region only what is heard there: its own values and those of the levels above.
        """
        query = select(self.rows).where(self._counts).order_by(*self._place)
        if prefixes:
            query = query.where(or_(*(self.rows.key.startswith(one, autoescape=True) for one in prefixes)))
        if region is not None:
            query = query.where(self.rows.region_code.in_(heard_in(region)))
        rows = (await session.scalars(query)).all()
        return last_editions(known_by((told(row) for row in rows), known_at))

    async def exact(self, session: AsyncSession, ref: PolicyRef | str) -> PolicyValue:
        """The edition that `ref` names, however old; `Missing` for one that never counted."""
        found = await self.versions(session, [ref])
        if str(ref) not in found:
            raise Missing("政策数值", str(ref))
        return found[str(ref)]

    async def versions(self, session: AsyncSession, refs: Iterable[PolicyRef | str]) -> dict[str, PolicyValue]:
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
        rows = await session.scalars(select(self.rows).where(self._counts, tuple_(*self._place).in_(places)))
        return {str(value.ref): value for value in map(told, rows)}

    async def hold(self, session: AsyncSession, key: str, region: str) -> None:
        """Let nobody else set or answer values of the key in the region until this transaction ends."""
        await session.execute(text(f"SELECT {self.schema}.hold_policy(:key, :region)"), {"key": key, "region": region})

    async def editions(self, session: AsyncSession, key: str, region: str) -> Sequence[PolicyValueTable]:
        """All that the region recorded for a key, by first day and edition: what waits and was withdrawn too."""
        query = select(self.rows).where(self.rows.key == key, self.rows.region_code == region)
        return (await session.scalars(query.order_by(*self._place).execution_options(populate_existing=True))).all()

    async def waiting(self, session: AsyncSession, region: str, window: Window) -> Sequence[PolicyValueTable]:
        """What a region set and nobody confirmed or withdrew yet, by key and first day; a page and one row more."""
        query = (
            select(self.rows)
            .where(
                self.rows.region_code == region,
                self.rows.set_by.is_not(None),
                self.rows.confirmed_by.is_(None),
                self.rows.withdrawn_by.is_(None),
            )
            .order_by(self.rows.key, self.rows.valid_from)
            .limit(window.limit + 1)
        )
        if after := window.key(str, date_in):
            query = query.where(tuple_(self.rows.key, self.rows.valid_from) > tuple_(*after))
        return (await session.scalars(query)).all()

    async def record(self, session: AsyncSession, row: Mapping[str, Any]) -> PolicyValueTable:
        """Insert an edition, numbered by the database; its key and region are held."""
        return (await session.scalars(insert(self.rows).values(row).returning(self.rows))).one()

    async def answer(self, session: AsyncSession, row: PolicyValueTable, said: Mapping[str, Any]) -> PolicyValueTable:
        """Write who confirmed or withdrew a waiting edition; the database refuses to do either twice."""
        place: list[ColumnElement[bool]] = [column == getattr(row, column.key) for column in self._place]
        query = update(self.rows).where(*place).values(said).returning(self.rows)
        return (await session.scalars(query.execution_options(populate_existing=True))).one()

    @property
    def _counts(self) -> ColumnElement[bool]:
        """What came with a release, and what a second person confirmed."""
        return or_(self.rows.set_by.is_(None), self.rows.confirmed_by.is_not(None))

    @property
    def _place(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """Where an edition stands in the book."""
        return (self.rows.key, self.rows.region_code, self.rows.valid_from, self.rows.edition)


def told(row: PolicyValueTable) -> PolicyValue:
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
