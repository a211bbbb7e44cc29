"""Changes of the register by document: joining, leaving, splitting, moving, standing. Load, decide, record.

Each begins on a day and stands from then on; none edits what was recorded, none begins before the latest fact of the
people and households it is about, and none so far ahead that it bars every change until then.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from chassis.vault import Vault
from services.funds_api.access import must_hold
from services.funds_api.comparisons import matching
from services.funds_api.households import appeals, facts, history, masks, people, store
from services.funds_api.households.heads import Belongs, must_keep_heads
from services.funds_api.households.history import Fact
from services.funds_api.households.refusals import (
    AlreadyThere,
    BeforeBirth,
    HeadNeeded,
    IdNumberInvalid,
    NobodyStays,
    NotMembers,
    PersonDied,
    PersonElsewhere,
    StandingRefused,
    VillageNotListed,
)
from services.funds_api.households.schemas import (
    ChangeAnswer,
    DepartureRequest,
    JoinAnswer,
    MemberRequest,
    MoveRequest,
    ReinstatementRequest,
    RemovalRequest,
    Role,
    SplitAnswer,
    SplitRequest,
    StandingRequest,
)
from services.funds_api.households.standings import StandingKind, may_become, reinstated
from services.funds_api.lots import ledger
from services.funds_api.tables import HouseholdRow, PersonRow
from treasury.identifiers import birth_date, is_id_number, normalise_id_number
from wire.people import (
    HouseholdsMoved,
    HouseholdSplit,
    HouseholdsReinstated,
    HouseholdsRemoved,
    HouseholdStandingSet,
    PersonJoined,
    PersonsLeft,
)


async def locked(tx: AsyncSession, who: Principal, county: str, ids: Collection[UUID]) -> dict[UUID, HouseholdRow]:
    """The households, held until the commit; one that is not there or not visible is missing."""
    must_hold(who, county)
    found = await store.households(tx, who, county, ids, lock=True)
    for one in ids:
        if one not in found:
            raise Missing("农户", str(one))
    return found


async def join(
    tx: AsyncSession, who: Principal, act: Act, vault: Vault, county: str, household: UUID, request: MemberRequest
) -> JoinAnswer:
    """A person belongs to the household from a day on; somebody who belongs to another one has to leave it first."""
    await act.claim(tx, county)
    ledger.must_be_near([request.joined_on], "入户日期")
    home = (await locked(tx, who, county, [household]))[household]
    number = normalise_id_number(request.id_number)
    if not is_id_number(number):
        raise IdNumberInvalid("id_number")
    on = request.joined_on
    if on < birth_date(number):
        raise BeforeBirth(on)
    history.must_follow("该户", on, home.registered_on, home.id)
    known = await store.held_by_token(tx, county, vault.token(number))
    if known is not None:
        if known.household_id is not None:
            raise PersonElsewhere(on)
        history.must_follow("该人员", on, known.since_on, known.id)
        if death := await store.died(tx, known):
            raise PersonDied(death.from_on, death.document)
    here = await store.members_now(tx, county, household)
    role = Role.MEMBER if any(one.role == Role.HEAD for one in here.values()) else Role.HEAD

    person, act_id = known.id if known else new_id(), new_id()
    await must_keep_heads(tx, county, household, on, {person: (household, role)})
    if known is None:
        told = {"name": request.name, "id_number": number, "card": request.card, "phone": request.phone}
        cell = people.sealed(vault, county, person, json.dumps(told, ensure_ascii=False))
        row = {
            "county_code": county,
            "id": person,
            "region_code": home.region_code,
            "token": vault.token(number),
            "cell": cell,
            "key_number": people.key_number(cell),
            "since_on": on,
            "match_token": matching.tokens(vault, county, [number])[0],
        }
        if not await facts.add_person(tx, row):
            raise PersonElsewhere(on)
    await facts.belong(tx, county, act_id, on, request.reason, [(person, role)], household, home.region_code)
    await facts.act(tx, county, act_id, "joined", request.document, on, act.actor)
    answer = JoinAnswer(household_id=household, person_id=person, joined_on=on, role=role)
    event = PersonJoined(
        county_code=county,
        household_id=household,
        person_id=person,
        reason=request.reason,
        document=request.document,
        effective_on=on,
    )
    await act.record(tx, county, event, answer)
    return answer


def _parted(
    household: UUID, here: dict[UUID, PersonRow], leaving: Sequence[UUID], on: date
) -> tuple[list[PersonRow], list[PersonRow]]:
    """The people of a household parted into those who leave and those who stay."""
    strangers = {one for one in leaving if one not in here or here[one].since_on > on}
    if strangers:
        raise NotMembers(str(household), on, len(strangers))
    gone = set(leaving)
    for one in gone:
        history.must_follow("该人员", on, here[one].since_on, one)
    return [here[one] for one in sorted(gone)], [row for one, row in sorted(here.items()) if one not in gone]


def _next_head(household: UUID, staying: Sequence[PersonRow], named: UUID | None, on: date) -> PersonRow | None:
    """Who becomes head of those who stay: nobody if the head stays; else the named one of them."""
    if not staying or any(row.role == Role.HEAD for row in staying):
        if named is not None:
            raise HeadNeeded(str(household))
        return None
    chosen = next((row for row in staying if row.id == named), None)
    if chosen is None:
        raise HeadNeeded(str(household))
    history.must_follow("该人员", on, chosen.since_on, chosen.id)
    return chosen


def _gone(household: UUID, leaving: Sequence[PersonRow], head: PersonRow | None) -> dict[UUID, Belongs]:
    """Who belongs to the household no more, and who heads it instead."""
    gone: dict[UUID, Belongs] = {row.id: None for row in leaving}
    return gone | ({head.id: (household, Role.HEAD)} if head is not None else {})


async def leave(
    tx: AsyncSession, who: Principal, act: Act, county: str, household: UUID, request: DepartureRequest
) -> ChangeAnswer:
    """People belong to no household from a day on: they died, married away, moved, or were removed."""
    await act.claim(tx, county)
    on = request.left_on
    ledger.must_be_near([on], "离户日期")
    home = (await locked(tx, who, county, [household]))[household]
    here = await store.members_now(tx, county, household)
    leaving, staying = _parted(household, here, request.person_ids, on)
    head = _next_head(household, staying, request.new_head_id, on)
    await must_keep_heads(tx, county, household, on, _gone(household, leaving, head))

    act_id, place = new_id(), home.region_code
    await facts.belong(tx, county, act_id, on, request.reason, [(row.id, None) for row in leaving], None, place)
    await facts.belong(
        tx, county, act_id, on, "new_head", [(row.id, Role.HEAD) for row in (head,) if row], household, place
    )
    event = PersonsLeft(
        county_code=county,
        household_id=household,
        persons_n=len(leaving),
        reason=request.reason,
        document=request.document,
        effective_on=on,
    )
    return await done(tx, act, county, act_id, "left", request.document, on, 1, event)


async def split(
    tx: AsyncSession, who: Principal, act: Act, county: str, household: UUID, request: SplitRequest
) -> SplitAnswer:
    """Some people become a household of their own from a day on, which remembers where it came from."""
    await act.claim(tx, county)
    on = request.effective_on
    ledger.must_be_near([on], "分户日期")
    home = (await locked(tx, who, county, [household]))[household]
    place = request.region_code or home.region_code
    history.must_follow("该户", on, home.settled_on, home.id)
    if home.standing == StandingKind.REMOVED or home.outside:
        raise StandingRefused(str(household), home.standing, "split")
    if place != home.region_code:
        await must_be_village(tx, county, place, on)
    here = await store.members_now(tx, county, household)
    leaving, staying = _parted(household, here, request.person_ids, on)
    if not staying:
        raise NobodyStays(str(household))
    if request.head_id not in {row.id for row in leaving}:
        raise HeadNeeded(str(household))
    head = _next_head(household, staying, request.new_head_id, on)
    await must_keep_heads(tx, county, household, on, _gone(household, leaving, head))

    act_id, new = new_id(), new_id()
    await facts.found_household(
        tx,
        {
            "county_code": county,
            "id": new,
            "act_id": act_id,
            "region_code": place,
            "founded_region": place,
            "registered_on": on,
            "settled_on": on,
            "came_from": household,
        },
    )
    roles = [(row.id, Role.HEAD if row.id == request.head_id else Role.MEMBER) for row in leaving]
    await facts.belong(tx, county, act_id, on, "split", roles, new, place)
    await facts.belong(
        tx, county, act_id, on, "new_head", [(row.id, Role.HEAD) for row in (head,) if row], household, home.region_code
    )
    if home.standing != StandingKind.REGISTERED:
        await facts.stand(tx, county, act_id, on, [(new, place, home.standing, "分户承继")])
    await facts.act(tx, county, act_id, "split", request.document, on, act.actor)
    answer = SplitAnswer(
        household_id=new, came_from=household, region_code=place, persons_n=len(leaving), effective_on=on
    )
    event = HouseholdSplit(
        county_code=county,
        household_id=new,
        came_from=household,
        region_code=place,
        persons_n=len(leaving),
        document=request.document,
        effective_on=on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def must_be_village(tx: AsyncSession, county: str, place: str, on: date) -> None:
    """Refuse a place that is no village of the county on that day."""
    listed = await store.villages(tx, county)
    for code, since, until in listed.iter_rows():
        if code == place and (since is None or since <= on) and (until is None or on < until):
            return
    raise VillageNotListed(place, on)


async def move(tx: AsyncSession, who: Principal, act: Act, county: str, request: MoveRequest) -> ChangeAnswer:
    """Households live elsewhere from a day on; one that leaves the county stays in its register, and may come back."""
    await act.claim(tx, county)
    on, target = request.effective_on, request.region_code
    ledger.must_be_near([on], "迁移日期")
    if target is not None:
        await must_be_village(tx, county, target, on)
    ids = request.household_ids
    if request.from_region is not None:
        ids = await store.living_in(tx, who, county, request.from_region)
    homes = await locked(tx, who, county, set(ids))
    if not homes:
        raise Missing("农户", request.from_region or "")
    for home in homes.values():
        if target == (None if home.outside else home.region_code):
            raise AlreadyThere(str(home.id), home.region_code)
        history.must_follow("该户", on, home.settled_on, home.id)

    act_id = new_id()
    places = [(home.id, home.region_code) for _, home in sorted(homes.items())]
    await facts.move(tx, county, act_id, on, places, target)
    event = HouseholdsMoved(
        county_code=county,
        households_n=len(homes),
        left=sorted({place for _, place in places}),
        region_code=target,
        document=request.document,
        effective_on=on,
    )
    return await done(tx, act, county, act_id, "moved", request.document, on, len(homes), event)


async def remove(tx: AsyncSession, who: Principal, act: Act, county: str, request: RemovalRequest) -> ChangeAnswer:
    """Remove households from the register (清退): from the day on they are paid nothing, until they are reinstated."""
    reasons = {one.household_id: one.reason for one in request.households}
    rows = await _to_stand(tx, who, act, county, reasons, StandingKind.REMOVED, request.effective_on)
    act_id, on = new_id(), request.effective_on
    await appeals.must_be_of_use(tx, county, [(on, request.appeal_until)])
    await facts.stand(tx, county, act_id, on, rows, request.appeal_until)
    event = HouseholdsRemoved(
        county_code=county,
        households_n=len(rows),
        document=request.document,
        effective_on=on,
        appeal_until=request.appeal_until,
    )
    return await done(tx, act, county, act_id, "removed", request.document, on, len(rows), event)


async def set_standing(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: StandingRequest
) -> ChangeAnswer:
    """Households are lifted, monitored or returned from a day on."""
    reasons = {one.household_id: one.reason for one in request.households}
    kind = StandingKind(request.standing)
    rows = await _to_stand(tx, who, act, county, reasons, kind, request.effective_on)
    act_id, on = new_id(), request.effective_on
    await facts.stand(tx, county, act_id, on, rows)
    event = HouseholdStandingSet(
        county_code=county, households_n=len(rows), standing=kind, document=request.document, effective_on=on
    )
    return await done(tx, act, county, act_id, "standing", request.document, on, len(rows), event)


async def reinstate(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: ReinstatementRequest
) -> ChangeAnswer:
    """Removed households stand again as they stood before, from a day on; from the day of removal, it never was."""
    reasons = {one.household_id: one.reason for one in request.households}
    await act.claim(tx, county)
    ledger.must_be_near([request.effective_on], "恢复登记日期")
    homes = await locked(tx, who, county, set(reasons))
    told: dict[UUID, list[Fact[StandingKind]]] = {}
    for row, at, document in await store.standings(tx, county, list(homes)):
        told.setdefault(row.household_id, []).append(Fact(row.from_on, at, document, StandingKind(row.standing)))
    before: dict[UUID, StandingKind] = {}
    for one, own in told.items():  # not what was corrected since
        stood = [of.fact.value for of in history.intervals(own) if of.fact.value is not StandingKind.REMOVED]
        before |= {one: stood[-1]} if stood else {}
    on, rows = request.effective_on, []
    for one, home in sorted(homes.items()):
        if home.standing != StandingKind.REMOVED:
            raise StandingRefused(str(one), home.standing, "reinstated")
        history.must_follow("该户", on, home.settled_on, home.id)
        rows.append((one, home.region_code, reinstated(before.get(one)).value, masks.free_text(reasons[one])))
    act_id = new_id()
    await facts.stand(tx, county, act_id, on, rows)
    event = HouseholdsReinstated(county_code=county, households_n=len(rows), document=request.document, effective_on=on)
    return await done(tx, act, county, act_id, "reinstated", request.document, on, len(rows), event)


async def _to_stand(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    reasons: dict[UUID, str],
    asked: StandingKind,
    on: date,
) -> list[tuple[UUID, str, str, str]]:
    """The households held, if each may come into the standing on that day: id, place, standing, reason."""
    await act.claim(tx, county)
    ledger.must_be_near([on], "清退日期" if asked is StandingKind.REMOVED else "状态变动日期")
    homes = await locked(tx, who, county, set(reasons))
    for home in homes.values():
        if not may_become(StandingKind(home.standing), asked):
            raise StandingRefused(str(home.id), home.standing, asked)
        history.must_follow("该户", on, home.settled_on, home.id)
    return [(one, home.region_code, asked.value, masks.free_text(reasons[one])) for one, home in sorted(homes.items())]


async def done(
    tx: AsyncSession,
    act: Act,
    county: str,
    act_id: UUID,
    kind: str,
    document: str,
    on: date,
    households: int,
    event: BaseModel,
) -> ChangeAnswer:
    """Record a change whose facts are written: its place in the journal first, then its event and its answer."""
    position = await facts.act(tx, county, act_id, kind, document, on, act.actor)
    answer = ChangeAnswer(act_id=act_id, document=document, effective_on=on, households_n=households, position=position)
    await act.record(tx, county, event, answer)
    return answer
