"""Flags for breaches of fund terms that do not refuse: written with the movement they are about, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from chassis.journal import Act, record_alone
from services.funds_api.flags import store
from services.funds_api.flags.rules.rule import Subject
from services.funds_api.funds.judge import Breach
from services.funds_api.funds.refusals import told
from wire.flags import FlagRaised, FlagsRaised

VERSION = 1


@dataclass(frozen=True, slots=True)
class Desk:
    """The account that the money left, whose unit answers for what it was used for."""

    account_id: UUID
    unit_id: UUID
    unit_name: str
    region_code: str


@dataclass(frozen=True, slots=True)
class MadeLot:
    """A lot that the movement made, of which fund and fiscal year."""

    id: UUID
    fund_code: str
    fiscal_year: int
    amount_fen: int


async def raise_breaches(
    tx: AsyncSession,
    act: Act,
    county: str,
    found: Iterable[tuple[Sequence[Breach], Sequence[MadeLot]]],
    desk: Desk,
    on: date,
    cause: UUID,
) -> list[UUID]:
    """One flag per breach and lot made of its fund-year, told as FlagsRaised after the movement; ids of the flags.

    `found` are breaches with the lots they may be about. Call it once, after `act.record`: the movement's event comes
    first, and what it caused is told in one. A lot that two levels flag for one rule is one flag.
    """
    pairs = [(breach, lot, new_id()) for breaches, lots in found for breach in breaches for lot in _about(breach, lots)]
    if not pairs:
        return []
    new = await store.raise_new(tx, [_row(county, desk, on, *pair) for pair in pairs])
    fresh = [pair for pair in pairs if pair[2] in new]
    event = FlagsRaised(county_code=county, as_of=on, flags=[_raised(desk, on, *pair) for pair in fresh])
    await record_alone(tx, act.schema, county, event, act.actor, cause)
    return [flag for _, _, flag in fresh]


def _about(breach: Breach, lots: Sequence[MadeLot]) -> Sequence[MadeLot]:
    """The lots of the fund-year whose term was broken; all, when the term is of another fund (an exclusion)."""
    of = (breach.term.fund_code, breach.term.fiscal_year)
    return [lot for lot in lots if (lot.fund_code, lot.fiscal_year) == of] or lots


def _row(county: str, desk: Desk, on: date, breach: Breach, lot: MadeLot, flag: UUID) -> dict[str, Any]:
    [facts] = told([breach])
    return {
        "county_code": county,
        "id": flag,
        "region_code": desk.region_code,
        "rule_code": breach.code,
        "rule_version": VERSION,
        "subject": Subject.LOT,
        "subject_id": lot.id,
        "mark": "",
        "limit_days": 0,
        "as_of": on,
        "amount_fen": lot.amount_fen,
        "days": 0,
        "facts": {**facts, "account_id": str(desk.account_id), "unit_id": str(desk.unit_id)},
        "explanation": breach.sentence,
    }


def _raised(desk: Desk, on: date, breach: Breach, lot: MadeLot, flag: UUID) -> FlagRaised:
    return FlagRaised(
        flag_id=flag,
        rule_code=breach.code,
        rule_version=VERSION,
        title=breach.title,
        lot_id=lot.id,
        account_id=desk.account_id,
        unit_id=desk.unit_id,
        unit_name=desk.unit_name,
        region_code=desk.region_code,
        fund_code=lot.fund_code,
        amount_fen=lot.amount_fen,
        days=0,
        limit_days=0,
        as_of=on,
        explanation=breach.sentence,
        source=breach.term.source,
    )
