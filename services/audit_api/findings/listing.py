"""Which findings a list holds, in which order: searched along narrow rows, one per version, at any position.

Words are searched by a function of the database that tells ids and sort keys (`migrations/findings_listed_v2.py`), all
else under row-level security. Both judge by the version known then, as the page of a finding does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, collate, exists, func, literal, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from chassis.identity import Principal
from chassis.pages import BadMark, Window, whole
from services.audit_api.access import visible_to
from services.audit_api.findings.states import FindingStatus
from services.audit_api.tables import (
    EngagementFindingRow,
    EngagementRow,
    FindingFactRow,
    FindingListedRow,
    FindingRow,
    FindingVersionRow,
)

EPOCH: Final = date(1900, 1, 1)  # days of sort keys are counted from here


class Sort(StrEnum):
    """oldest: 先登记的在前; newest: 后登记的在前; amount: 金额大的在前; found_on: 发现日期近的在前."""

    OLDEST = "oldest"
    NEWEST = "newest"
    AMOUNT = "amount"
    FOUND_ON = "found_on"


@dataclass(frozen=True, slots=True)
class Search:
    """Which findings are asked for; what is None does not matter. Every one of `words` has to occur.

    `engagement` asks for what was named, by `as_of`, in it or in one of its parts.
    """

    status: str | None = None
    class_code: str | None = None
    about: str | None = None
    report: UUID | None = None
    at_least_fen: int | None = None
    at_most_fen: int | None = None
    words: tuple[str, ...] = ()
    engagement: UUID | None = None
    as_of: date = date.max

    def conditions(self, county: str, position: int) -> list[ColumnElement[bool]]:
        row, found = FindingListedRow, list[ColumnElement[bool]]()
        if self.status is not None:
            found.append(_status_at(position) == self.status)
        if self.class_code is not None:
            found.append(row.class_code == self.class_code)
        if self.about is not None:
            found.append(and_(row.about_region >= self.about, row.about_region < f"{self.about}~"))
        if self.report is not None:
            found.append(row.report_id == self.report)
        if self.at_least_fen is not None:
            found.append(row.amount_fen >= max(self.at_least_fen, 1))
        if self.at_most_fen is not None:
            found.append(row.amount_fen.between(1, self.at_most_fen))
        if self.engagement is not None:
            found.append(_made_in(county, self.engagement, self.as_of, position))
            found += [_says(word) for word in self.words]
        return found


def _made_in(county: str, engagement: UUID, as_of: date, position: int) -> ColumnElement[bool]:
    """Named by a day, as known at a position, in an engagement or in one of its parts."""
    named, part = EngagementFindingRow, EngagementRow
    parts = select(part.id).where(part.county_code == county, part.part_of == engagement)
    ids = select(named.finding_id).where(
        named.county_code == county,
        or_(named.engagement_id == engagement, named.engagement_id.in_(parts)),
        named.named_on <= as_of,
        named.position <= position,
    )
    return FindingListedRow.finding_id.in_(ids)


def _says(word: str) -> ColumnElement[bool]:
    """Whether a version says a word in one of its texts: for the few findings of an engagement, without an index."""
    row, version, fact = FindingListedRow, FindingVersionRow, FindingFactRow
    wanted = func.lower(collate(literal(word), "C"))

    def has(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return func.strpos(func.lower(collate(column, "C")), wanted) > 0

    def same(of: type[FindingVersionRow | FindingFactRow]) -> ColumnElement[bool]:
        key = (of.county_code == row.county_code, of.finding_id == row.finding_id, of.version_no == row.version_no)
        return and_(*key)

    in_version = exists().where(same(version), or_(has(version.title), has(version.facts)))
    return or_(in_version, exists().where(same(fact), has(fact.what)))


def _status_at(position: int) -> ColumnElement[str]:
    row = FindingListedRow
    return case(
        (row.closed_position <= position, FindingStatus.CLOSED.value),
        (row.ordered_position <= position, FindingStatus.ORDERED.value),
        (row.confirmed_position <= position, FindingStatus.OPEN.value),
        else_=FindingStatus.DRAFT.value,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding in its place in the list."""

    id: UUID
    sort_key: int

    def mark(self, sort: Sort) -> tuple[object, ...]:
        """What marks this place; a mark of one order is none in another."""
        return (self.id,) if sort is Sort.OLDEST else (sort, self.sort_key, self.id)


