"""Flags in SQL: what a rule's query yields, the flags themselves, and what they were judged by."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from services.funds_api.access import visible_to
from services.funds_api.flags.named import flag_id
from services.funds_api.flags.population import COUNTS
from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Facts, Population, Rule
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, SCOPE, THERE
from services.funds_api.tables import FlagBasisRow, FlagMoneyRow, FlagRow, FlagRunRuleRow
from treasury.policy import Basis, PolicyValue

# By when everything is known.
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)
_LOOPS: Final = text("SELECT set_config('enable_nestloop', :loops, true)")


@dataclass(frozen=True, slots=True)
class Place:
    """Of which county's books, and of which part of it."""

    county: str
    region: str

    @property
    def arguments(self) -> dict[str, str]:
        return {"county": self.county, "scope": self.region}


async def candidates(
    session: AsyncSession, rule: Rule, place: Place, moment: Moment, narrowed: Mapping[str, Any]
) -> list[Facts]:
    """What the rule's query yields, one fact each.

    Its parts are sets without statistics: guessed to be one row, 100,000 of them were looped over for each of 100,000.
    So its joins are hashed wherever they can be.
    """
    await session.execute(_LOOPS, {"loops": "off"})
    known = {**moment.arguments, "known_at": moment.known_at or _ALWAYS}
    found = await session.execute(text(rule.query), {**place.arguments, **known, **narrowed})
    facts = [rule.facts(**row) for row in found.mappings()]
    await session.execute(_LOOPS, {"loops": "on"})
    return facts


# What a lot is and whose, which never changes, and the tables that say so.
_WHOSE = """l.account_id, a.unit_id, u.name AS unit_name, a.kind AS unit_kind, l.fund_code,
         coalesce(n.document_number, n.title) AS document, l.clock_from, f.level AS fund_level, a.book"""
_OF_WHOM = """
    JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
    JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
    JOIN funds.tranche t ON t.county_code = :county AND t.id = l.tranche_id
    JOIN funds.notice n ON n.id = t.notice_id
    JOIN funds.fund f ON f.code = l.fund_code"""
_STOPPED = f"""
  SELECT l.id AS subject_id, l.region_code, {REMAINING} AS amount_fen, CAST(:as_of AS date) AS as_of, s.stopped_days,
         h.stops, {_WHOSE}
    FROM funds.stopped_lots(:county, :as_of, :known) s
    JOIN (SELECT c.lot_id, coalesce(string_agg(
                   to_char(c.from_on, 'YYYY-MM-DD') || '/' || to_char(c.until_on, 'YYYY-MM-DD'), ' '
                   ORDER BY c.from_on, c.until_on) FILTER (WHERE c.until_on > c.from_on), '') AS stops
            FROM funds.clock_stops(:county, :as_of, :known) c GROUP BY c.lot_id) h ON h.lot_id = s.lot_id
    JOIN funds.lot l ON l.county_code = :county AND l.id = s.lot_id AND NOT l.is_terminal AND {THERE}
     AND {REMAINING} > 0 AND l.{SCOPE}
    {_OF_WHOM}"""


async def stopped(session: AsyncSession, place: Place, moment: Moment) -> list[LotFacts]:
    """Lots that rested, as was known, and whose clock was ever stopped: few, and each has days of its own."""
    found = await session.execute(text(_STOPPED), {**place.arguments, **moment.arguments})
    return [LotFacts(**row) for row in found.mappings()]


# What each of these lots goes on from with the same clock: what it carried over or restored, and so on back.
_FOREBEARS: Final = text("""
  WITH RECURSIVE back (lot_id, id, clock_from, restores_lot_id) AS (
    SELECT l.id, l.id, l.clock_from, l.restores_lot_id FROM funds.lot l
     WHERE l.county_code = :county AND l.id = ANY(:lots) AND l.clock_from < l.arrived_on
    UNION ALL
    SELECT b.lot_id, f.id, f.clock_from, f.restores_lot_id FROM back b
      LEFT JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = b.id
      JOIN funds.lot f ON f.county_code = :county AND f.id = coalesce(b.restores_lot_id, d.from_lot_id)
       AND f.clock_from = b.clock_from)
  SELECT lot_id, id FROM back WHERE id <> lot_id""")


