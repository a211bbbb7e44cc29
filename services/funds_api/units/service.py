"""Opening units and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api import words
from services.funds_api.access import COUNTY_DIGITS, must_hold
from services.funds_api.lots import ledger
from services.funds_api.moments import Moment
from services.funds_api.regions import service as regions
from services.funds_api.tables import AccountNatureRow, AccountRow
from services.funds_api.units import store
from services.funds_api.units.schemas import (
    Account,
    Book,
    HolderNature,
    Nature,
    NatureRequest,
    Unit,
    UnitKind,
    UnitRequest,
)
from treasury.calendar import business_date
from wire.places import AccountNatureTold, AccountOpened, UnitOpened


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


@dataclass(eq=False)
class NatureOfNoAccount(Exception):
    """Whose it is, is said of accounts of money: not of a quota, and not of the cards of households."""

    account_id: str
    book: str
    kind: str

    def __str__(self) -> str:
        book, kind = words.said(words.BOOKS, self.book), words.said(words.UNITS, self.kind)
        return f"账户性质只登记资金账户；该账户为{kind}的{book}账户"


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


async def tell_nature(
    tx: AsyncSession, who: Principal, act: Act, county: str, account_id: UUID, request: NatureRequest
) -> Nature:
    """Say whose an account of money is from a day on; only added, and the last that was said of a day counts."""
    await act.claim(tx, county)
    ledger.must_be_near([request.from_on], "账户性质的起始日")
    found = await store.accounts(tx, who, county, ids=[account_id])
    if not found:
        raise Missing("账户", str(account_id))
    [(account, _)] = found
    must_hold(who, account.region_code)
    if account.book != Book.CASH or account.kind == UnitKind.HOUSEHOLDS:
        raise NatureOfNoAccount(str(account_id), account.book, account.kind)

    row = {
        "county_code": county,
        "account_id": account_id,
        "from_on": request.from_on,
        "id": new_id(),
        "nature": request.holder_nature.value,
        "document": request.document,
        "region_code": account.region_code,
        "recorded_by": who.subject,
    }
    await store.tell_nature(tx, row)
    told = natures_of(account, await store.natures(tx, county, account_id, Moment(date.max)))
    answer = next(one for one in told if one.from_on == request.from_on)
    event = AccountNatureTold(
        county_code=county,
        region_code=account.region_code,
        account_id=account_id,
        holder_nature=request.holder_nature.value,
        from_on=request.from_on,
        document=request.document,
    )
    await act.record(tx, county, event, answer)
    return answer


def natures_of(account: AccountRow, told: Sequence[AccountNatureRow]) -> list[Nature]:
    """An account's natures by day, each until the next; the first is what was said when it was opened."""
    starts = [one.from_on for one in told]
    opened = Nature(
        account_id=account.id,
        holder_nature=HolderNature(account.holder_nature) if account.holder_nature else None,
        from_on=None,
        until_on=starts[0] if starts else None,
        document=None,
        recorded_by=None,
        recorded_on=None,
    )
    return [opened] + [
        Nature(
            account_id=account.id,
            holder_nature=HolderNature(one.nature),
            from_on=one.from_on,
            until_on=until_on,
            document=one.document,
            recorded_by=one.recorded_by,
            recorded_on=business_date(one.recorded_at),
        )
        for one, until_on in zip_longest(told, starts[1:])
    ]
