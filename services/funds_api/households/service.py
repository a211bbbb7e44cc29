"""Registering households from a file, and telling who belonged to one on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import polars as pl
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from chassis.vault import Vault
from services.funds_api.access import must_hold
from services.funds_api.comparisons import matching
from services.funds_api.households import facts, history, masks, people, register, store
from services.funds_api.households.history import Fact
from services.funds_api.households.register import REASONS, Register
from services.funds_api.households.schemas import (
    Correction,
    Household,
    HouseholdDetail,
    ImportAnswer,
    ImportReason,
    ImportRejected,
    Member,
    Residence,
    Role,
    Stand,
)
from services.funds_api.households.standings import StandingKind
from services.funds_api.lots import ledger
from services.funds_api.lots.store import whole_county
from services.funds_api.tables import HouseholdRow, PersonRow
from treasury.calendar import AHEAD_DAYS
from wire.people import HouseholdsRegistered

MAX_LISTED: Final = 200
Columns = list[list[Any]]


async def register_households(
    tx: AsyncSession, who: Principal, act: Act, vault: Vault, county: str, rows: pl.DataFrame, sha256: bytes
) -> ImportAnswer:
    """Register the valid rows of a file in the caller's county; a known person is sent back, never changed."""
    must_hold(who, county)
    act = act.with_content(sha256)
    await act.claim(tx, county)
    await allow_long_statements(tx)
    rows = await to_thread.run_sync(_with_tokens, rows, vault)
    known = await store.known(tx, county, rows["token"].drop_nulls().to_list())
    heads, homes = await store.heads(tx, county, rows["head_token"].drop_nulls().unique().to_list())
    latest, villages = ledger.today() + timedelta(days=AHEAD_DAYS), await store.villages(tx, county)
    judged = await to_thread.run_sync(register.judge, rows, villages, known, heads, latest)

    if judged.heads.height or judged.members.height:
        households, persons = await to_thread.run_sync(sealed, judged, homes, county, vault)
        document, on = f"农户登记册 {sha256.hex()[:16]}", min([*households[3], *persons[7]])
        act_id = new_id()
        await store.insert(tx, county, act_id, households, persons)
        await facts.settle(tx, county, homes)
        await facts.act(tx, county, act_id, "registered", document, on, act.actor)
    answer = _told(county, judged, sha256)
    told = HouseholdsRegistered(
        county_code=county,
        registered_n=answer.registered_n,
        file_sha256=answer.file_sha256,
        members_n=answer.members_n,
    )
    await act.record(tx, county, told, answer)
    return answer


