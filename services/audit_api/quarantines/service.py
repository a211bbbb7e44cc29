"""Drawing up, confirming and releasing quarantines, and hearing what the books made of them; none commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from services.audit_api.alerts.service import FOLLOWER
from services.audit_api.checking import must_be_checked, version_hash
from services.audit_api.findings import store as findings
from services.audit_api.findings import versions
from services.audit_api.findings.states import FindingClosed, FindingStatus
from services.audit_api.missing import Missing
from services.audit_api.quarantines import store
from services.audit_api.quarantines.schemas import (
    Quarantine,
    QuarantineDecisionRequest,
    QuarantineLotStand,
    QuarantineReleaseRequest,
    QuarantineRequest,
    QuarantineStepTaken,
    QuarantineVerdict,
)
from services.audit_api.quarantines.states import WORDS, QuarantineStep, must_be_of_finding, must_follow
from services.audit_api.quarantines.store import Kept
from services.audit_api.rectifications.states import must_follow as must_not_be_before
from services.audit_api.tables import FindingRow, QuarantineRow, QuarantineStepRow
from services.audit_api.words import sealed
from treasury.calendar import business_date
from wire.quarantines import (
    LotQuarantined,
    MoneyQuarantined,
    MoneyReleased,
    QuarantineAnswered,
    QuarantineOrdered,
    QuarantineReleased,
    QuarantineStepped,
)

_DECIDES: Final = {
    (QuarantineStep.DRAWN, QuarantineVerdict.CONFIRM): QuarantineStep.CONFIRMED,
    (QuarantineStep.DRAWN, QuarantineVerdict.REFUSE): QuarantineStep.REFUSED,
    (QuarantineStep.RELEASE_DRAWN, QuarantineVerdict.CONFIRM): QuarantineStep.RELEASE_CONFIRMED,
    (QuarantineStep.RELEASE_DRAWN, QuarantineVerdict.REFUSE): QuarantineStep.RELEASE_REFUSED,
}
_OF: Final = {QuarantineStep.DRAWN: "封存", QuarantineStep.RELEASE_DRAWN: "解除封存"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A quarantine at its last step, its finding locked."""

    kept: Kept
    finding: FindingRow

    @property
    def row(self) -> QuarantineRow:
        return self.kept.row

    @property
    def last(self) -> QuarantineStepRow:
        return self.kept.steps[-1]


async def draw(tx: AsyncSession, who: Principal, act: Act, county: str, request: QuarantineRequest) -> Quarantine:
    """Draw up that these fen of a finding stay where they are. Nothing is kept before another person confirms it."""
    await act.claim(tx, county)
    finding = await findings.lock(tx, who, county, request.finding_id)
    if finding is None:
        raise Missing("问题", str(request.finding_id))
    if finding.status == FindingStatus.CLOSED:
        raise FindingClosed(str(finding.id))
    bound = await _bound(tx, finding)
    asked = {one.lot_id: one.amount_fen for one in request.lots}

    must_be_of_finding(asked, bound, await store.quarantined(tx, county, finding.id))
    must_not_be_before("封存日期", request.on, finding.found_on)

    quarantine = new_id()
    content = {
        "quarantine_id": str(quarantine),
        "finding_id": str(finding.id),
        "document": request.document,
        "reason": request.reason,
        "on": request.on.isoformat(),
        "lots": [{"lot_id": str(lot), "amount_fen": fen} for lot, fen in sorted(asked.items())],
    }
    place = {"county_code": county, "region_code": county}
    row = {
        **place,
        "id": quarantine,
        "finding_id": finding.id,
        "document": request.document,
        "asked_fen": sum(asked.values()),
    }
    lots = [
        {**place, "quarantine_id": quarantine, "lot_id": lot, "amount_fen": fen} for lot, fen in sorted(asked.items())
    ]
    step = _step(county, quarantine, 1, QuarantineStep.DRAWN, request.on, who, request.document, request.reason)
    await store.add(tx, row, lots, {**step, "version_hash": version_hash(content)})
    return await _record_step(tx, who, act, county, quarantine)