def _after(window: Window, sort: Sort) -> Listed | None:
    if sort is Sort.OLDEST:
        key = window.key(UUID)
        return Listed(key[0], 0) if key else None
    key = window.key(Sort, whole, UUID)
    if key and key[0] is not sort:
        raise BadMark
    return Listed(key[2], key[1]) if key else None


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    search: Search,
    sort: Sort = Sort.OLDEST,
    *,
    position: int,
) -> list[Listed]:
    """Visible findings of a county that fit by what was known at `position`, in order, one more than a page holds."""
    after, limit = _after(window, sort), window.limit + 1
    if search.words and search.engagement is None:
        return await _saying(session, county, search, sort, after, limit, position)
    row = FindingListedRow
    query = select(row.finding_id, row.amount_fen, row.found_on).where(
        row.county_code == county,
        visible_to(who, row.region_code),
        row.position <= position,
        or_(row.until_position.is_(None), row.until_position > position),
        *search.conditions(county, position),
    )
    if sort is Sort.OLDEST:
        query = query.order_by(row.finding_id)
        if after is not None:
            query = query.where(row.finding_id > after.id)
    else:
        columns = [*_SORTED_BY[sort], row.finding_id]
        query = query.order_by(*(column.desc() for column in columns))
        if after is not None:
            query = query.where(tuple_(*columns) < tuple_(*_bounds(sort, after)))
    found = await session.execute(query.limit(limit))
    return [Listed(finding, _sort_key(sort, fen, on)) for finding, fen, on in found]


_SORTED_BY: Final[dict[Sort, list[InstrumentedAttribute[Any]]]] = {
    Sort.NEWEST: [],
    Sort.AMOUNT: [FindingListedRow.amount_fen],
    Sort.FOUND_ON: [FindingListedRow.found_on],
}


def _bounds(sort: Sort, after: Listed) -> list[ColumnElement[Any]]:
    """The values in the columns of the order at the last place seen."""
    match sort:
        case Sort.AMOUNT:
            return [literal(after.sort_key), literal(after.id)]
        case Sort.FOUND_ON:
            return [literal(EPOCH + timedelta(days=after.sort_key)), literal(after.id)]
        case _:
            return [literal(after.id)]


def _sort_key(sort: Sort, amount_fen: int, found_on: date) -> int:
    match sort:
        case Sort.AMOUNT:
            return amount_fen
        case Sort.FOUND_ON:
            return (found_on - EPOCH).days
        case _:
            return 0


async def _saying(
    session: AsyncSession,
    county: str,
    search: Search,
    sort: Sort,
    after: Listed | None,
    limit: int,
    position: int,
) -> list[Listed]:
    found = await session.execute(
        _SAYING,
        {
            **asdict(search),
            "words": list(search.words),
            "county": county,
            "position": position,
            "sort": sort.value,
            "after_key": after and after.sort_key,
            "after": after and after.id,
            "limit": limit,
        },
    )
    return [Listed(finding, key) for finding, key in found]


_SAYING: Final = text(
    "SELECT finding_id, sort_key FROM audit.findings_saying(:county, :words, :position, :status, :class_code, :about,"
    " :report, :at_least_fen, :at_most_fen, :sort, :after_key, :after, :limit)"
)


async def rows_of(session: AsyncSession, county: str, listed: Sequence[Listed]) -> list[FindingRow]:
    """The findings of a page, in its order."""
    ids = [one.id for one in listed]
    rows = await session.scalars(select(FindingRow).where(FindingRow.county_code == county, FindingRow.id.in_(ids)))
    found = {row.id: row for row in rows}
    return [found[one] for one in ids if one in found]