async def asked_of_forebears(
    session: AsyncSession, county: str, rule: str, asked: Collection[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Which of these (lot, mark) a rule asked already, or asks now, of a lot that the money was before.

    `funds.forebear_asked` says it of one; this is for the few that are judged apart.
    """
    lots = {lot for lot, _ in asked}
    if not lots:
        return set()
    before: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await session.execute(_FOREBEARS, {"county": county, "lots": list(lots)}):
        before[row.lot_id].append(row.id)
    names = {(lot, mark): [flag_id(rule, was, mark) for was in before[lot]] for lot, mark in asked}
    every = [name for of_one in names.values() for name in of_one]
    raised = set(
        await session.scalars(select(FlagRow.id).where(FlagRow.county_code == county, FlagRow.id.in_(every)))
    ) | {flag_id(rule, lot, mark) for lot, mark in asked}
    return {one for one, of_one in names.items() if not raised.isdisjoint(of_one)}


async def whose(session: AsyncSession, county: str, lots: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What each lot is and on whose desk, by lot, as a flag tells its facts."""
    if not lots:
        return {}
    found = await session.execute(
        text(f"SELECT l.id, {_WHOSE} FROM funds.lot l {_OF_WHOM} WHERE l.county_code = :county AND l.id = ANY(:lots)"),
        {"county": county, "lots": list(lots)},
    )
    return {row["id"]: {name: plain(value) for name, value in row.items() if name != "id"} for row in found.mappings()}


_LISTS = """
  SELECT DISTINCT ON (v.kind) v.kind AS list, v.version_no, v.list_on, v.persons_n, v.hits_n, v.uncompared_n
    FROM funds.comparison_version v
   WHERE v.county_code = :county AND v.kind = ANY(:kinds) AND v.position <= :known
   ORDER BY v.kind, v.position DESC"""


async def lists(session: AsyncSession, rule: Rule, place: Place, moment: Moment) -> dict[str, dict[str, Any]]:
    """By kind, the version of each of the rule's lists that was in force, with how many people it met and could not."""
    if not rule.lists:
        return {}
    asked = {"county": place.county, "kinds": list(rule.lists), "known": moment.position}
    found = await session.execute(text(_LISTS), asked)
    return {row["list"]: {name: plain(value) for name, value in row.items()} for row in found.mappings()}


async def figures(
    session: AsyncSession, rule: Rule, place: Place, moment: Moment, narrowed: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What a rule publishes about what it looked at, plain JSON values."""
    if not rule.figures:
        return []
    found = await session.execute(text(rule.figures), {**place.arguments, **moment.arguments, **narrowed})
    return [{name: plain(value) for name, value in row.items()} for row in found.mappings()]


def plain(value: Any) -> Any:
    """A value of a row as JSON has it."""
    return value if value is None or isinstance(value, int | str) else str(value)


async def count(session: AsyncSession, population: Population, place: Place, moment: Moment) -> int:
    """How many there are of what a rule looks at."""
    counted: int = (
        await session.execute(text(COUNTS[population]), {**place.arguments, **moment.arguments})
    ).scalar_one()
    return counted


def told(values: Iterable[PolicyValue]) -> list[dict[str, Any]]:
    """Dated values as a basis keeps them."""
    return [
        {
            "key": one.key,
            "region": one.region,
            "valid_from": one.valid_from.isoformat(),
            "value": one.value,
            "source": one.source,
            "basis": one.basis,
            "edition": one.edition,
        }
        for one in values
    ]


def heard(kept: Iterable[Mapping[str, Any]]) -> tuple[PolicyValue, ...]:
    """The values that were kept."""
    return tuple(
        PolicyValue(
            one["key"],
            one["region"],
            date.fromisoformat(one["valid_from"]),
            one["value"],
            one["source"],
            Basis(one["basis"]),
            one.get("edition", 1),
        )
        for one in kept
    )


async def basis(session: AsyncSession, county: str, rule: Rule, values: Iterable[PolicyValue]) -> UUID:
    """The basis of this rule version and these values, made if nobody has judged by it before."""
    policy = told(values)
    digest = hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).digest()
    key = {
        "county_code": county,
        "rule_code": rule.code,
        "rule_version": rule.version,
        "values_sha256": digest,
    }
    await session.execute(insert(FlagBasisRow).values(**key, id=new_id(), policy=policy).on_conflict_do_nothing())
    found = await session.scalars(select(FlagBasisRow.id).filter_by(**key))
    return found.one()


async def raise_new(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    """Insert the flags that were not raised before; return the ids of those that are new."""
    if not rows:
        return set()
    statement = insert(FlagRow).on_conflict_do_nothing().returning(FlagRow.id)
    return set((await session.scalars(statement, list(rows))).all())


async def add_money(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await session.execute(insert(FlagMoneyRow), list(rows))


# What stands beside a flag, looked up for each by its key: joined, a page of five read the runs of every county.
_TOLD: Final = (
    select(FlagRunRuleRow.position)
    .where(
        FlagRunRuleRow.county_code == FlagRow.county_code,
        FlagRunRuleRow.run_id == FlagRow.run_id,
        FlagRunRuleRow.rule_code == FlagRow.rule_code,
    )
    .correlate(FlagRow)
    .offset(0)
    .lateral("told")
)
_STOOD_ON: Final = (
    select(FlagBasisRow.policy)
    .where(FlagBasisRow.county_code == FlagRow.county_code, FlagBasisRow.id == FlagRow.basis_id)
    .correlate(FlagRow)
    .offset(0)
    .lateral("stood_on")
)


def known() -> Any:
    """Since which position of the journal a flag of `flags()` is known: its own, or that of its rule in its run."""
    return func.coalesce(FlagRow.position, _TOLD.c.position)


def flags() -> Any:
    """(flag, values it was judged by, since when known)."""
    return (
        select(FlagRow, _STOOD_ON.c.policy, known().label("known_position"))
        .select_from(FlagRow)
        .outerjoin(_TOLD, true())
        .outerjoin(_STOOD_ON, true())
    )


async def one(session: AsyncSession, who: Principal, county: str, flag: UUID, as_of: date) -> Row[Any] | None:
    """One visible flag that had been raised for a day up to `as_of`."""
    query = flags().where(
        FlagRow.county_code == county,
        FlagRow.id == flag,
        FlagRow.as_of <= as_of,
        visible_to(who, FlagRow.region_code),
    )
    found: Row[Any] | None = (await session.execute(query)).one_or_none()
    return found


async def money(session: AsyncSession, county: str, flags: Sequence[UUID]) -> dict[UUID, list[FlagMoneyRow]]:
    """What fen each flag names, by item."""
    rows = await session.scalars(
        select(FlagMoneyRow)
        .where(FlagMoneyRow.county_code == county, FlagMoneyRow.flag_id.in_(flags))
        .order_by(FlagMoneyRow.flag_id, FlagMoneyRow.item)
    )
    by_flag: dict[UUID, list[FlagMoneyRow]] = {}
    for row in rows:
        by_flag.setdefault(row.flag_id, []).append(row)
    return by_flag
