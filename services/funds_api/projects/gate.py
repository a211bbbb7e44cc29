"""What the library asks of movements to and from a project's accounts, held against the books as they leave them.

Called after the movements are written and before they are committed, while the county's journal is held: a refusal
here undoes everything. What is brought, also dated back, has to fit the plan of every day from its own on. Of a
treasury order it is the order that is judged, as what spends the project's quota or brings money to its account; the
bank's result tells where the money got to, and is not asked again. What a deposit (质保金) pays is asked of the
projects whose retentions it draws: it is part of what their contracts are due. A project hands nothing on to others,
whatever its progress: that would be spending without a contract. What goes back (return, recovery, taking back) and
the undoing of what was brought or spent are never refused; undoing what went back is judged in `restored.py`.
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
from services.funds_api.projects import contract_rows, contracts, money, plan_days, store
from services.funds_api.projects.money import Got
from services.funds_api.projects.progress import Due, due_of
from services.funds_api.projects.refusals import (
    OverPlan,
    OverProgress,
    ProjectHandsNothingOn,
    ProjectNotAdmitted,
    ProjectNotBuilding,
)
from services.funds_api.projects.stages import Stage, has_plan, may_pay, may_receive
from services.funds_api.tables import AccountRow, ProjectRow
from services.funds_api.units.schemas import UnitKind

_OUT: Final = frozenset({"pay", "disburse", "retain"})


async def still(tx: AsyncSession, who: Principal, county: str, accounts: Sequence[UUID]) -> None:
    """Keep stage, plan and contracts of these accounts' projects as they are until the commit.

    To be called before any account is locked: whoever changes a project holds its row and then waits for the journal,
    so a posting that held the journal and waited for the row would make a ring.
    """
    async with whole_county(tx, who, county):
        await store.keep_still(tx, county, sorted(accounts))


async def hold(tx: AsyncSession, who: Principal, county: str, movements: Sequence[Movement]) -> None:
    """Refuse written movements that a project may not receive or pay; others, and other accounts, are let through.

    Whoever posts what may be refused has kept the projects `still` before.
    """
    ends = {end for one in movements for end in (one.source, one.target) if end}
    async with whole_county(tx, who, county):
        kinds = await store.kinds(tx, county, sorted(ends))
        if not kinds:
            return
        projects = await store.of_accounts(tx, county, sorted(ends))
        held = _accounts(projects)
        for one in movements:
            if one.kind == "hand_down" and kinds.get(one.target) == UnitKind.PROJECT_UNIT and one.target not in held:
                raise ProjectNotAdmitted(str(one.target), "", one.effective_on)
        meant = await store.meant(tx, county, [one.id for one in movements])
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
            spent = {(meant[one.id], one.effective_on) for one in movements if one.kind in _OUT and one.source in own}
            await _must_stand(tx, project, brought, spent)
        released = [one for one in movements if one.kind == "pay" and kinds.get(one.source) == UnitKind.RETENTION]
        if released:
            day = max(one.effective_on for one in released)
            await _may_release(tx, county, [one.id for one in released], day, {meant[one.id] for one in released})


async def hold_order(tx: AsyncSession, who: Principal, county: str, movement: Movement, payee: AccountRow) -> None:
    """Refuse a written treasury order that a project may not issue out of its quota, or may not be paid by.

    An order that turns a project's own quota into its own cash neither spends nor brings anything.
    """
    source, on = movement.source, movement.effective_on
    async with whole_county(tx, who, county):
        ends = [payee.id, *([] if source is None else [source])]
        kinds = await store.kinds(tx, county, ends)
        if not kinds:
            return
        projects = await store.of_accounts(tx, county, ends)
        if payee.kind == UnitKind.PROJECT_UNIT and payee.id not in _accounts(projects):
            raise ProjectNotAdmitted(str(payee.id), "", on)
        for project in projects:
            own = _accounts([project])
            if not own >= {source, payee.id}:
                brought = {(payee.id, on)} if payee.id in own else set()
                await _must_stand(tx, project, brought, {(payee.unit_id, on)} if source in own else set())
        if kinds.get(source) == UnitKind.RETENTION:
            await _may_release(tx, county, [movement.id], on, {payee.unit_id})


def _accounts(projects: Iterable[ProjectRow]) -> set[UUID]:
    held = {account for one in projects for account in (one.cash_account_id, one.quota_account_id)}
    return {one for one in held if one is not None}


async def _must_stand(
    tx: AsyncSession,
    project: ProjectRow,
    brought: Collection[tuple[UUID, date]],
    spent: Collection[tuple[UUID, date]],
) -> None:
    """What was brought (to which account, on which day) and spent (on whom, when) fits stage, plan and progress.

    Nothing is brought any more, of whatever day, to a project that went back behind its plan or out of the library: it
    went empty.
    """
    if brought and not has_plan(Stage(project.stage)):
        account, on = min(brought)
        raise ProjectNotAdmitted(str(account), project.stage, on)
    spending = {on for _, on in spent}
    for day in {*(on for _, on in brought), *spending}:
        stage = await store.stage_on(tx, project.county_code, project.id, day)
        for account, on in brought:
            if on == day and (stage is None or not may_receive(Stage(stage))):
                raise ProjectNotAdmitted(str(account), stage or "declared", day)
        if day in spending and (stage is None or not may_pay(Stage(stage))):
            raise ProjectNotBuilding(str(project.id), stage or "declared", day)
    if brought:
        await within_plan(tx, project, min(on for _, on in brought))
    if spent:
        await within_progress(tx, project, max(spending), {unit for unit, _ in spent})


async def _may_release(
    tx: AsyncSession, county: str, movements: Sequence[UUID], on: date, contractors: Collection[UUID]
) -> None:
    """What deposits paid or ordered by these written movements is due to the contractors of the retentions drawn."""
    for project in await store.whose_retentions(tx, county, movements):
        await within_progress(tx, project, on, set(), contractors)


async def within_plan(tx: AsyncSession, project: ProjectRow, since: date, grown: Collection[str] | None = None) -> None:
    """On no day from `since` on has a fund brought more than the version in force that day plans from it.

    What is on its way by an order counts. Of `grown` only these funds are asked.
    """
    plans = await store.plans(tx, project.county_code, project.id)
    for fund, changes in sorted((await money.planned_use(tx, project.county_code, project.id)).items()):
        if grown is None or fund in grown:
            over = plan_days.worst(((on, planned.get(fund, 0)) for on, planned in plans.items()), changes, since)
            if over:
                raise OverPlan(str(project.id), fund, over.on, over.planned_fen, over.taken_fen)


async def within_progress(
    tx: AsyncSession, project: ProjectRow, on: date, paid: Collection[UUID], released: Collection[UUID] = ()
) -> None:
    """No contractor gets more than its contracts let it by that day; all together, what is due less retentions.

    What is kept back of a contract is no more than what is due of it, and with what its contractor got no more than
    what is due to that contractor. A cancelled contract is due what it was settled at, also to a payment dated back,
    and also out of its retention: what lies in the deposit beyond that has to go back, and stands in nobody's way but
    of whom the project `paid` now. What an order has sent counts as paid. A desk that is reimbursed (报账) has no
    contract: it counts together only. What other contractors got beyond what was due to them by that day they got on a
    later one, and held them to it then: it keeps nobody else from a payment dated back.
    """
    county = project.county_code
    signed = await contract_rows.contracts(tx, county, [project.id])
    reports = await contract_rows.progress(tx, county, [one.id for one in signed])
    advance = await contracts.advance_ppm(tx, project.region_code, on)
    due = contracts.dues(signed, reports, advance, on, ended_by=money.EVER.as_of)
    got_fen, kept_back = defaultdict[UUID | None, int](int), defaultdict[UUID | None, int](int)
    for payee, got in (await money.paid_to(tx, county, project.id, money.EVER)).items():
        got_fen[payee] = got.claimed_fen
    retained = await money.retained(tx, county, project.id, money.EVER)
    let_go = await money.released(tx, county, project.id, money.EVER)
    asked = {*paid, *released}
    for one in signed:
        own, went = (
            due_of(contracts.terms_of(one, reports, on, money.EVER.as_of), advance, on),
            let_go.get(one.id, Got()),
        )
        rests_fen = retained.get(one.id, 0) - went.in_transit_fen
        if one.settled_fen is None and one.contractor_id in asked:
            _must_be_due(project, own, rests_fen)
        elif one.settled_fen is not None and one.contractor_id in released:
            _must_be_due(project, own, went.claimed_fen)
        kept_back[one.contractor_id] += rests_fen
        got_fen[one.contractor_id] += went.in_transit_fen
    kept_back[None] = retained.get(None, 0)

    ended = {one.contractor_id for one in signed if one.settled_fen is not None}
    for contractor in sorted(one for one in {*kept_back, *got_fen} if one is not None):
        own = due.get(contractor, Due(0, 0, 0))
        if contractor not in asked:
            got_fen[contractor] = min(got_fen[contractor], max(own.payable_fen, 0))
            kept_back[contractor] = min(kept_back[contractor], max(own.due_fen - got_fen[contractor], 0))
            continue
        if contractor in ended and contractor not in paid:
            kept_back[contractor] = min(kept_back[contractor], max(own.due_fen - got_fen[contractor], 0))
        else:
            own = replace(own, kept_fen=max(own.kept_fen, kept_back[contractor]))
        _must_cover(project, own, got_fen[contractor])
        _must_be_due(project, own, got_fen[contractor] + kept_back[contractor])
    kept_fen, claimed_fen = sum(kept_back.values()), sum(got_fen.values())
    kept = max(kept_fen, sum(one.kept_fen for one in due.values()))
    together = Due(sum(one.contracts_fen for one in due.values()), sum(one.due_fen for one in due.values()), kept)
    _must_cover(project, together, claimed_fen)
    _must_be_due(project, together, kept_fen + claimed_fen)


def _must_be_due(project: ProjectRow, due: Due, fen: int) -> None:
    """A retention is a part of what is due: without its contract's progress there is nothing to keep back."""
    if fen > due.due_fen:
        raise OverProgress(str(project.id), due.contracts_fen, due.due_fen, due.kept_fen, fen)


def _must_cover(project: ProjectRow, due: Due, paid_fen: int) -> None:
    if paid_fen > max(due.payable_fen, 0):
        raise OverProgress(str(project.id), due.contracts_fen, due.due_fen, due.kept_fen, paid_fen)
