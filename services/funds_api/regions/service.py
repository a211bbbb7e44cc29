"""Entering lists and changes of divisions, and telling what a code meant on a day. Load, decide, record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import NATION
from services.funds_api.lots import ledger
from services.funds_api.regions import lists, store
from services.funds_api.regions.lists import Place, RegionChangeShape, RegionClosed
from services.funds_api.regions.schemas import (
    ChangeKind,
    FormerName,
    Level,
    Lineage,
    Passage,
    Region,
    RegionChange,
    RegionChangeRequest,
    RegionDetail,
    RegionListAnswer,
    RegionListRequest,
    RegionsAnswer,
    RegionsRequest,
    Relative,
)
from wire.places import RegionsChanged, RegionsListed


@dataclass(eq=False)
class RegionUnknown(Exception):
    """A code that was never listed."""

    code: str

    def __str__(self) -> str:
        return f"区划代码 {self.code} 没有登记过"


@dataclass(eq=False)
class RegionNotValid(Exception):
    """A code that did not stand for a place on the day of what was to be recorded there."""

    code: str
    on: date
    valid_from: date | None
    valid_to: date | None

    def __str__(self) -> str:
        if self.valid_to is not None and self.valid_to <= self.on:
            return f"区划代码 {self.code} 自 {self.valid_to} 起已停用，{self.on} 无效"
        return f"区划代码 {self.code} 自 {self.valid_from} 起启用，{self.on} 尚无效"


async def must_stand(tx: AsyncSession, codes: Collection[str], on: date) -> None:
    """Refuse a code that was never listed (`Missing`) or that did not stand for a place on that day."""
    known = {place.code: place for place in await store.known(tx, codes)}
    for code in sorted(codes):
        if code not in known:
            raise Missing("区划", code)
        if not known[code].holds(on):
            raise RegionNotValid(code, on, known[code].valid_from, known[code].valid_to)


def _place(region: Region, year: int, since: date | None = None) -> Place:
    return Place(
        region.code,
        region.name,
        region.level,
        region.parent_code,
        year,
        region.valid_from or since,
        region.valid_to,
    )


def shown(place: Place) -> Region:
    return Region(**{**{name: getattr(place, name) for name in Region.model_fields}, "level": Level(place.level)})


async def enter(tx: AsyncSession, act: Act, request: RegionsRequest) -> RegionsAnswer:
    """Enter divisions of a yearly list; a known one takes the listed name from the list's day, and keeps the old."""
    await act.claim(tx, NATION)
    on = request.listed_on or date(request.listed_year, 1, 1)
    _must_be_of_now(on, request.listed_year, request.regions)
    listed = [_place(region, request.listed_year) for region in request.regions]
    known = {one.code: one for one in await store.known(tx, [one.code for one in listed], lock=True)}
    plan = lists.compare(known, listed, on)
    await _record(tx, plan, on)
    answer = RegionsAnswer(recorded=len(listed))
    codes = [one.code for one in listed]
    told = RegionsListed(
        year=request.listed_year, first=min(codes), last=max(codes), n=len(codes), renamed_n=len(_renamed(plan))
    )
    await act.record(tx, NATION, told, answer)
    return answer


async def enter_list(tx: AsyncSession, act: Act, request: RegionListRequest) -> RegionListAnswer:
    """Enter the whole list below a place: codes it leaves out end on its day, with everything below them."""
    await act.claim(tx, NATION)
    _must_be_of_now(request.listed_on, request.listed_year, request.regions)
    listed = [_place(region, request.listed_year) for region in request.regions]
    stray = next((one.code for one in listed if not one.code.startswith(request.scope)), None)
    if stray is not None:
        raise RegionChangeShape("list", f"{stray} 不在 {request.scope} 之下")
    known = {one.code: one for one in await store.known(tx, [], [request.scope], lock=True)}
    plan = lists.compare(known, listed, request.listed_on, request.scope)
    lists.check_ends(known, plan.closed, request.listed_on)
    await _record(tx, plan, request.listed_on)
    await store.close(tx, plan.closed, request.listed_on)
    followed = {one.from_code for one in await store.passages(tx, out_of=plan.closed)}
    answer = RegionListAnswer(
        listed=len(listed),
        new=sorted(one.code for one in plan.new),
        renamed=_renamed(plan),
        closed=plan.closed,
        without_successor=[code for code in plan.closed if code not in followed],
    )
    codes = [one.code for one in listed]
    told = RegionsListed(
        year=request.listed_year,
        first=min(codes),
        last=max(codes),
        n=len(codes),
        renamed_n=len(answer.renamed),
        closed_n=len(answer.closed),
        document=request.document,
    )
    await act.record(tx, NATION, told, answer)
    return answer


def _must_be_of_now(on: date, year: int, regions: Collection[Region]) -> None:
    """Refuse a list of a day or year to come: no list of the years until then would be taken after it."""
    ledger.must_be_near([on], "名单基准日")
    ledger.must_be_near([date(year, 1, 1)], "名单年份的首日")
    _must_hold_soon(regions)


