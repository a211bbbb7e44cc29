"""Recording a version of a comparison list, and telling which versions are in force. Load, decide, record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.vault import Vault
from services.funds_api.comparisons import listfile, matching, store
from services.funds_api.comparisons.kinds import KINDS, ListKind
from services.funds_api.comparisons.refusals import ListKnown, ListOvertaken
from services.funds_api.comparisons.schemas import (
    ComparisonDetail,
    ComparisonList,
    ComparisonLists,
    ComparisonRecorded,
    ComparisonVersion,
    ListDescription,
)
from services.funds_api.lots import ledger
from services.funds_api.lots.refusals import DatedAhead
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.tables import ComparisonVersionRow
from wire.comparisons import ComparisonListRecorded


@dataclass(frozen=True, slots=True)
class Given:
    """Who gave a list, by which document, and the SHA-256 of the bytes that came."""

    source: str
    document: str
    sent_sha256: bytes


async def record(
    tx: AsyncSession, who: Principal, act: Act, vault: Vault, county: str, file: listfile.ComparisonList, given: Given
) -> ComparisonRecorded:
    """The list is in force from here on and replaces the one before; it is there with every entry, or not at all."""
    act = act.with_content(given.sent_sha256)
    await act.claim(tx, county)
    await allow_long_statements(tx)
    if file.list_on > (today := ledger.today()):
        raise DatedAhead(file.list_on, today, "名单日期")
    former = (await store.in_force(tx, who, county, EVERYTHING)).get(file.kind)
    if former is not None and former.file_sha256 == file.sha256:  # an earlier one may be put in force again
        raise ListKnown(file.kind, former.version_no, former.list_on)

    version, number = new_id(), await store.last_number(tx, county, file.kind) + 1
    row = {
        "county_code": county,
        "id": version,
        "kind": file.kind,
        "version_no": number,
        "list_on": file.list_on,
        "source": given.source,
        "document": given.document,
        "rows_n": file.entries.height,
        "file_sha256": file.sha256,
        "recorded_by": act.actor,
    }
    if not await store.add_version(tx, row):
        raise ListOvertaken(file.kind, number)
    await store.add_entries(tx, county, version, await to_thread.run_sync(_laid, file, vault))
    persons_n, uncompared_n = await store.people(tx, county)
    hits_n = await store.hits_of(tx, county, version)
    stands = await store.put_in_force(tx, county, version, persons_n, hits_n, uncompared_n)
    answer = ComparisonRecorded(
        version=version_of(stands),
        replaces_version_no=former.version_no if former else None,
        replaces_list_on=former.list_on if former else None,
    )
    event = ComparisonListRecorded(
        county_code=county,
        version_id=version,
        kind=file.kind,
        version_no=number,
        list_on=file.list_on,
        source=given.source,
        document=given.document,
        rows_n=file.entries.height,
        hits_n=hits_n,
        uncompared_n=uncompared_n,
        file_sha256=file.sha256.hex(),
    )
    await act.record(tx, county, event, answer)
    return answer


def _laid(file: listfile.ComparisonList, vault: Vault) -> list[list[Any]]:
    """The entries as columns of `store.add_entries`, each token under our own key as well."""
    columns = {name: file.entries[name].to_list() for name in file.entries.columns}
    for name in (listfile.TOKEN, "ref_token"):
        inner = [None if one is None else matching.from_letters(one) for one in columns[name]]
        outer = iter(matching.outer(vault, (one for one in inner if one is not None)))
        columns[name] = [None if one is None else next(outer) for one in inner]
    return list(columns.values())


async def lists(tx: AsyncSession, who: Principal, vault: Vault, county: str, moment: Moment) -> ComparisonLists:
    """Every kind with its version in force at the moment."""
    stand = await store.in_force(tx, who, county, moment.position)
    persons_n, uncompared_n = await store.people(tx, county)
    return ComparisonLists(
        **moment.shown,
        county_code=county,
        key_mark=matching.key_mark(matching.exchange_key(vault, county)),
        persons_n=persons_n,
        uncompared_n=uncompared_n,
        items=[_list(kind, stand.get(kind)) for kind in ListKind],
        empty_because=None if stand else "本县还没有登记比对名单",
    )


async def detail(tx: AsyncSession, who: Principal, county: str, kind: ListKind, moment: Moment) -> ComparisonDetail:
    """One kind, and who stands on its version in force at the moment, counted now."""
    await allow_long_statements(tx)
    stand = await store.in_force(tx, who, county, moment.position)
    persons_n, uncompared_n = await store.people(tx, county)
    hits_n, entries_n = await store.hits(tx, county, kind, moment.position)
    return ComparisonDetail(
        **moment.shown,
        county_code=county,
        comparison_list=_list(kind, stand.get(kind)),
        hits_n=hits_n,
        entries_n=entries_n,
        persons_n=persons_n,
        uncompared_n=uncompared_n,
    )


def _list(kind: ListKind, row: ComparisonVersionRow | None) -> ComparisonList:
    told = KINDS[kind]
    described = ListDescription(
        kind=kind,
        title=told.title,
        department=told.department,
        meaning=told.meaning,
        columns=list(told.columns),
        needed=list(told.needed),
        words=list(told.words),
    )
    return ComparisonList(described=described, in_force=version_of(row) if row else None)


def version_of(row: ComparisonVersionRow) -> ComparisonVersion:
    """A version in force as it is told."""
    return ComparisonVersion(
        id=row.id,
        county_code=row.county_code,
        kind=ListKind(row.kind),
        version_no=row.version_no,
        list_on=row.list_on,
        source=row.source,
        document=row.document,
        rows_n=row.rows_n,
        persons_n=row.persons_n or 0,
        hits_n=row.hits_n or 0,
        uncompared_n=row.uncompared_n or 0,
        file_sha256=row.file_sha256.hex(),
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        position=row.position or 0,
    )
