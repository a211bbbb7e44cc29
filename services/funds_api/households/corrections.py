"""Correcting earlier facts of a household by document (更正): where it lived, how it stood, who belonged to it.

A correction is facts of the days it is about, recorded now: they hold from their days on, and what was known before
is still told by an earlier knowledge. Payments and lists that are frozen keep what they saw. Refuses a day that the
history does not reach, and a history that could not have been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.households import appeals, changes, facts, heads, history, masks, store
from services.funds_api.households.heads import Belongs
from services.funds_api.households.history import Corrected, Fact
from services.funds_api.households.refusals import PersonElsewhere, StandingRefused
from services.funds_api.households.schemas import ChangeAnswer, CorrectionRequest
from services.funds_api.households.standings import StandingKind, may_become, reinstated
from services.funds_api.lots import ledger
from services.funds_api.tables import HouseholdRow, MembershipRow, ResidenceRow, StandingRow
from treasury.calendar import AHEAD_DAYS
from wire.people import HouseholdCorrected

V = TypeVar("V")


class Told:
    """What a correction writes: facts by table, and the newest state of the household and its people that follows."""

    def __init__(self, home: HouseholdRow, act_id: UUID, reason: str) -> None:
        self.home, self.reason, self.act_id = home, reason, act_id
        self.fixed = {"county_code": home.county_code, "act_id": act_id}
        self.residences: list[dict[str, Any]] = []
        self.standings: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.household: dict[str, Any] = {}
        self.people: list[dict[str, Any]] = []
        self.said: list[date] = [home.registered_on]

    @property
    def days(self) -> list[date]:
        return [one["from_on"] for one in (*self.residences, *self.standings, *self.members)]


async def correct(
    tx: AsyncSession, who: Principal, act: Act, county: str, household: UUID, request: CorrectionRequest
) -> ChangeAnswer:
    """Record what was so instead of what is recorded; nothing is edited, and what is known from now on follows."""
    await act.claim(tx, county)
    ledger.must_be_near(request.said_on, "更正后的日期")
    await appeals.must_be_of_use(tx, county, [(one.on, one.appeal_until) for one in request.standings])
    home = (await changes.locked(tx, who, county, [household]))[household]
    told = Told(home, new_id(), masks.free_text(request.reason))
    for one in request.residences:
        if one.region_code is not None:
            await changes.must_be_village(tx, county, one.region_code, one.on)
    if request.residences or request.standings:
        _residences(told, request, await store.residences(tx, county, [household]))
        _standings(told, request, await store.standings(tx, county, [household]))
        # What never was settles nothing: a move of a day typed wrong would bar every change until that day.
        told.household["settled_on"] = max(told.said)
    if request.members:
        await _members(tx, who, told, request)

    await facts.append(tx, ResidenceRow, told.residences)
    await facts.append(tx, StandingRow, told.standings)
    await facts.append(tx, MembershipRow, told.members)
    await facts.set_people(tx, county, told.people)
    await facts.set_household(tx, county, household, told.household)
    await facts.settle(tx, county, {one["household_id"] for one in told.people} - {None, household})
    # What never was may be of a year to come, as earlier releases took it; its correction is dated no further ahead.
    on = min(*told.days, ledger.today() + timedelta(days=AHEAD_DAYS))
    position = await facts.correction(tx, county, told.act_id, request.document, on, act.actor, household, told.reason)
    answer = ChangeAnswer(
        act_id=told.act_id, document=request.document, effective_on=on, households_n=1, position=position
    )
    event = HouseholdCorrected(
        county_code=county,
        household_id=household,
        facts_n=len(told.days),
        document=request.document,
        effective_on=on,
    )
    await act.record(tx, county, event, answer)
    return answer


def _residences(told: Told, request: CorrectionRequest, recorded: Sequence[Any]) -> None:
    """Where it lived; "" stands for outside the county."""
    home, what = told.home, "该户居住地"
    known = [Fact(row.from_on, at, doc, "" if row.outside else row.region_code) for row, at, doc in recorded]
    asked = [Corrected(one.on, one.region_code or "", one.never) for one in request.residences]
    if not asked:
        told.said += _said(known, home.founded_region)
        return
    history.must_reach(what, (one.on for one in asked), home.registered_on, home.settled_on)
    new, after = history.corrected(what, known, asked, home.founded_region)
    told.said += _said([Fact(on, 0, "", value) for on, value in after.items()], home.founded_region)
    for on, place in sorted(new.items()):
        earlier = [one for day, one in sorted(after.items()) if day < on and one]
        left = earlier[-1] if earlier else home.founded_region
        fact = {"household_id": home.id, "from_on": on, "left_region": left, "outside": not place}
        told.residences.append({**told.fixed, **fact, "region_code": place or left})
    newest = told.residences[-1]
    if newest["from_on"] == max(after):
        told.household |= {"outside": newest["outside"]}
        if newest["region_code"] != home.region_code:
            told.household |= {"region_code": newest["region_code"]}


def _standings(told: Told, request: CorrectionRequest, recorded: Sequence[Any]) -> None:
    home, what = told.home, "该户登记状态"
    known = [Fact(row.from_on, at, doc, StandingKind(row.standing)) for row, at, doc in recorded]
    asked = [Corrected(one.on, one.standing, one.never) for one in request.standings]
    if not asked:
        told.said += _said(known, StandingKind.REGISTERED)
        return
    history.must_reach(what, (one.on for one in asked), home.registered_on, home.settled_on)
    new, after = history.corrected(what, known, asked, StandingKind.REGISTERED)
    told.said += _said([Fact(on, 0, "", value) for on, value in after.items()], StandingKind.REGISTERED)
    _must_be_lawful(home, after, min(new))
    until = {one.on: one.appeal_until for one in request.standings}
    for on, standing in sorted(new.items()):
        fact = {"household_id": home.id, "from_on": on, "region_code": home.region_code, "reason": told.reason}
        told.standings.append({**told.fixed, **fact, "standing": standing.value, "appeal_until": until.get(on)})
    last = max(after)
    removed = after[last] is StandingKind.REMOVED
    told.household |= {"standing": after[last].value, "removed_on": last if removed else None}


def _said(known: Collection[Fact[V]], first: V) -> list[date]:
    """The latest day on which these facts say something new, if any does."""
    last = history.last_said({one.from_on: one.fact.value for one in history.intervals(known)}, first)
    return [] if last is None else [last]


def _must_be_lawful(home: HouseholdRow, after: Mapping[date, StandingKind], since: date) -> None:
    """Refuse a row of standings that no document could have led through, from the first corrected day on."""
    stood, before = StandingKind.REGISTERED, None
    for on, standing in sorted(after.items()):
        allowed = {stood, reinstated(before)} if stood is StandingKind.REMOVED else {stood}
        if on >= since and on > home.registered_on and standing not in allowed and not may_become(stood, standing):
            raise StandingRefused(str(home.id), stood, standing)
        before = before if stood is StandingKind.REMOVED else stood
        stood = standing


async def _members(tx: AsyncSession, who: Principal, told: Told, request: CorrectionRequest) -> None:
    """Who belonged to it; a person who was in another household that day is not taken out of it from here."""
    home, county = told.home, told.home.county_code
    asked: dict[UUID, list[Corrected[Belongs]]] = {}
    for one in request.members:
        value = None if one.role is None else (home.id, one.role)
        asked.setdefault(one.person_id, []).append(Corrected(one.on, value, one.never))
    persons = await store.persons(tx, county, asked, lock=True)
    known = await heads.recorded(tx, county, home.id, asked)
    chains = {person: heads.laid(own) for person, own in known.items()}

    for person, corrections in sorted(asked.items()):
        own = known.get(person, [])
        if person not in persons or not own:
            raise Missing("人员", str(person))
        latest = max(one.from_on for one in own)
        history.must_reach("该人员", (one.on for one in corrections), home.registered_on, latest)
        for day in sorted(one.on for one in corrections):
            held = history.held_on(own, day)
            if held is not None and held.value is not None and held.value[0] != home.id:
                raise PersonElsewhere(day)
        new, chains[person] = history.corrected("该人员的归属", own, corrections, None)
        for on, value in sorted(new.items()):
            home_id, role = value or (None, None)
            fact = {"person_id": person, "from_on": on, "reason": "corrected", "region_code": home.region_code}
            told.members.append({**told.fixed, **fact, "household_id": home_id, "role": role})
        # What never was bars nothing: a departure of a year typed wrong stood before every act until then.
        since_on = history.last_said(chains[person], None) or min(chains[person])
        home_id, role = history.last_of(chains[person], since_on, None) or (None, None)
        newest = {"id": person, "household_id": home_id, "role": role, "since_on": since_on}
        told.people.append({**newest, "region_code": persons[person].region_code})
    since = min(one.on for one in request.members)
    heads.must_have_heads(home.id, chains, since)
    homes = {home.id: home} | await _given_back(tx, who, told, chains, since)
    for row in told.people:  # who belongs to a household lives where it lives
        if row["household_id"] is not None:
            row["region_code"] = homes[row["household_id"]].region_code


async def _given_back(
    tx: AsyncSession, who: Principal, told: Told, chains: heads.Chains, since: date
) -> dict[UUID, HouseholdRow]:
    """The other households, held, that people never left after all; each of them keeps one head on every day."""
    county = told.home.county_code
    others = {one["household_id"] for one in told.people} - {None, told.home.id}
    found = await changes.locked(tx, who, county, others) if others else {}
    for other in found:
        theirs = {one: heads.laid(own) for one, own in (await heads.recorded(tx, county, other, {})).items()}
        heads.must_have_heads(other, theirs | {one: chains[one] for one in theirs.keys() & chains.keys()}, since)
    return found