def _must_hold_soon(regions: Collection[Region]) -> None:
    """Refuse codes that begin or end in a year to come: a code whose end is told is taken by no later list."""
    ledger.must_be_near((one.valid_from for one in regions if one.valid_from is not None), "代码启用日")
    ledger.must_be_near((one.valid_to for one in regions if one.valid_to is not None), "代码停用日")


def _renamed(plan: lists.Plan) -> list[str]:
    return sorted(new.code for old, new in plan.renamed if not old.same(new))


async def _record(tx: AsyncSession, plan: lists.Plan, on: date) -> None:
    """Keep the old names and write the new ones. A name put right within the same year's list was never another one."""
    await store.keep_former(
        tx, [old for old, new in plan.renamed if not old.same(new) and old.listed_year < new.listed_year], on
    )
    await store.record(tx, [*plan.new, *(new for _, new in plan.renamed)])


async def change(tx: AsyncSession, act: Act, request: RegionChangeRequest) -> RegionChange:
    """Record by which document codes went over into codes; what was recorded under the old codes stays under them."""
    await act.claim(tx, NATION)
    links = [(one.from_code, one.to_code) for one in request.links]
    lists.check_change(request.kind, links, set(request.closed))
    on = request.effective_on
    ledger.must_be_near([on], "区划变更日期")
    _must_hold_soon(request.regions)
    new = [_place(region, on.year, on) for region in request.regions]
    named = {code for link in links for code in link} | {one.code for one in new}
    known = {one.code: one for one in await store.known(tx, named, request.closed, lock=True)}
    fresh = [one for one in new if one.code not in known]
    for code in sorted(named - {one.code for one in fresh}):
        if code not in known:
            raise RegionUnknown(code)
    _must_hold(known, links, on)

    await store.record(tx, fresh)
    lists.check_ends(known, request.closed, on)
    # A list may have ended the code before, on the list's own day: the document knows the real one.
    early = {code: replace(one, valid_to=None) for code, one in known.items() if one.valid_to and one.valid_to >= on}
    await store.close(tx, lists.below({**known, **early}, set(request.closed), on), on)
    row = await store.record_change(
        tx, {"id": new_id(), "kind": request.kind, "document": request.document, "effective_on": on}, links
    )
    answer = RegionChange(
        id=row.id,
        kind=request.kind,
        document=row.document,
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        links=request.links,
    )
    told = RegionsChanged(
        change_id=row.id,
        kind=request.kind,
        document=row.document,
        effective_on=on,
        links=[f"{one}>{other}" for one, other in links],
        closed=sorted(request.closed),
    )
    await act.record(tx, NATION, told, answer)
    return answer


def _must_hold(known: dict[str, Place], links: Sequence[tuple[str, str]], on: date) -> None:
    """A code that goes over held until that day; one that is gone over into holds on it."""
    for source, target in links:
        ended = known[source].valid_to
        if ended is not None and ended < on:
            raise RegionClosed(source, ended)
        goal = known.get(target)
        if goal is not None and goal.valid_to is not None and goal.valid_to <= on:
            raise RegionClosed(target, goal.valid_to)


async def named_on(tx: AsyncSession, places: Sequence[Place], on: date) -> list[Region]:
    """The places with the names they had on that day."""
    then = {one.code: one for one in reversed(await store.former(tx, [place.code for place in places], on))}
    return [
        shown(replace(place, name=was.name, level=was.level, parent_code=was.parent_code))
        if (was := then.get(place.code))
        else shown(place)
        for place in places
    ]


def passage_of(row: Any) -> Passage:
    return Passage(
        from_code=row.from_code,
        to_code=row.to_code,
        kind=ChangeKind(row.kind),
        document=row.document,
        effective_on=row.effective_on,
    )


async def _one(tx: AsyncSession, code: str) -> Place:
    found = await store.known(tx, [code])
    if not found:
        raise Missing("区划", code)
    return found[0]


async def detail(tx: AsyncSession, code: str, on: date) -> RegionDetail:
    """A code as it was on a day, what it was called before, and what it came from and became."""
    place = await _one(tx, code)
    [region] = await named_on(tx, [place], on)
    earlier = await store.former(tx, [code])
    return RegionDetail(
        as_of=on,
        region=region,
        listed_year=place.listed_year,
        is_valid=place.holds(on),
        former_names=[
            FormerName(name=one.name, level=Level(one.level), parent_code=one.parent_code, valid_to=one.valid_to)
            for one in earlier
        ],
        predecessors=[passage_of(one) for one in await store.passages(tx, into=[code])],
        successors=[passage_of(one) for one in await store.passages(tx, out_of=[code])],
    )


async def lineage(tx: AsyncSession, code: str) -> Lineage:
    """Every code this one came from and went into, through any number of changes."""
    await _one(tx, code)
    before, came = await store.relatives(tx, code, back=True)
    after, went = await store.relatives(tx, code, back=False)
    places = {one.code: one for one in await store.known(tx, [*before, *after])}

    def relatives(found: dict[str, int]) -> list[Relative]:
        return [
            Relative(region=shown(places[one]), generation=n) for n, one in sorted((n, one) for one, n in found.items())
        ]

    return Lineage(
        code=code,
        predecessors=relatives(before),
        successors=relatives(after),
        passages=[passage_of(one) for one in [*came, *went]],
    )
