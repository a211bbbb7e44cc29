"""Setting the terms of a fund: by a document, for a year, within the caller's own region."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.identity import Principal
from chassis.journal import Act
from services.funds_api.access import must_hold
from services.funds_api.funds import store
from services.funds_api.funds.judge import NATION, FundRule, OnBreach, Origin, Term, in_force, levels
from services.funds_api.funds.loosening import lifted, loosened
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
    UsesRule,
)
from services.funds_api.missing import Missing
from services.funds_api.tables import FundRuleRow, FundTermsRow
from services.funds_api.units import store as units
from wire.funds import FundTermsConfirmed, FundTermsSet

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
}
_ANY: Final[TypeAdapter[AnyRule]] = TypeAdapter(AnyRule)


async def set_terms(tx: AsyncSession, who: Principal, act: Act, fund: str, request: TermsRequest) -> Terms:
    """Record what a document lays down; the same set again changes nothing, another one for the same day is refused.

    Movements before `valid_from` keep being judged by the set before, and nothing recorded is judged anew.
    """
    must_hold(who, request.region_code)
    await act.claim(tx, request.region_code)
    await _must_be_known(tx, fund, request)
    waits = await _lifts(tx, fund, request)

    answer = Terms(fund_code=fund, waits=waits, **request.model_dump())
    row = request.model_dump(exclude={"rules"})
    rules = [_row(rule) for rule in request.rules]
    if not await store.set_terms(tx, {**row, "fund_code": fund, "set_by": who.subject, "waits": waits}, rules):
        sets = await store.terms_set(tx, [request.region_code], fund, request.fiscal_year, request.valid_from)
        recorded = terms_answer(*sets[-1])
        if _said(recorded) != _said(answer):
            raise TermsKnown(fund, request.fiscal_year, request.region_code, str(request.valid_from), recorded.document)
        answer = recorded
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
    """Let a set that lifts its level's own terms hold, by a second person, once."""
    must_hold(who, request.region_code)
    await act.claim(tx, request.region_code)
    sets = await store.terms_set(tx, [request.region_code], fund, request.fiscal_year, request.valid_from)
    found = next(
        (row for row, _ in sets if (row.valid_from, row.document) == (request.valid_from, request.document)), None
    )
    if found is None:
        raise Missing("规定", request.document)
    place = (fund, request.fiscal_year, request.region_code, str(request.valid_from))
    if not found.waits or found.confirmed_by is not None:
        raise TermsNotWaiting(*place, found.confirmed_by)
    if found.set_by == who.subject:
        raise TermsOwnWork(*place)

    key = {"fund_code": fund, **request.model_dump(exclude={"document"})}
    if not await store.confirm_terms(tx, key, who.subject, clock.now()):
        raise TermsNotWaiting(*place, None)
    rules = next(rules for row, rules in sets if row is found)
    answer = terms_answer(found, rules).model_copy(update={"confirmed_by": who.subject})
    event = FundTermsConfirmed(
        fund_code=fund,
        fiscal_year=request.fiscal_year,
        region_code=request.region_code,
        valid_from=request.valid_from,
        document=request.document,
    )
    await act.record(tx, request.region_code, event, answer)
    return answer


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


async def _lifts(tx: AsyncSession, fund: str, request: TermsRequest) -> bool:
    """Whether the set lifts or loosens what the region itself had laid down by its first day.

    Refuses one that is looser than what binds from above (the nation is bound by nobody), or says nothing and lifts
    nothing.
    """
    own, year, day = request.region_code, request.fiscal_year, request.valid_from
    sets = await store.term_sets(tx, own, [fund], day)
    held = in_force([one for one in sets if one.region != own or one.valid_from < day], fund, year, day)
    new = [_term(fund, request, rule) for rule in request.rules]
    before = [term for term in held if term.origin(own) is Origin.OWN]
    if found := loosened(new, [term for term in held if term.region != own]):
        raise TermsLoosened(fund, year, own, found)
    if not new and not before:
        raise TermsBindNothing(fund, year, own)
    return bool(lifted(new, before))


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


def terms_answer(row: FundTermsRow, rules: list[FundRuleRow]) -> Terms:
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
    return terms.model_copy(update={"rules": rules, "waits": False, "confirmed_by": None})


async def terms_in_force(
    tx: AsyncSession, county: str, fund: str, fiscal_year: int, on: date
) -> tuple[list[Terms], list[Terms]]:
    """The set of each level that holds for a county on a day, highest level first; and those that wait."""
    latest: dict[str, Terms] = {}
    waiting: list[Terms] = []
    for row, rules in await store.terms_set(tx, levels(county), fund, fiscal_year, on):
        if row.waits and row.confirmed_by is None:
            waiting.append(terms_answer(row, rules))
        else:
            latest[row.region_code] = terms_answer(row, rules)  # oldest first, so the last one stays
    return sorted(latest.values(), key=lambda one: (one.region_code != "00", len(one.region_code))), waiting


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
