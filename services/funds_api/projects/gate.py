"""What the library asks of movements to and from a project's accounts, held against the books as they leave them.

Called after the movements are written and before they are committed, while the county's journal is held: a refusal
here undoes everything. Of a treasury order it is the order that is judged, as what spends the project's quota or brings
money to its account; the bank's result tells where the money got to, and is not asked again. A project hands nothing
on to others, whatever its progress: that would be spending without a contract. Corrections (return, recovery,
reversal, taking back) are never refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.lots.ledger import Movement
from services.funds_api.lots.store import whole_county
from services.funds_api.projects import contract_rows, contracts, money, store
from services.funds_api.projects.money import Got
from services.funds_api.projects.progress import Due, due_of
from services.funds_api.projects.refusals import (
    OverPlan,
    OverProgress,
    ProjectHandsNothingOn,
    ProjectNotAdmitted,
    ProjectNotBuilding,
)
from services.funds_api.projects.stages import Stage, may_pay, may_receive
from services.funds_api.tables import ProjectRow

_OUT: Final = frozenset({"pay", "disburse", "retain"})


async def still(tx: AsyncSession, who: Principal, county: str, accounts: Sequence[UUID]) -> None:
    """Keep stage, plan and contracts of these accounts' projects as they are until the commit.

    To be called before any account is locked: whoever changes a project holds its row and then waits for the journal,
    so a posting that held the journal and waited for the row would make a ring.
    """
    async with whole_county(tx, who, county):
        await store.of_accounts(tx, county, sorted(accounts), lock=True)


async def hold(tx: AsyncSession, who: Principal, county: str, movements: Sequence[Movement]) -> None:
    """Refuse written movements that a project may not receive or pay; others, and other accounts, are let through.

    Whoever posts what may be refused has kept the projects `still` before.
    """
    ends = {end for one in movements for end in (one.source, one.target) if end}
    async with whole_county(tx, who, county):
        projects_accounts = await store.project_accounts(tx, county, sorted(ends))
        if not projects_accounts:
            return
        projects = await store.of_accounts(tx, county, projects_accounts)
        held = _accounts(projects)
        for one in movements:
            if one.kind == "hand_down" and one.target in projects_accounts and one.target not in held:
                raise ProjectNotAdmitted(str(one.target), "", one.effective_on)
        for project in projects:
            own = _accounts([project])
            for one in movements:
                if one.kind == "hand_down" and one.source in own and one.target not in own:
                    raise ProjectHandsNothingOn(str(project.id), str(one.target), one.amount_fen, one.effective_on)
            brought = {
                (one.target, one.effective_on)
                for one in movements
                if one.kind == "hand_down" and one.target in own and one.source not in own
            }
            spent = {one.effective_on for one in movements if one.kind in _OUT and one.source in own}
            await _must_stand(tx, project, brought, spent)


async def hold_order(tx: AsyncSession, who: Principal, county: str, source: UUID, payee: UUID, on: date) -> None:
    """Refuse a written treasury order that a project may not issue out of its quota, or may not be paid by.

    An order that turns a project's own quota into its own cash neither spends nor brings anything.
    """
    async with whole_county(tx, who, county):
        projects_accounts = await store.project_accounts(tx, county, sorted({source, payee}))
        if not projects_accounts:
            return
        projects = await store.of_accounts(tx, county, projects_accounts)
        if payee in projects_accounts and payee not in _accounts(projects):
            raise ProjectNotAdmitted(str(payee), "", on)
        for project in projects:
            own = _accounts([project])
            if not own >= {source, payee}:
                await _must_stand(
                    tx, project, {(payee, on)} if payee in own else set(), {on} if source in own else set()
                )


def _accounts(projects: Iterable[ProjectRow]) -> set[UUID]:
    held = {account for one in projects for account in (one.cash_account_id, one.quota_account_id)}
    return {one for one in held if one is not None}


async def _must_stand(
    tx: AsyncSession, project: ProjectRow, brought: Collection[tuple[UUID | None, date]], spent: Collection[date]
) -> None:
    """What was brought (to which account, on which day) and spent (on which days) fits stage, plan and progress."""
    for day in {*(on for _, on in brought), *spent}:
        stage = await store.stage_on(tx, project.county_code, project.id, day)
        for account, on in brought:
            if on == day and (stage is None or not may_receive(Stage(stage))):
                raise ProjectNotAdmitted(str(account), stage or "declared", day)
        if day in spent and (stage is None or not may_pay(Stage(stage))):
            raise ProjectNotBuilding(str(project.id), stage or "declared", day)
    if brought:
        await _within_plan(tx, project)
    if spent:
        await _within_progress(tx, project, max(spent))


async def _within_plan(tx: AsyncSession, project: ProjectRow) -> None:
    """No fund brings more than the version in force plans from it; what is on its way by an order counts."""
    flows = (await money.flows(tx, project.county_code, [project.id], money.EVER)).get(project.id, [])
    planned = {
        one.fund_code: one.planned_fen
        for one in await store.sources(tx, project.county_code, [project.id])
        if one.version == project.version
    }
    for fund, flow in money.by_fund(flows).items():
        if flow.planned_use_fen > planned.get(fund, 0):
            raise OverPlan(str(project.id), fund, planned.get(fund, 0), flow.planned_use_fen)


async def _within_progress(tx: AsyncSession, project: ProjectRow, on: date) -> None:
    """No contractor gets more than its contracts let it by that day; all together, what is due less retentions.

    What is kept back of a contract is no more than what is due of it, and with what its contractor got no more than
    what is due to that contractor. A cancelled contract is due what it was settled at, also to a payment dated back.
    What an order has sent counts as paid. A desk that is reimbursed (报账) has no contract: it counts together only.
    """
    county = project.county_code
    signed = await contract_rows.contracts(tx, county, [project.id])
    reports = await contract_rows.progress(tx, county, [one.id for one in signed])
    advance = await contracts.advance_ppm(tx, project.region_code, on)
    due = contracts.dues(signed, reports, advance, on, ended_by=money.EVER.as_of)
    paid = await money.paid_to(tx, county, project.id, money.EVER)
    kept_back: dict[UUID, int] = defaultdict(int)
    for contract, fen in (await money.retained(tx, county, project.id, money.EVER)).items():
        for one in (one for one in signed if one.id == contract):
            _must_be_due(project, due_of(contracts.terms_of(one, reports, on, money.EVER.as_of), advance, on), fen)
            kept_back[one.contractor_id] += fen
    for contractor in {*kept_back, *(one for one in paid if one is not None)}:
        own, got_fen = due.get(contractor, Due(0, 0, 0)), paid.get(contractor, Got()).claimed_fen
        own = replace(own, kept_fen=max(own.kept_fen, kept_back[contractor]))
        _must_cover(project, own, got_fen)
        _must_be_due(project, own, got_fen + kept_back[contractor])
    flows = (await money.flows(tx, county, [project.id], money.EVER)).get(project.id, [])
    retained, claimed = (
        money.total(one.flow for one in flows).retained_fen,
        sum(one.claimed_fen for one in paid.values()),
    )
    kept = max(retained, sum(one.kept_fen for one in due.values()))
    together = Due(sum(one.contracts_fen for one in due.values()), sum(one.due_fen for one in due.values()), kept)
    _must_cover(project, together, claimed)
    _must_be_due(project, together, retained + claimed)


def _must_be_due(project: ProjectRow, due: Due, fen: int) -> None:
    """A retention is a part of what is due: without its contract's progress there is nothing to keep back."""
    if fen > due.due_fen:
        raise OverProgress(str(project.id), due.contracts_fen, due.due_fen, due.kept_fen, fen)


def _must_cover(project: ProjectRow, due: Due, paid_fen: int) -> None:
    if paid_fen > max(due.payable_fen, 0):
        raise OverProgress(str(project.id), due.contracts_fen, due.due_fen, due.kept_fen, paid_fen)