async def propose_release(
    tx: AsyncSession, who: Principal, act: Act, county: str, quarantine: UUID, request: QuarantineReleaseRequest
) -> Quarantine:
    """Draw up that a quarantine ends. It stands until another person confirms that."""
    await act.claim(tx, county)
    found = await _locked(tx, who, county, quarantine)

    must_follow(found.last.step, QuarantineStep.RELEASE_DRAWN)
    must_not_be_before("解除日期", request.on, found.last.done_on)

    number = found.last.step_no + 1
    content = {
        "quarantine_id": str(quarantine),
        "step_no": number,
        "document": request.document,
        "reason": request.reason,
        "on": request.on.isoformat(),
    }
    step = _step(
        county, quarantine, number, QuarantineStep.RELEASE_DRAWN, request.on, who, request.document, request.reason
    )
    await store.add_step(tx, {**step, "version_hash": version_hash(content)})
    return await _record_step(tx, who, act, county, quarantine)


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    quarantine: UUID,
    request: QuarantineDecisionRequest,
    drawn: QuarantineStep,
) -> Quarantine:
    """Confirm or refuse what another person drew up: the quarantine (`drawn`) or its release (`release_drawn`)."""
    await act.claim(tx, county)
    found = await _locked(tx, who, county, quarantine)

    step = _DECIDES[drawn, request.decision]
    must_follow(found.last.step, step)
    must_be_checked(
        _OF[drawn], who.subject, frozenset({found.last.done_by}), request.version_hash, found.last.version_hash
    )
    must_not_be_before("审核日期", request.on, found.last.done_on)

    number, document = found.last.step_no + 1, found.last.document
    row = _step(county, quarantine, number, step, request.on, who, document, request.opinion)
    await store.add_step(tx, {**row, "version_hash": found.last.version_hash, "made_by": found.last.done_by})
    if request.decision == QuarantineVerdict.REFUSE:
        return await _record_step(tx, who, act, county, quarantine)
    told = {
        "quarantine_id": quarantine,
        "finding_id": found.row.finding_id,
        "county_code": county,
        "lots": [LotQuarantined(lot_id=one.lot_id, amount_fen=one.amount_fen) for one in found.kept.lots],
        "document": document,
        "on": request.on,
    }
    event = QuarantineOrdered(**told) if step == QuarantineStep.CONFIRMED else QuarantineReleased(**told)
    answer = await _answer(tx, who, county, quarantine)
    await act.record(tx, county, event, answer)
    return answer


async def money_quarantined(tx: AsyncSession, envelope: Envelope) -> None:
    """Keep what the books could keep of a quarantine, and what they could not."""
    event = MoneyQuarantined.model_validate(envelope.body)
    lots = [one.model_dump(mode="json") for one in event.lots]
    await _hear(tx, envelope, event.quarantine_id, "kept", event.kept_fen, event.missing_fen, lots)


async def money_released(tx: AsyncSession, envelope: Envelope) -> None:
    """Keep what the books let go by a release."""
    event = MoneyReleased.model_validate(envelope.body)
    await _hear(tx, envelope, event.quarantine_id, "freed", event.freed_fen, 0, [])


async def _hear(
    tx: AsyncSession, envelope: Envelope, quarantine: UUID, told: str, fen: int, missing_fen: int, lots: list[Any]
) -> None:
    county = envelope.stream
    await store.add_told(
        tx,
        {
            "county_code": county,
            "region_code": county,
            "quarantine_id": quarantine,
            "told": told,
            "told_on": business_date(envelope.recorded_at),
            "fen": fen,
            "missing_fen": missing_fen,
            "lots": lots,
            "feed_position": envelope.position,
        },
    )
    event = QuarantineAnswered(
        quarantine_id=quarantine,
        county_code=county,
        feed_position=envelope.position,
        told=told,
        fen=fen,
        missing_fen=missing_fen,
    )
    await record_alone(tx, "audit", county, event, FOLLOWER, envelope.id)


