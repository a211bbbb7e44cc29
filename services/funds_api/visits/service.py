"""Pairing helpers with households and recording visits: each loads, decides, records; none commits."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import must_hold
from services.funds_api.households import history
from services.funds_api.households import store as households
from services.funds_api.lots import ledger
from services.funds_api.moments import Moment
from services.funds_api.tables import HelperVisitRow
from services.funds_api.visits import store
from services.funds_api.visits.refusals import HouseholdTwice, NotPaired, VisitAhead, VisitKnown
from services.funds_api.visits.schemas import PairingAnswer, PairingRequest, Visit, VisitRequest
from treasury.calendar import business_date
from wire.people import HelpersPaired, HouseholdVisited


async def pair(tx: AsyncSession, who: Principal, act: Act, county: str, request: PairingRequest) -> PairingAnswer:
    """From a day on these accounts help these households, or nobody does; none before a later pairing."""
    await act.claim(tx, county)
    ledger.must_be_near([request.from_on], "结对日期")
    named = Counter(one.household_id for one in request.pairs)
    for household, times in named.items():
        if times > 1:
            raise HouseholdTwice(str(household), times)
    homes = await households.households(tx, who, county, named, lock=True)
    for household in named:
        if household not in homes:
            raise Missing("农户", str(household))
        must_hold(who, homes[household].region_code)
    for household, on in (await store.latest(tx, county, named)).items():
        history.must_follow("该户的结对", request.from_on, on, household)

    await store.pair(
        tx,
        [
            {
                "county_code": county,
                "household_id": one.household_id,
                "from_on": request.from_on,
                "id": new_id(),
                "helper": one.helper,
                "document": request.document,
                "region_code": homes[one.household_id].region_code,
                "recorded_by": who.subject,
            }
            for one in request.pairs
        ],
    )
    answer = PairingAnswer(
        county_code=county,
        document=request.document,
        from_on=request.from_on,
        households_n=sum(one.helper is not None for one in request.pairs),
        ended_n=sum(one.helper is None for one in request.pairs),
    )
    event = HelpersPaired(
        county_code=county,
        document=request.document,
        effective_on=request.from_on,
        households_n=answer.households_n,
        ended_n=answer.ended_n,
    )
    await act.record(tx, county, event, answer)
    return answer


async def visit(tx: AsyncSession, who: Principal, act: Act, county: str, request: VisitRequest, today: date) -> Visit:
    """The caller came to a household that the caller helps on that day."""
    await act.claim(tx, county)
    if request.visited_on > today:
        raise VisitAhead(request.visited_on, today)
    paired = await store.paired(
        tx, who, county, Moment(request.visited_on), limit=1, helper=who.subject, household=request.household_id
    )
    if not paired:
        raise NotPaired(str(request.household_id), request.visited_on)
    row = await store.visit(
        tx,
        {
            "county_code": county,
            "id": new_id(),
            "household_id": request.household_id,
            "helper": who.subject,
            "visited_on": request.visited_on,
            "region_code": paired[0]["region_code"],
        },
    )
    if row is None:
        raise VisitKnown(str(request.household_id), request.visited_on)
    answer = shown(row)
    event = HouseholdVisited(
        visit_id=row.id, county_code=county, household_id=row.household_id, effective_on=row.visited_on
    )
    await act.record(tx, county, event, answer)
    return answer


def shown(row: HelperVisitRow) -> Visit:
    return Visit(
        id=row.id,
        county_code=row.county_code,
        household_id=row.household_id,
        helper=row.helper,
        visited_on=row.visited_on,
        recorded_on=business_date(row.recorded_at),
    )
