"""Freezing an answer of the ledger as evidence, and telling where the same question is answered otherwise later."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from services.audit_api.evidence import service as evidence
from services.audit_api.evidence.refusals import EvidenceTooLarge
from services.audit_api.evidence.shelf import MAX_BYTES, Copy, Spooled
from services.audit_api.extracts import printed, store
from services.audit_api.extracts.differences import differences
from services.audit_api.extracts.figures import Figures, figures
from services.audit_api.extracts.questions import Question, Subject
from services.audit_api.extracts.schemas import Extract, Recheck, extract_of
from services.audit_api.reports.model import Report
from services.audit_api.reports.places import Places
from services.audit_api.reports.refusals import ReportTooLarge
from services.audit_api.reports.schemas import ReportFormat
from services.audit_api.reports.service import MOST_ROWS
from treasury.calendar import business_date
from wire.extracts import LedgerExtracted
from wire.reports import ReportTaken

SHOWN: Final = 100
GONE: Final = "已删除"  # what an erasure leaves in the place of words
MAX_NAME: Final = 200


def figures_in(question: Question, answer: bytes) -> Figures:
    """What the answer comes to, and up to which number of its journal the ledger gave it."""
    return figures(question.what, json.loads(answer))


def file_name_of(question: Question) -> str:
    """What the evidence is called: a document's number may hold what no file name does."""
    about = re.sub(r'[/\\":*?<>|]', "_", question.about)
    return f"{question.what}-{about}-{question.as_of.isoformat()}.json"[-MAX_NAME:]


async def freeze(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    question: Question,
    finding: UUID,
    spooled: Spooled,
    path_key: str,
    told: Figures,
) -> Extract:
    """Register an answer that lies in its place as evidence of the finding, with the question it answers."""
    await act.claim(tx, question.county)
    await evidence.must_see_finding(tx, who, question.county, finding)
    kept = await evidence.register(tx, who, question.county, finding, spooled, path_key, file_name_of(question))
    values = {
        "county_code": question.county,
        "evidence_id": kept.id,
        "finding_id": finding,
        "region_code": question.county,
        "what": question.what,
        "about": question.about,
        "path": question.path,
        "as_of": question.as_of,
        "known_at": question.known_at,
        "ledger_position": told.position,
        "total_fen": told.total_fen,
        "unexplained_fen": told.unexplained_fen,
        "rests_on": told.rests_on,
        "asked_by": who.subject,
    }
    await store.add(tx, values)
    found = await must_see(tx, who, question.county, finding, kept.id)
    answer = extract_of(*found)
    event = LedgerExtracted(
        evidence_id=kept.id,
        finding_id=finding,
        county_code=question.county,
        what=question.what,
        path=question.path,
        as_of=question.as_of,
        known_at=question.known_at,
        ledger_position=told.position,
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        total_fen=told.total_fen,
        unexplained_fen=told.unexplained_fen,
    )
    await act.record(tx, question.county, event, answer)
    return answer


async def must_see(tx: AsyncSession, who: Principal, county: str, finding: UUID, extract: UUID) -> store.Found:
    """The extract with its evidence, or the refusal that it is not there for this caller."""
    found = await store.one(tx, who, county, finding, extract)
    if found is None:
        raise Missing("账本摘录", str(extract))
    return found


def question_of(found: store.Found) -> Question:
    """The question that was asked then, or the refusal that what it was about is forgotten."""
    row = found[0]
    if row.about == GONE:
        raise Missing("账本摘录所问的对象", str(row.evidence_id))
    return Question(Subject(row.what), row.about, row.county_code, row.as_of, row.known_at)


def within_limit(told: bytearray) -> None:
    """Refuse an answer that is larger than what may be kept, before it is held whole."""
    if len(told) > MAX_BYTES:
        raise EvidenceTooLarge(MAX_BYTES)


def draw_up(found: store.Found, then: Copy, places: Places) -> Report:
    """The document that is printed of a frozen answer. Reads the copy and closes it."""
    row, kept = found
    with then.file as file:
        answer = json.loads(file.read())
    issuer = f"{places.name_or_code(row.county_code)}监督检查机关"
    return printed.report(extract_of(row, kept), answer, issuer, business_date(kept.kept_at), kept.withdrawn_on)


def must_fit(report: Report, form: ReportFormat) -> None:
    """Refuse what one file of its format cannot hold."""
    if report.lines_n > MOST_ROWS[form]:
        raise ReportTooLarge(report.lines_n, MOST_ROWS[form])


async def record_print(
    tx: AsyncSession, who: Principal, found: store.Found, report: Report, form: ReportFormat, content: bytes
) -> str:
    """That somebody takes the document, which tells what the evidence does, is in the journal before it leaves.

    The event names the extract and not what was asked: a document's number may name somebody.
    """
    row, kept = found
    digest = hashlib.sha256(content).hexdigest()
    await evidence.record_look(tx, who, kept)
    event = ReportTaken(
        report=report.name,
        county_code=row.county_code,
        file_format=form,
        parameters={"finding_id": str(row.finding_id), "extract_id": str(row.evidence_id)},
        as_of=row.as_of,
        known_position=row.ledger_position,
        rows_n=report.lines_n,
        size_bytes=len(content),
        sha256=digest,
        reader=who.subject,
    )
    await record_alone(tx, "audit", row.county_code, event, f"{who.client_id}/{who.subject}", new_id())
    return digest


def compared(found: store.Found, then: Copy, now: bytes) -> Recheck:
    """Whether the ledger answers as it did. Reads the copy and closes it."""
    with then.file as file:
        differ_at = differences(file.read(), now)
    return Recheck(
        id=found[0].evidence_id,
        same=not differ_at,
        sha256=found[1].sha256.hex(),
        sha256_now=hashlib.sha256(now).hexdigest(),
        differences_n=len(differ_at),
        differ_at=differ_at[:SHOWN],
    )
