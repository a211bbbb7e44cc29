"""Drawing up a finding, in versions.

A draft has no effect: its alerts stay open to others and its lots unbound, until it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import cursors
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.alerts import store as alerts
from services.audit_api.alerts.service import must_be_open
from services.audit_api.checking import VersionChanged
from services.audit_api.engagements import store as engagements
from services.audit_api.engagements.scope import must_be_in_scope
from services.audit_api.findings import classes, store, versions
from services.audit_api.findings.binding import LOT, Alerted, Subject, amount_of, bind
from services.audit_api.findings.content import hash_of
from services.audit_api.findings.deriving import Named, Resting, SubjectLot, derive, rows_alone
from services.audit_api.findings.following import RosterRow
from services.audit_api.findings.nesting import NestedInCircle, NestedTooMuch, PartTooLarge
from services.audit_api.findings.refusals import BooksMovedOn, EvidenceNotOfFinding, LotHeld
from services.audit_api.findings.schemas import (
    AmountKnown,
    FactRequest,
    FindingReceipt,
    FindingRequest,
    VersionRequest,
)
from services.audit_api.findings.shown import shown
from services.audit_api.findings.states import must_be_draft
from services.audit_api.moments import Moment
from services.audit_api.tables import AlertRow, FindingRow, FollowerCursorRow
from services.audit_api.words import new_salt, sealed
from wire.audit import FindingDrawnUp

_OF_THE_VERSION: Final = {"alert_ids", "class_edition", "published", "salt"}

Rests = Mapping[Named, Sequence[Resting]]  # where the money rests of what a draft names, as the books answered


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything one version says, as rows to be written, with the hash that names it."""

    said: dict[str, Any]
    facts: list[dict[str, Any]]
    subjects: list[dict[str, Any]]
    lots: list[dict[str, Any]] = field(default_factory=list)

    @property
    def version_hash(self) -> str:
        return hash_of(self.said, self.facts, self.subjects, self.lots)

    @property
    def head(self) -> dict[str, Any]:
        """What the finding's own row repeats of its latest version."""
        told = {name: value for name, value in self.said.items() if name not in _OF_THE_VERSION}
        return {**told, "version_hash": self.version_hash}

    @property
    def text_sha256(self) -> str:
        return sealed(self.said["title"], self.said["facts"], *(fact["what"] for fact in self.facts))


async def draw_up(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: FindingRequest, rests: Rests, today: date
) -> FindingReceipt:
    """Write the first version of a finding."""
    await act.claim(tx, county)
    await _must_be_current(tx, county, rests)
    finding_id = new_id()
    draft = await _judged(tx, who, county, finding_id, request, rests, today)
    place = {"county_code": county, "region_code": county}
    await store.add(tx, {**place, "id": finding_id, **draft.head, "version_no": 1, "opened_by": who.subject})
    await _add_version(tx, who, county, finding_id, 1, draft)
    return await _record_version(tx, who, act, county, finding_id, draft, today)


async def redraw(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    finding_id: UUID,
    request: VersionRequest,
    rests: Rests,
    today: date,
) -> FindingReceipt:
    """Write a draft anew as its next version; whoever wrote on it can no longer be the one who decides."""
    await act.claim(tx, county)
    await _must_be_current(tx, county, rests)
    row = await locked(tx, who, county, finding_id)
    must_be_draft(row.status, str(finding_id))
    if request.based_on != row.version_hash:
        raise VersionChanged("问题", request.based_on, row.version_hash)

    draft = await _judged(tx, who, county, finding_id, request, rests, today)
    if (engagement := await engagements.engagement_of(tx, county, finding_id)) is not None:
        await must_be_in_scope(tx, county, engagement, finding_id, request.alert_ids, request.about_region)
    number = row.version_no + 1
    await _add_version(tx, who, county, finding_id, number, draft)
    await store.change(tx, row, **draft.head, version_no=number)
    return await _record_version(tx, who, act, county, finding_id, draft, today)


async def _must_be_current(tx: AsyncSession, county: str, rests: Rests) -> None:
    """Refuse an answer of the books older than what the follower applied; it waits until the draft stands.

    From then on it keeps every draw of the draft's lots, and before then there was none that the answer did not know.
    """
    positions = [one.position for told in rests.values() for one in told]
    if positions and (await cursors.lock(tx, FollowerCursorRow, county)).position > min(positions):
        raise BooksMovedOn


async def _judged(
    tx: AsyncSession,
    who: Principal,
    county: str,
    finding_id: UUID,
    request: FindingRequest,
    rests: Rests,
    today: date,
) -> Draft:
    """The version that a request asks for, judged by what is known now; its alerts stay locked till it stands."""
    around = await locked_around(tx, who, county, request.within_finding_id)
    alerts_seen = await taken_up(tx, who, county, request.alert_ids)
    asked = None if request.lots is None else {lot.lot_id: lot.amount_fen for lot in request.lots}
    named = [Subject(one.kind.value, one.id, one.amount_fen, one.line) for one in request.subjects]
    subjects = list(
        {(one.kind, one.subject_id, one.line): one for one in (*bind(alerted(alerts_seen), asked), *named)}.values()
    )
    await _must_be_kept(tx, county, finding_id, request.recorded_facts)
    amount_fen, found_on = amount_of(request.amount_fen, subjects), request.found_on or today
    lots = derive(subjects, rests, amount_fen)
    await must_be_free(tx, county, subjects, lots)
    await must_nest(tx, county, finding_id, around, amount_fen, request.amount_known)
    if request.report_id is not None and not await store.report_there(tx, who, county, request.report_id):
        raise Missing("审计报告", str(request.report_id))
    published = request.published and request.published.model_dump(mode="json", exclude_defaults=True)
    told = amount_fen is not None or (published or {}).get("amount_printed") is not None
    said = {
        **request.model_dump(
            include={"class_code", "title", "facts", "within_finding_id", "report_id", "about_region"}
        ),
        "class_edition": classes.in_force(await classes.every(tx), found_on)[request.class_code].edition,
        "amount_fen": amount_fen,
        "amount_known": request.amount_known.value if told else None,
        "published": published or None,
        "found_on": found_on,
        "alert_ids": sorted(request.alert_ids),
        "salt": new_salt(),
    }
    facts = [one.model_dump() for one in request.recorded_facts]
    return Draft(said, facts, [asdict(one) for one in subjects], [asdict(one) for one in lots])


