"""Contracts of a project and the progress of their work: reported by one person, accepted by another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.lots.store import whole_county
from services.funds_api.policies import store as policies
from services.funds_api.projects import contract_rows as rows
from services.funds_api.projects import money, plan_days, service, store
from services.funds_api.projects.money import Got
from services.funds_api.projects.progress import PPM, Due, Terms, due_of, due_together
from services.funds_api.projects.refusals import (
    ContractCancelled,
    ContractKnown,
    ContractNotNow,
    NoContractor,
    OverPlan,
    ProgressAccepted,
    ProgressNotForward,
    SettlementDiffers,
    StepByMaker,
)
from services.funds_api.projects.schemas import (
    CancellationRequest,
    Contract,
    ContractorMoney,
    ContractRequest,
    Progress,
    ProgressAcceptance,
    ProgressRequest,
)
from services.funds_api.projects.stages import Stage
from services.funds_api.tables import ProjectContractRow, ProjectProgressRow
from services.funds_api.units.schemas import UnitKind
from treasury.documents import normalise_document
from treasury.policy import in_force
from wire.projects import ContractEnded, ContractSigned, ProgressRecorded

ADVANCE: Final = "project_advance_ppm"
_SIGNED: Final = frozenset({Stage.TENDERING, Stage.BUILDING})
_WORKED: Final = frozenset({Stage.BUILDING, Stage.ACCEPTED})


async def sign(
    tx: AsyncSession, who: Principal, act: Act, county: str, project_id: UUID, request: ContractRequest, today: date
) -> Contract:
    """Record a contract with a contractor of the county; the contracts of a project stay within its plan."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    if project.stage not in _SIGNED:
        raise ContractNotNow(project.stage)
    async with whole_county(tx, who, county):
        kind = await rows.unit_kind(tx, county, request.contractor_id)
    if kind is None:
        raise Missing("单位", str(request.contractor_id))
    if kind != UnitKind.CONTRACTOR:
        raise NoContractor(str(request.contractor_id), kind)
    service.must_lie(request.signed_on, min(request.signed_on, today), today)
    signed = await rows.contracts(tx, county, [project_id])
    _must_be_new(signed, request.number)
    # By the plan of its day with what was signed until then, and so of each day since; the first plan is its earliest.
    plans = {on: sum(sources.values()) for on, sources in (await store.plans(tx, county, project_id)).items()}
    costs = [(request.signed_on, request.amount_fen), *_costs(signed)]
    if over := plan_days.worst(plans.items(), costs, max(request.signed_on, min(plans))):
        raise OverPlan(str(project_id), "", over.on, over.planned_fen, over.taken_fen)

    row: dict[str, Any] = {
        "county_code": county,
        "id": new_id(),
        "project_id": project_id,
        "region_code": project.region_code,
        **request.model_dump(),
        "signed_by": who.subject,
    }
    await rows.insert_contract(tx, row)
    answer = shown(
        next(one for one in await rows.contracts(tx, county, [project_id]) if one.id == row["id"]),
        [],
        await advance_ppm(tx, project.region_code, request.signed_on),
        request.signed_on,
    )
    told = ContractSigned(
        contract_id=answer.id,
        project_id=project_id,
        county_code=county,
        region_code=project.region_code,
        contractor_id=answer.contractor_id,
        number=answer.number,
        amount_fen=answer.amount_fen,
        signed_on=answer.signed_on,
    )
    await act.record(tx, county, told, answer)
    return answer


def cost_fen(signed: Iterable[ProjectContractRow]) -> int:
    """What contracts take up of their plan: their amounts, or of cancelled ones what they were settled at."""
    return sum(one.amount_fen if one.settled_fen is None else one.settled_fen for one in signed)


def _costs(signed: Iterable[ProjectContractRow]) -> Iterator[tuple[date, int]]:
    """By how many fen, on which day, contracts change what they take up: a cancelled one took its amount until then."""
    for one in signed:
        yield one.signed_on, one.amount_fen
        if one.cancelled_on is not None and one.settled_fen is not None:
            yield one.cancelled_on, one.settled_fen - one.amount_fen