def _with_tokens(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    shown = register.valid_numbers(rows)

    def tokens(name: str, number: str, valid: str) -> pl.Series:
        pairs = zip(shown[number], shown[valid], strict=True)
        return pl.Series(name, [vault.token(one) if good else None for one, good in pairs], dtype=pl.Binary)

    return shown.with_columns(tokens("token", "id_number", "valid"), tokens("head_token", "head_id", "head_valid"))


def sealed(judged: Register, homes: Sequence[UUID], county: str, vault: Vault) -> tuple[Columns, Columns]:
    """The columns of `store.insert`: households, then persons, each in one cell that opens only in its own row."""
    heads, members = judged.heads, judged.members
    founded = [new_id() for _ in range(heads.height)]
    by_line = dict(zip(heads["line"], founded, strict=True))
    theirs = [
        by_line[line] if line is not None else homes[known]
        for line, known in members.select("head_line", "known_household").iter_rows()
    ] if members.height else []  # fmt: skip
    shared = ("village", "token", "name", "id_number", "card", "phone", "joined_on")
    everybody = pl.concat([heads.select(shared), members.select(shared)])
    told = everybody.select(pl.struct("name", "id_number", "card", "phone").struct.json_encode()).to_series()
    ids = [new_id() for _ in range(everybody.height)]
    cells = [people.sealed(vault, county, one, person) for one, person in zip(ids, told, strict=True)]
    persons = [
        ids,
        everybody["village"].to_list(),
        everybody["token"].to_list(),
        cells,
        [people.key_number(cell) for cell in cells],
        [*founded, *theirs],
        [Role.HEAD.value] * heads.height + [Role.MEMBER.value] * members.height,
        everybody["joined_on"].to_list(),
        matching.tokens(vault, county, everybody["id_number"]),
    ]
    households = [founded, heads["village"].to_list(), heads["declared_n"].to_list(), heads["joined_on"].to_list()]
    return households, persons


def _told(county: str, judged: Register, sha256: bytes) -> ImportAnswer:
    return ImportAnswer(
        county_code=county,
        registered_n=judged.heads.height,
        members_n=judged.members.height,
        rejected_n=len(judged.bad),
        by_reason=judged.by_reason,
        rejected=[
            ImportRejected(line=line, reasons=[ImportReason(code=code, text=REASONS[code]) for code in codes])
            for line, codes in judged.bad[:MAX_LISTED]
        ],
        file_sha256=sha256.hex(),
    )


async def shown(
    tx: AsyncSession, who: Principal, rows: Sequence[HouseholdRow], vault: Vault, on: date, known: int | None = None
) -> list[HouseholdDetail]:
    """The households as they were on a day, as known at a position of the journal, masked, in the order of `rows`.

    Where a household is seen, so is its whole history: who left it for another township is no member any more. Names
    are told only of people who live in the caller's region.
    """
    if not rows:
        return []
    county, ids = rows[0].county_code, [row.id for row in rows]
    async with whole_county(tx, who, county):
        belonging = await store.memberships(tx, county, ids)
        moves = await store.residences(tx, county, ids)
        stands = await store.standings(tx, county, ids)
    persons = await store.persons(tx, county, {row.person_id for row, _, _ in belonging})
    of_person: dict[UUID, list[Fact[Any]]] = {}
    for row, position, document in belonging:
        of_person.setdefault(row.person_id, []).append(Fact(row.from_on, position, document, row))
    found = []
    for household in rows:
        residences = [Fact(row.from_on, at, doc, row) for row, at, doc in moves if row.household_id == household.id]
        standings = [Fact(row.from_on, at, doc, row) for row, at, doc in stands if row.household_id == household.id]
        members = _members(household, of_person, persons, vault, known)
        found.append(_detail(household, members, residences, standings, persons, vault, on, known))
    return found


def _members(
    household: HouseholdRow,
    of_person: dict[UUID, list[Fact[Any]]],
    persons: dict[UUID, PersonRow],
    vault: Vault,
    known: int | None,
) -> list[Member]:
    """Everybody who ever belonged to the household, an entry per stay; a person out of sight has no name here."""
    found = []
    for person, own in of_person.items():
        for stay in history.intervals(own, known):
            if stay.fact.value.household_id == household.id:
                told = people.opened(vault, persons[person]) if person in persons else {"name": "", "id_number": ""}
                found.append(
                    Member(
                        person_id=person,
                        role=Role(stay.fact.value.role),
                        name=masks.name(told["name"]),
                        id_number=masks.tail(told["id_number"]),
                        joined_on=stay.from_on,
                        left_on=stay.until_on,
                        reason=stay.fact.value.reason,
                    )
                )
    return sorted(found, key=lambda one: (one.joined_on, one.role, one.person_id))


def _detail(
    household: HouseholdRow,
    ever: list[Member],
    residences: list[Fact[Any]],
    standings: list[Fact[Any]],
    persons: dict[UUID, PersonRow],
    vault: Vault,
    on: date,
    known: int | None,
) -> HouseholdDetail:
    members = [one for one in ever if one.joined_on <= on and (one.left_on is None or on < one.left_on)]
    place, stand = history.held_on(residences, on, known), history.held_on(standings, on, known)
    kind = StandingKind(stand.value.standing) if stand else StandingKind.REGISTERED
    head = next((persons[one.person_id] for one in members if one.role == Role.HEAD and one.person_id in persons), None)
    told = people.opened(vault, head) if head else {"name": "", "id_number": "", "card": "", "phone": ""}
    lives = household.founded_region if place is None else None if place.value.outside else place.value.region_code
    return HouseholdDetail(
        as_of=on,
        known_position=known,
        household=Household(
            id=household.id,
            county_code=household.county_code,
            region_code=place.value.region_code if place else household.founded_region,
            name=masks.name(told["name"]),
            id_number=masks.tail(told["id_number"]),
            card=masks.tail(told["card"]),
            phone=masks.phone(told["phone"]),
            persons_n=len(members),
            declared_n=household.declared_n,
            registered_on=household.registered_on,
            removed_on=stand.from_on if stand and kind is StandingKind.REMOVED else None,
            standing=kind,
            came_from=household.came_from,
        ),
        lives_in=lives,
        members=members,
        residences=_residences(household, residences, known),
        standings=[
            Stand(
                standing=StandingKind(one.fact.value.standing),
                reason=one.fact.value.reason,
                from_on=one.from_on,
                until_on=one.until_on,
                document=one.fact.document,
                appeal_until=one.fact.value.appeal_until,
            )
            for one in history.intervals(standings, known)
        ],
    )


def _residences(household: HouseholdRow, facts_of: list[Fact[Any]], known: int | None) -> list[Residence]:
    """From the place of registration on, each until the day before the next."""
    moved = history.intervals(facts_of, known)
    first = Residence(
        region_code=household.founded_region,
        from_on=household.registered_on,
        until_on=moved[0].from_on if moved else None,
        document="登记",
    )
    return [
        first,
        *(
            Residence(
                region_code=None if one.fact.value.outside else one.fact.value.region_code,
                from_on=one.from_on,
                until_on=one.until_on,
                document=one.fact.document,
            )
            for one in moved
        ),
    ]


async def detail(
    tx: AsyncSession, who: Principal, county: str, vault: Vault, household: UUID, on: date, known: int | None
) -> HouseholdDetail:
    """One household on a day; before its registration, or before that was known, there is none."""
    rows = await store.households(tx, who, county, [household])
    if household not in rows or rows[household].registered_on > on:
        raise Missing("农户", str(household))
    if known is not None and await store.founded_at(tx, rows[household]) > known:
        raise Missing("农户", str(household))
    [found] = await shown(tx, who, [rows[household]], vault, on, known)
    corrected = await store.corrections(tx, county, household, known)
    told = [
        Correction(position=one.position, document=one.document, reason=one.reason or "", effective_on=one.effective_on)
        for one in corrected
    ]
    return found.model_copy(update={"corrections": told})
