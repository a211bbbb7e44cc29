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
from chassis.missing import Missing
from services.audit_api.alerts.service import FOLLOWER
from services.audit_api.checking import must_be_checked, named
from services.audit_api.findings import store as findings
from services.audit_api.findings.states import must_be_at_work
from services.audit_api.quarantines import store
from services.audit_api.quarantines.schemas import (
    Quarantine,
    QuarantineDecisionRequest,
    QuarantineReleaseRequest,
    QuarantineRequest,
    QuarantineVerdict,
)
from services.audit_api.quarantines.shown import shown, shown_all, standing_by_lot
from services.audit_api.quarantines.states import FindingQuarantined, QuarantineStep, must_be_of_finding, must_follow
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
    """Draw up that these fen of a confirmed finding stay where they are; nothing is kept before another confirms it."""
    await act.claim(tx, county)
    finding = await findings.lock(tx, who, county, request.finding_id)
    if finding is None:
        raise Missing("问题", str(request.finding_id))
    must_be_at_work(finding.status, str(finding.id))
    bound = await _bound(tx, finding)
    asked = {one.lot_id: one.amount_fen for one in request.lots}

    must_be_of_finding(asked, bound, standing_by_lot(await store.of_finding(tx, county, finding.id)))
    must_not_be_before("封存日期", request.on, finding.found_on)

    quarantine = new_id()
    content = {
        "quarantine_id": quarantine,
        "finding_id": finding.id,
        "document": request.document,
        "reason": request.reason,
        "on": request.on,
        "lots": [f"{lot} {fen}" for lot, fen in asked.items()],
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
    await store.add(tx, row, lots, {**step, **named(content)})
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
        "quarantine_id": quarantine,
        "step_no": number,
        "document": request.document,
        "reason": request.reason,
        "on": request.on,
    }
    step = _step(
        county, quarantine, number, QuarantineStep.RELEASE_DRAWN, request.on, who, request.document, request.reason
    )
    await store.add_step(tx, {**step, **named(content)})
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

    if step == QuarantineStep.CONFIRMED:  # the finding may have been closed since it was drawn up
        must_be_at_work(found.finding.status, str(found.finding.id))

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


async def must_keep_nothing(tx: AsyncSession, finding: FindingRow) -> None:
    """Refuse to close a finding while fen of it are quarantined: whose they are would be decided by nobody any more."""
    kept = await store.of_finding(tx, finding.county_code, finding.id)
    standing = {one.document: one.stands_fen for one in shown_all(kept) if one.stands_fen}
    if standing:
        raise FindingQuarantined(str(finding.id), sum(standing.values()), sorted(standing))


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
    """What a finding is bound to, by lot."""
    lots = await findings.lots_of(tx, finding.county_code, [finding.id])
    return {one.lot_id: one.bound_fen for one in lots[finding.id]}


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