async def cancel(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    contract_id: UUID,
    request: CancellationRequest,
    today: date,
) -> Contract:
    """Cancel a contract by document, not before the work that was accepted of it: what it was settled at stays paid.

    What was paid names the contractor, not the contract, so the settlement has to lie within what the books allow: at
    least what the contractor's other contracts cannot account for and what its own retention paid, at most what is due
    of this one and was paid or retained.
    """
    await act.claim(tx, county)
    contract, _ = await _contract(tx, who, county, project_id, contract_id)
    _must_run(contract)
    signed = await rows.contracts(tx, county, [project_id])
    reports = await rows.progress(tx, county, [one.id for one in signed])
    accepted = [one.accepted_on for one in reports if one.contract_id == contract_id and one.accepted_on is not None]
    service.must_lie(request.cancelled_on, max([contract.signed_on, *accepted]), today)
    advance = await advance_ppm(tx, contract.region_code, today)
    others = [one for one in signed if one.contractor_id == contract.contractor_id and one.id != contract_id]
    due_fen = due_of(terms_of(contract, reports, today), advance, today).due_fen
    others_fen = due_together((terms_of(one, reports, today) for one in others), advance, today).due_fen
    async with whole_county(tx, who, county):
        paid = await money.paid_to(tx, county, project_id, money.EVER)
        retained = await money.retained(tx, county, project_id, money.EVER)
        released = await money.released(tx, county, project_id, money.EVER)
    sent_fen = sum(released.get(one.id, Got()).in_transit_fen for one in (contract, *others))
    got_fen = paid.get(contract.contractor_id, Got()).claimed_fen + sent_fen
    own = released.get(contract_id, Got())
    least_fen = max(got_fen - others_fen, own.claimed_fen)
    most_fen = max(min(due_fen, got_fen + retained.get(contract_id, 0) - own.in_transit_fen), least_fen)
    if not least_fen <= request.settled_fen <= most_fen:
        raise SettlementDiffers(str(contract_id), request.settled_fen, least_fen, most_fen)

    changes = {
        "cancelled_on": request.cancelled_on,
        "cancellation_document": request.document,
        "settled_fen": request.settled_fen,
        "cancelled_by": who.subject,
    }
    contract = await rows.cancel_contract(tx, contract, changes)
    answer = shown(contract, reports, advance, today)
    told = ContractEnded(
        contract_id=contract_id,
        project_id=project_id,
        county_code=county,
        region_code=contract.region_code,
        contractor_id=contract.contractor_id,
        document=request.document,
        cancelled_on=request.cancelled_on,
        settled_fen=request.settled_fen,
    )
    await act.record(tx, county, told, answer)
    return answer


def _must_be_new(signed: Sequence[ProjectContractRow], number: str) -> None:
    """Refuse a number that one of the project's contracts has, in whichever brackets and blanks it is written."""
    for one in signed:
        if normalise_document(one.number) == normalise_document(number):
            raise ContractKnown(one.number, str(one.id), one.amount_fen, one.signed_on)


def _must_run(contract: ProjectContractRow) -> None:
    if contract.cancelled_on is not None:
        raise ContractCancelled(str(contract.id), contract.cancelled_on)


async def report(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    contract_id: UUID,
    request: ProgressRequest,
    today: date,
) -> Progress:
    """Report how far a contract has come; it counts once another person has accepted it."""
    await act.claim(tx, county)
    contract, stage = await _contract(tx, who, county, project_id, contract_id)
    _must_run(contract)
    if stage not in _WORKED:
        raise ContractNotNow(stage)
    service.must_lie(request.reached_on, contract.signed_on, today)
    _must_go_on(await rows.progress(tx, county, [contract_id]), request.progress_ppm)

    row: dict[str, Any] = {
        "county_code": county,
        "id": new_id(),
        "contract_id": contract_id,
        "region_code": contract.region_code,
        **request.model_dump(),
        "reported_by": who.subject,
    }
    await rows.insert_progress(tx, row)
    return await _told(tx, act, county, contract, row["id"])


async def accept(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    contract_id: UUID,
    progress_id: UUID,
    request: ProgressAcceptance,
    today: date,
) -> Progress:
    """Accept a report: from its day on so much of the contract is due. Not by whoever reported it."""
    await act.claim(tx, county)
    contract, stage = await _contract(tx, who, county, project_id, contract_id)
    _must_run(contract)
    if stage not in _WORKED:
        raise ContractNotNow(stage)
    reports = await rows.progress(tx, county, [contract_id])
    reported = next((one for one in reports if one.id == progress_id), None)
    if reported is None:
        raise Missing("进度报告", str(progress_id))
    if reported.accepted_on is not None:
        raise ProgressAccepted(str(progress_id))
    if reported.reported_by == who.subject:
        raise StepByMaker(Stage.ACCEPTED, "进度验收")
    service.must_lie(request.accepted_on, reported.reached_on, today)
    _must_go_on(reports, reported.progress_ppm)
    await rows.accept_progress(
        tx,
        reported,
        {
            "accepted_by": who.subject,
            "accepted_on": request.accepted_on,
            "acceptance_document": request.document,
        },
    )
    return await _told(tx, act, county, contract, progress_id)


async def _contract(
    tx: AsyncSession, who: Principal, county: str, project_id: UUID, contract_id: UUID
) -> tuple[ProjectContractRow, Stage]:
    project = await service.found(tx, who, county, project_id, lock=True)
    held = {one.id: one for one in await rows.contracts(tx, county, [project_id])}
    if contract_id not in held:
        raise Missing("合同", str(contract_id))
    return held[contract_id], Stage(project.stage)


