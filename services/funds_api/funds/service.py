"""Setting the terms of a fund: by a document, for a year, within the caller's own region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import must_hold
from services.funds_api.funds import store
from services.funds_api.funds.judge import NATION, FundRule, OnBreach, Term, in_force, levels
from services.funds_api.funds.loosening import OwnSet, WaitsBecause, before, loosened, second_person_for
from services.funds_api.funds.refusals import (
    FunctionCodeNotInYear,
    TermsBindNothing,
    TermsKnown,
    TermsLoosened,
    TermsNotWaiting,
    TermsOwnWork,
)
from services.funds_api.funds.schemas import (
    AnyRule,
    BindingRule,
    ExclusiveRule,
    HouseholdExclusiveRule,
    Terms,
    TermsConfirmation,
    TermsRequest,
    TermsWithdrawal,
    UsesRule,
)
from services.funds_api.tables import FundRuleRow, FundTermsRow
from services.funds_api.units import store as units
from wire.policies import FundTermsConfirmed, FundTermsSet, FundTermsWithdrawn

# Which field of a rule's shape is its value.
_FIELD: Final[dict[FundRule, str]] = {
    FundRule.PERMITTED_USES: "uses",
    FundRule.BARRED_USES: "uses",
    FundRule.PERMITTED_PAYEES: "unit_kinds",
    FundRule.FEE_CAP: "cap_ppm",
    FundRule.HOUSEHOLD_CAP: "cap_fen",
    FundRule.PERSON_CAP: "cap_fen",
    FundRule.EXCLUSIVE_WITH: "funds",
    FundRule.HOUSEHOLD_EXCLUSIVE_WITH: "funds",
    FundRule.PUBLICITY: "publicity_days",
    FundRule.PUBLICITY_BEFORE_UPLOAD: "before_upload_days",
    FundRule.USE_NAMED: "kinds",
}
_ANY: Final[TypeAdapter[AnyRule]] = TypeAdapter(AnyRule)


async def set_terms(tx: AsyncSession, who: Principal, act: Act, fund: str, request: TermsRequest) -> Terms:
    """Record what a document lays down; the same set again changes nothing, another one for the same day is refused.

    Movements before `valid_from` keep being judged by the set before, and nothing recorded is judged anew.
    """
    must_hold(who, request.region_code)
    await act.claim(tx, request.region_code)
    await _must_be_known(tx, fund, request)
    await store.hold_terms(tx, fund)
    own = await store.terms_set(tx, [request.region_code], fund, request.fiscal_year)
    same_day = [one for one in own if one[0].valid_from == request.valid_from]
    standing = next((terms_answer(*one) for one in same_day if one[0].withdrawn_by is None), None)

    if standing is None:
        because = await _weighed(tx, fund, request, own)
        answer = Terms(fund_code=fund, waits=bool(because), waits_because=because, **request.model_dump())
        place = {"fund_code": fund, "edition": len(same_day) + 1, "set_by": who.subject}
        told = {name: getattr(answer, name) for name in ("waits", "waits_because")}
        row = {**request.model_dump(exclude={"rules"}), **place, **told}
        await store.set_terms(tx, row, [_row(rule) for rule in request.rules])
    elif _said(standing) == _said(Terms(fund_code=fund, **request.model_dump())):
        answer = standing
    else:
        raise TermsKnown(fund, request.fiscal_year, request.region_code, str(request.valid_from), standing.document)
    event = FundTermsSet(
        fund_code=fund,
        fiscal_year=request.fiscal_year,
        region_code=request.region_code,
        valid_from=request.valid_from,
        document=request.document,
        rules=[rule.rule for rule in request.rules],
        waits=answer.waits,
    )
    await act.record(tx, request.region_code, event, answer)
    return answer


async def confirm(tx: AsyncSession, who: Principal, act: Act, fund: str, request: TermsConfirmation) -> Terms:
    """Let a set that waits hold, by a second person, once."""
    row, rules = await _waiting(tx, who, act, fund, request)
    if row.set_by == who.subject:
        raise TermsOwnWork(fund, request.fiscal_year, request.region_code, str(request.valid_from))

    await store.answer_terms(tx, row, {"confirmed_by": who.subject, "confirmed_at": clock.now()})
    answer = terms_answer(row, rules).model_copy(update={"confirmed_by": who.subject})
    event = FundTermsConfirmed(
        fund_code=fund,
        fiscal_year=request.fiscal_year,
        region_code=request.region_code,
        valid_from=request.valid_from,
        document=request.document,
    )
    await act.record(tx, request.region_code, event, answer)
    return answer


async def withdraw(tx: AsyncSession, who: Principal, act: Act, fund: str, request: TermsWithdrawal) -> Terms:
    """Take back a set that waits, by anybody of its level who sets terms; it stays on record, its day is free again."""
    row, rules = await _waiting(tx, who, act, fund, request)

    done = {"withdrawn_by": who.subject, "withdrawn_because": request.reason}
    await store.answer_terms(tx, row, {**done, "withdrawn_at": clock.now()})
    answer = terms_answer(row, rules).model_copy(update=done)
    event = FundTermsWithdrawn(
        fund_code=fund,
        fiscal_year=request.fiscal_year,
        region_code=request.region_code,
        valid_from=request.valid_from,
        document=request.document,
        reason=request.reason,
    )
    await act.record(tx, request.region_code, event, answer)
    return answer


async def _waiting(
    tx: AsyncSession, who: Principal, act: Act, fund: str, request: TermsConfirmation
) -> tuple[FundTermsRow, list[FundRuleRow]]:
    """The named set with its rules, while it waits; nobody else touches sets of the fund until the commit."""
    must_hold(who, request.region_code)
    await act.claim(tx, request.region_code)
    await store.hold_terms(tx, fund)
    named = [
        one
        for one in await store.terms_set(tx, [request.region_code], fund, request.fiscal_year)
        if (one[0].valid_from, one[0].document) == (request.valid_from, request.document)
    ]
    if not named:
        raise Missing("规定", request.document)
    row, rules = named[-1]  # earlier editions of a day were withdrawn
    if not _waits(row):
        place = (fund, request.fiscal_year, request.region_code, str(request.valid_from))
        raise TermsNotWaiting(*place, row.confirmed_by, row.withdrawn_by)
    return row, rules


async def _must_be_known(tx: AsyncSession, fund: str, request: TermsRequest) -> None:
    """Every fund, use, region and function code that the terms name."""
    excluding = [rule for rule in request.rules if isinstance(rule, ExclusiveRule | HouseholdExclusiveRule)]
    named = [fund, *(code for rule in excluding for code in rule.funds)]
    found = await store.known(tx, named)
    for code in named:
        if code not in found:
            raise Missing("资金", code)
    uses = {row.code for row in await store.uses(tx)}
    for rule in request.rules:
        for use in rule.uses if isinstance(rule, UsesRule) else []:
            if use not in uses:
                raise Missing("用途", use)
    if request.region_code != NATION and not await units.region_exists(tx, request.region_code):
        raise Missing("区划", request.region_code)
    if request.function_code is not None:
        rows = await store.function_codes(tx, code=request.function_code)
        if not any(
            row.valid_from_year <= request.fiscal_year <= (row.valid_to_year or request.fiscal_year) for row in rows
        ):
            years = [f"{row.valid_from_year}–{row.valid_to_year or ''}" for row in rows]
            raise FunctionCodeNotInYear(request.function_code, request.fiscal_year, years)


async def _weighed(
    tx: AsyncSession, fund: str, request: TermsRequest, recorded: Sequence[tuple[FundTermsRow, list[FundRuleRow]]]
) -> list[WaitsBecause]:
    """Why the set needs a second person beside those that its region `recorded` for the fund-year; [] if it does not.

    Refuses one that is looser than what binds from above (the nation is bound by nobody), or says nothing and lifts
    nothing.
    """
    region, year, day = request.region_code, request.fiscal_year, request.valid_from
    new = [_term(fund, request, rule) for rule in request.rules]
    held = in_force(await store.term_sets(tx, region, [fund], day), fund, year, day)
    if found := loosened(new, [term for term in held if term.region != region]):
        raise TermsLoosened(fund, year, region, found)
    own = [_own(row, rules) for row, rules in recorded if row.withdrawn_by is None]
    if not new and not any(one.terms for one in before(own, day)):
        raise TermsBindNothing(fund, year, region)
    return second_person_for(new, day, own, await store.general(tx, day) if region == NATION else [])


def _own(row: FundTermsRow, rules: Sequence[FundRuleRow]) -> OwnSet:
    told = terms_answer(row, rules)
    return OwnSet(
        row.valid_from,
        [_term(row.fund_code, told, rule) for rule in told.rules],
        waiting=_waits(row),
        agreed=row.confirmed_by is not None,
    )


def _waits(row: FundTermsRow) -> bool:
    return row.waits and row.confirmed_by is None and row.withdrawn_by is None


def _term(fund: str, request: TermsRequest, rule: AnyRule) -> Term:
    value = _row(rule)["value"]
    return Term(
        fund,
        request.fiscal_year,
        request.region_code,
        request.valid_from,
        request.document,
        rule.rule,
        value if isinstance(value, int) else tuple(value),
        OnBreach(rule.on_breach),
        rule.source,
        rule.basis,
    )


def _row(rule: AnyRule) -> dict[str, Any]:
    told = rule.model_dump(mode="json")
    value = told.pop(_FIELD[rule.rule])
    return {**told, "value": value}


def terms_answer(row: FundTermsRow, rules: Sequence[FundRuleRow]) -> Terms:
    """A recorded set in the shape in which it was given."""
    return Terms.model_validate(
        {
            **{name: getattr(row, name) for name in Terms.model_fields if name != "rules"},
            "rules": [_shape(rule) for rule in rules],
        }
    )


def _shape(rule: FundRuleRow | Term) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        _FIELD[FundRule(rule.rule)]: list(rule.value) if isinstance(rule.value, tuple) else rule.value,
        "on_breach": rule.on_breach,
        "source": rule.source,
        "basis": rule.basis,
    }


def _said(terms: Terms) -> Terms:
    """What a set says, however its rules are ordered and whether it holds already."""
    rules = sorted(terms.rules, key=lambda rule: rule.rule)
    return terms.model_copy(update={"rules": rules, "waits": False, "waits_because": [], "confirmed_by": None})


@dataclass(frozen=True, slots=True)
class Standing:
    """The sets of a fund-year that start by a day: those that hold, of each level the last; those that do not."""

    held: list[Terms]
    waiting: list[Terms]
    withdrawn: list[Terms]


async def terms_in_force(tx: AsyncSession, county: str, fund: str, fiscal_year: int, on: date) -> Standing:
    """The set of each level that holds for a county on a day, highest level first, and those that do not hold."""
    latest: dict[str, Terms] = {}
    waiting: list[Terms] = []
    withdrawn: list[Terms] = []
    for row, rules in await store.terms_set(tx, levels(county), fund, fiscal_year, on):
        told = terms_answer(row, rules)
        if row.withdrawn_by is not None:
            withdrawn.append(told)
        elif _waits(row):
            waiting.append(told)
        else:
            latest[row.region_code] = told  # oldest first, so the last one stays
    held = sorted(latest.values(), key=lambda one: (one.region_code != NATION, len(one.region_code)))
    return Standing(held, waiting, withdrawn)


async def binding(tx: AsyncSession, county: str, fund: str, fiscal_year: int, on: date) -> list[BindingRule]:
    """Every rule that a movement of the fund-year is held to in a county on a day, the highest level first."""
    held = in_force(await store.term_sets(tx, county, [fund], on), fund, fiscal_year, on)
    return [
        BindingRule(
            origin=term.origin(county),
            region_code=term.region,
            valid_from=term.valid_from,
            document=term.document,
            rule=_ANY.validate_python(_shape(term)),
        )
        for term in held
    ]
