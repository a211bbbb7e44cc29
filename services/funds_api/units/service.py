"""Opening units and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.funds_api import words
from services.funds_api.access import COUNTY_DIGITS, must_hold
from services.funds_api.regions import service as regions
from services.funds_api.tables import AccountRow
from services.funds_api.units import store
from services.funds_api.units.schemas import Account, Book, HolderNature, Unit, UnitKind, UnitRequest
from wire.places import AccountOpened, UnitOpened


@dataclass(eq=False)
class RegionTooHigh(Exception):
    """A unit was to be opened above the county: money lives in counties (six digits or more)."""

    region_code: str

    def __str__(self) -> str:
        return f"单位所在区划 {self.region_code} 高于县级；市级、省级本级请使用六位代码（如 511900）"


@dataclass(eq=False)
class UnitKnown(Exception):
    """The place has a unit of this name already."""

    name: str
    region_code: str
    unit_id: str
    kind: str

    def __str__(self) -> str:
        return f"{self.region_code} 已有名为“{self.name}”的单位（{words.said(words.UNITS, self.kind)}）"


def account_of(row: AccountRow, unit_name: str) -> Account:
    return Account(
        id=row.id,
        county_code=row.county_code,
        region_code=row.region_code,
        unit_id=row.unit_id,
        unit_name=unit_name,
        name=row.name,
        book=Book(row.book),
        kind=UnitKind(row.kind),
        holder_nature=HolderNature(row.holder_nature) if row.holder_nature else None,
    )


async def open_unit(tx: AsyncSession, who: Principal, act: Act, request: UnitRequest, today: date) -> Unit:
    """Open a unit and its accounts in a place within the caller's region, whose code stands on the day of opening."""
    must_hold(who, request.region_code)
    if len(request.region_code) < COUNTY_DIGITS:
        raise RegionTooHigh(request.region_code)
    county = request.region_code[:COUNTY_DIGITS]
    await act.claim(tx, county)
    opened_on = request.opened_on or today
    await regions.must_stand(tx, [request.region_code], opened_on)
    unit = await establish(tx, county, request)
    await act.record(tx, county, as_opened(unit, opened_on), unit)
    return unit


async def establish(tx: AsyncSession, county: str, request: UnitRequest) -> Unit:
    """Write a unit and its accounts as part of another use case, which records the act and tells the unit."""
    unit_id = new_id()
    place = {"county_code": county, "region_code": request.region_code}
    accounts = [
        Account(
            id=new_id(),
            unit_id=unit_id,
            unit_name=request.name,
            name=one.name,
            book=one.book,
            kind=request.kind,
            holder_nature=one.holder_nature,
            **place,
        )
        for one in request.accounts
    ]
    row = {**place, "id": unit_id, "name": request.name, "kind": request.kind}
    if not await store.record(tx, row, [one.model_dump(exclude={"unit_name"}) for one in accounts]):
        known = await store.named(tx, county, request.region_code, request.name)
        raise UnitKnown(request.name, request.region_code, str(known.id), known.kind)
    return Unit(id=unit_id, name=request.name, kind=request.kind, accounts=accounts, **place)


def as_opened(unit: Unit, opened_on: date) -> UnitOpened:
    """The unit as the journal tells it, and the day it was opened for."""
    return UnitOpened(
        unit_id=unit.id,
        county_code=unit.county_code,
        region_code=unit.region_code,
        name=unit.name,
        kind=unit.kind,
        opened_on=opened_on,
        accounts=[AccountOpened(**one.model_dump(exclude={"unit_name"})) for one in unit.accounts],
    )