def _must_go_on(reports: Sequence[ProjectProgressRow], ppm: int) -> None:
    accepted = max((one.progress_ppm for one in reports if one.accepted_on is not None), default=0)
    if ppm <= accepted:
        raise ProgressNotForward(accepted, ppm)


async def _told(tx: AsyncSession, act: Act, county: str, contract: ProjectContractRow, progress_id: UUID) -> Progress:
    row = next(one for one in await rows.progress(tx, county, [contract.id]) if one.id == progress_id)
    answer = _progress(row)
    told = ProgressRecorded(
        progress_id=row.id,
        contract_id=contract.id,
        project_id=contract.project_id,
        county_code=county,
        region_code=contract.region_code,
        progress_ppm=row.progress_ppm,
        accepted=row.accepted_on is not None,
    )
    await act.record(tx, county, told, answer)
    return answer


def _progress(row: ProjectProgressRow, on: date = date.max) -> Progress:
    """A report as it stood on a day: one that was accepted later waited."""
    told = {name: getattr(row, name) for name in Progress.model_fields}
    if row.accepted_on is None or row.accepted_on > on:
        told |= dict.fromkeys(("accepted_by", "accepted_on", "acceptance_document"))
    return Progress(**told)


async def advance_ppm(tx: AsyncSession, region: str, on: date, known_at: datetime | None = None) -> int:
    """The share of a contract that may be paid before any progress; 0 where no value is in force (and known)."""
    values = await policies.values(tx, ADVANCE, known_at=known_at, region=region)
    value = in_force(values, ADVANCE, region, on)
    return value.number if value else 0


def terms_of(
    row: ProjectContractRow, reports: Sequence[ProjectProgressRow], on: date, ended_by: date | None = None
) -> Terms:
    """The contract as payment sees it on a day: what had been accepted by then counts.

    Of a contract cancelled by then (or by `ended_by`) what it was settled at is due, nothing kept back, nothing more.
    """
    if row.settled_fen is not None and row.cancelled_on is not None and row.cancelled_on <= (ended_by or on):
        return Terms(row.settled_fen, PPM, 0, None)
    accepted = [
        one.progress_ppm
        for one in reports
        if one.contract_id == row.id and one.accepted_on is not None and one.accepted_on <= on
    ]
    return Terms(row.amount_fen, max(accepted, default=0), row.retention_ppm, row.release_on)


def shown(
    row: ProjectContractRow, reports: Sequence[ProjectProgressRow], advance: int, on: date, retained_fen: int = 0
) -> Contract:
    """A contract with what was reported and accepted by a day, and what is kept back of it."""
    terms = terms_of(row, reports, on)
    due = due_of(terms, advance, on)
    own = {name: getattr(row, name) for name in Contract.model_fields if hasattr(row, name)}
    if row.cancelled_on is not None and row.cancelled_on > on:
        own |= {"cancelled_on": None, "cancellation_document": None, "settled_fen": None}
    return Contract(
        **own,
        progress_ppm=terms.progress_ppm,
        due_fen=due.due_fen,
        kept_fen=due.kept_fen,
        retained_fen=retained_fen,
        progress=[_progress(one, on) for one in reports if one.contract_id == row.id and one.reached_on <= on],
    )


def dues(
    contracts: Sequence[ProjectContractRow],
    reports: Sequence[ProjectProgressRow],
    advance: int,
    on: date,
    ended_by: date | None = None,
) -> Mapping[UUID, Due]:
    """Per contractor what is due of its contracts signed by a day; cancelled ones are those ended by `ended_by`."""
    signed = [one for one in contracts if one.signed_on <= on]
    return {
        contractor: due_together(
            (terms_of(one, reports, on, ended_by) for one in signed if one.contractor_id == contractor), advance, on
        )
        for contractor in {one.contractor_id for one in signed}
    }


def contractors(due: Mapping[UUID, Due], paid: Mapping[UUID | None, Got]) -> list[ContractorMoney]:
    """Each contractor with what it may get and has got."""
    nothing, none = Due(0, 0, 0), Got()
    return [
        ContractorMoney(
            contractor_id=one,
            contracts_fen=due.get(one, nothing).contracts_fen,
            due_fen=due.get(one, nothing).due_fen,
            kept_fen=due.get(one, nothing).kept_fen,
            paid_fen=paid.get(one, none).paid_fen,
            in_transit_fen=paid.get(one, none).in_transit_fen,
            payable_fen=due.get(one, nothing).payable_fen - paid.get(one, none).claimed_fen,
        )
        for one in sorted(due.keys() | {one for one in paid if one is not None})
    ]