async def _bound(tx: AsyncSession, finding: FindingRow) -> dict[UUID, int]:
    """What a finding is about, by lot: as it is bound, or of a draft as its version says, for money may not wait."""
    county = finding.county_code
    if finding.status == FindingStatus.DRAFT:
        exact = (finding.id, finding.version_no)
        subjects = (await versions.subjects(tx, county, [exact]))[exact]
        return {one.subject_id: one.amount_fen or 0 for one in subjects if one.kind == "lot"}
    return {one.lot_id: one.bound_fen for one in (await findings.lots_of(tx, county, [finding.id]))[finding.id]}


def _step(
    county: str,
    quarantine: UUID,
    number: int,
    step: QuarantineStep,
    on: date,
    who: Principal,
    document: str,
    words: str,
) -> dict[str, Any]:
    return {
        "county_code": county,
        "region_code": county,
        "quarantine_id": quarantine,
        "step_no": number,
        "step": step.value,
        "done_on": on,
        "done_by": who.subject,
        "document": document,
        "words": words,
    }


async def _locked(tx: AsyncSession, who: Principal, county: str, quarantine: UUID) -> Loaded:
    """The quarantine with its finding locked, so that one step is taken at a time."""
    seen = await store.one(tx, who, county, quarantine)
    if seen is None:
        raise Missing("封存", str(quarantine))
    finding = await findings.lock(tx, who, county, seen.finding_id)
    if finding is None:
        raise Missing("封存", str(quarantine))
    [kept] = await store.filled(tx, county, [seen])
    return Loaded(kept, finding)


async def _answer(tx: AsyncSession, who: Principal, county: str, quarantine: UUID) -> Quarantine:
    row = await store.one(tx, who, county, quarantine)
    if row is None:  # it was written a moment ago in this very transaction
        raise Missing("封存", str(quarantine))
    [kept] = await store.filled(tx, county, [row])
    return shown(kept)


async def _record_step(tx: AsyncSession, who: Principal, act: Act, county: str, quarantine: UUID) -> Quarantine:
    """Tell a step that moves no money, by its figures and the hash of its words."""
    answer = await _answer(tx, who, county, quarantine)
    last = answer.steps[-1]
    event = QuarantineStepped(
        quarantine_id=quarantine,
        finding_id=answer.finding_id,
        county_code=county,
        step=last.step.value,
        step_no=last.step_no,
        on=last.on,
        version_hash=last.version_hash,
        text_sha256=sealed(last.words),
    )
    await act.record(tx, county, event, answer)
    return answer


def shown(kept: Kept) -> Quarantine:
    """A quarantine as it stood at the moment it was read for."""
    row, last = kept.row, kept.steps[-1]
    told, freed = kept.told.get("kept"), kept.told.get("freed")
    by_lot = {one["lot_id"]: one["kept_fen"] for one in told.lots} if told else {}
    status = QuarantineStep(last.step)
    return Quarantine(
        id=row.id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        document=row.document,
        status=status,
        status_words=WORDS[status],
        version_hash=last.version_hash,
        asked_fen=row.asked_fen,
        kept_fen=told.fen if told else None,
        missing_fen=told.missing_fen if told else None,
        freed_fen=freed.fen if freed else None,
        lots=[
            QuarantineLotStand(lot_id=one.lot_id, amount_fen=one.amount_fen, kept_fen=by_lot.get(str(one.lot_id)))
            for one in kept.lots
        ],
        steps=[
            QuarantineStepTaken(
                step_no=one.step_no,
                step=QuarantineStep(one.step),
                on=one.done_on,
                by=one.done_by,
                document=one.document,
                words=one.words,
                version_hash=one.version_hash,
            )
            for one in kept.steps
        ],
        unexplained_fen=row.asked_fen - sum(one.amount_fen for one in kept.lots),
    )