async def must_be_free(
    tx: AsyncSession, county: str, subjects: Sequence[Subject], lots: Sequence[SubjectLot]
) -> dict[UUID, frozenset[RosterRow]]:
    """Refuse lots that another finding holds; those that several may hold, each with the rows that are this one's."""
    shared = rows_alone(lots)
    own = {one.lot_id for one in lots} | {one.subject_id for one in subjects if one.kind == LOT}
    held = await store.held_elsewhere(tx, county, own - shared.keys())
    held = held or await store.rows_held_elsewhere(tx, county, shared)
    if held is not None:
        raise LotHeld(str(held))
    return shared


async def taken_up(tx: AsyncSession, who: Principal, county: str, ids: Sequence[UUID]) -> Sequence[AlertRow]:
    """The alerts a finding takes up, locked; refused where one is not there, or somebody has dealt with it."""
    found = await alerts.lock(tx, who, county, ids)
    for missing in set(ids) - {row.id for row in found}:
        raise Missing("预警", str(missing))
    for row in found:
        must_be_open(row)
    return found


def alerted(rows: Sequence[AlertRow]) -> list[Alerted]:
    """What the alerts saw."""
    return [Alerted(row.id, row.subject, row.subject_id, row.amount_fen, row.feed_position) for row in rows]


async def locked(tx: AsyncSession, who: Principal, county: str, finding_id: UUID) -> FindingRow:
    """The finding, locked; refused where it is not there or not visible."""
    row = await store.lock(tx, who, county, finding_id)
    if row is None:
        raise Missing("问题", str(finding_id))
    return row


async def receipt(tx: AsyncSession, who: Principal, county: str, finding_id: UUID, today: date) -> FindingReceipt:
    """The finding in figures, as this transaction has just written it."""
    row = await locked(tx, who, county, finding_id)
    [finding] = await shown(tx, county, [row], Moment(today))
    return FindingReceipt(**finding.model_dump(include=set(FindingReceipt.model_fields)))


async def locked_around(tx: AsyncSession, who: Principal, county: str, within: UUID | None) -> FindingRow | None:
    """The finding within whose amount another lies, locked: what it comes to stays until this transaction ends.

    Taken before any alert, as whoever decides on that finding does.
    """
    return None if within is None else await locked(tx, who, county, within)


async def must_nest(
    tx: AsyncSession,
    county: str,
    finding_id: UUID,
    around: FindingRow | None,
    amount_fen: int | None,
    known: str | None,
) -> None:
    """Refuse an amount within one that lies within it or comes to less, or less than a confirmed one within it.

    Amounts are compared where both are exact.
    """
    exact_fen = amount_fen if known == AmountKnown.EXACT else None
    if around is not None:
        if finding_id in {around.id, *await store.outer_ids(tx, county, around.id)}:
            raise NestedInCircle(str(finding_id), str(around.id))
        around_fen = around.amount_fen if around.amount_known == AmountKnown.EXACT else None
        if exact_fen is not None and around_fen is not None and exact_fen > around_fen:
            raise NestedTooMuch(exact_fen, around_fen)
    if exact_fen is not None and (part := await store.larger_part(tx, county, finding_id, exact_fen)) is not None:
        raise PartTooLarge(str(part.id), part.amount_fen or 0, exact_fen)


async def _must_be_kept(tx: AsyncSession, county: str, finding_id: UUID, facts: Sequence[FactRequest]) -> None:
    named = {one for fact in facts for one in fact.evidence_ids}
    if named and (strange := named - await versions.kept_with(tx, county, finding_id, named)):
        raise EvidenceNotOfFinding(str(min(strange)))


async def _add_version(
    tx: AsyncSession, who: Principal, county: str, finding_id: UUID, number: int, draft: Draft
) -> None:
    key = {"county_code": county, "region_code": county, "finding_id": finding_id, "version_no": number}
    version = {**key, **draft.said, "version_hash": draft.version_hash, "made_by": who.subject}
    await versions.add(tx, version, draft.facts, draft.subjects, draft.lots)
    await store.follow(tx, county, {lot["lot_id"] for lot in draft.lots})


async def _record_version(
    tx: AsyncSession, who: Principal, act: Act, county: str, finding_id: UUID, draft: Draft, today: date
) -> FindingReceipt:
    answer = await receipt(tx, who, county, finding_id, today)
    event = FindingDrawnUp(
        finding_id=finding_id,
        county_code=county,
        version_no=answer.version_no,
        version_hash=answer.version_hash,
        class_code=answer.class_code,
        amount_fen=answer.amount_fen,
        text_sha256=draft.text_sha256,
    )
    await act.record(tx, county, event, answer)
    return answer
