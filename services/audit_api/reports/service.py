"""Drawing a report up from one picture of the tables, and recording that somebody took it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import record_alone
from services.audit_api.moments import EVERYTHING, Moment
from services.audit_api.rectifications.states import must_follow
from services.audit_api.reports import breakdown, bulletin, findings_list, orders_ledger, store
from services.audit_api.reports.facts import FindingFact, Sums, again_fen, counted
from services.audit_api.reports.model import Basis, Kind, Masthead, Proof, Report, Section, must_tie
from services.audit_api.reports.places import Places
from services.audit_api.reports.refusals import ReportTooLarge
from services.audit_api.reports.schemas import ReportFormat, ReportName
from services.audit_api.reports.store import Reach
from treasury.printing import yuan
from wire.reports import ReportTaken

# What a file can be made of in the seconds that the gateway waits, and what one reading takes into memory.
MOST_ROWS: Final = {ReportFormat.JSON: 10_000, ReportFormat.XLSX: 10_000, ReportFormat.PDF: 2_000}
MOST_READ: Final = 50_000
TITLES: Final = {
    ReportName.FINDINGS: "问题清单",
    ReportName.ORDERS: "整改台账",
    ReportName.STATISTICS: "问题整改统计表",
}
_ONCE: Final = "同一笔金额只计一次：属于他项之内的，以及同一问题的第二份起的整改通知，列示而不计入合计"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report, about what, for whom it is issued; `path` and `parameters` are those of the request."""

    name: ReportName
    form: ReportFormat
    county: str
    moment: Moment
    since: date | None
    until: date | None
    issuer: str | None
    number: str | None
    addressee: str | None
    places: Places
    today: date
    path: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one reading of the tables saw: the findings, what the tables say of their sums, the journal's end."""

    facts: list[FindingFact]
    said: Sums
    position: int


def period(name: ReportName, as_of: date, since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """From and until which day findings are in a report: a bulletin is of its year, whatever was asked for."""
    if name == ReportName.BULLETIN:
        return as_of.replace(month=1, day=1), None
    if since is not None and until is not None:
        must_follow("截止日期", until, since)
    return since, until


async def read(tx: AsyncSession, who: Principal, asked: Asked) -> Seen:
    """All that the report is made of, in the one picture of `tx`; refused when it is more than a file takes."""
    reach = Reach(asked.county, asked.moment, asked.since, asked.until, asked.places)
    said = await store.sums(tx, who, reach)
    _must_fit(asked, said)
    facts = await store.findings(tx, who, reach)
    head = await store.head_position(tx, asked.county)
    return Seen(facts, said, head if asked.moment.position == EVERYTHING else asked.moment.position)


def draw_up(asked: Asked, seen: Seen) -> Report:
    """The report: rows, totals, and the proof that they come to what the tables say; refused when not. Pure."""
    facts = seen.facts
    sections = _sections(asked, facts)
    told = [one for one in facts if one.orders] if asked.name == ReportName.ORDERS else facts
    elsewhere_fen = again_fen(counted(facts, told))
    report = Report(
        name=asked.name,
        title=_title(asked),
        county=asked.county,
        masthead=_masthead(asked, seen.position),
        basis=Basis(asked.path, asked.parameters, asked.moment.as_of, asked.moment.known_at, seen.position),
        paragraphs=bulletin.paragraphs(facts, asked.moment.as_of) if asked.name == ReportName.BULLETIN else (),
        sections=sections,
        notes=(_ONCE, _again(elsewhere_fen)) if elsewhere_fen else (_ONCE,),
        proofs=_proofs(asked.name, seen.said, sections, elsewhere_fen),
    )
    must_tie(report)
    return report


async def take(tx: AsyncSession, who: Principal, report: Report, form: ReportFormat, content: bytes) -> str:
    """Record who took which report, with its filters, rows and SHA-256, which is returned; nothing has left yet."""
    digest = hashlib.sha256(content).hexdigest()
    event = ReportTaken(
        report=report.name,
        county_code=report.county,
        file_format=form,
        parameters=dict(report.basis.parameters),
        as_of=report.basis.as_of,
        known_position=report.basis.position,
        rows_n=report.lines_n,
        size_bytes=len(content),
        sha256=digest,
        reader=who.subject,
    )
    await record_alone(tx, "audit", report.county, event, f"{who.client_id}/{who.subject}", new_id())
    return digest


def _must_fit(asked: Asked, said: Sums) -> None:
    if said.findings_n > MOST_READ:
        raise ReportTooLarge(said.findings_n, MOST_READ)
    rows_n = {ReportName.FINDINGS: said.findings_n, ReportName.ORDERS: said.orders_n}.get(asked.name, 0)
    if rows_n > MOST_ROWS[asked.form]:
        raise ReportTooLarge(rows_n, MOST_ROWS[asked.form])


def _title(asked: Asked) -> str:
    return bulletin.title(asked.moment.as_of) if asked.name == ReportName.BULLETIN else TITLES[asked.name]


def _masthead(asked: Asked, position: int) -> Masthead:
    number = f"{asked.county}-{asked.name}-{asked.moment.as_of:%Y%m%d}-{position}"
    issuer = asked.issuer or f"{asked.places.name_or_code(asked.county)}监督检查机关"
    return Masthead(issuer, asked.number or number, asked.today, asked.addressee)


def _sections(asked: Asked, facts: list[FindingFact]) -> tuple[Section, ...]:
    match asked.name:
        case ReportName.FINDINGS:
            return (findings_list.section(facts),)
        case ReportName.ORDERS:
            return (orders_ledger.section(facts, asked.moment.as_of),)
        case ReportName.STATISTICS:
            return breakdown.sections(facts, asked.moment.as_of)
        case ReportName.BULLETIN:
            return (bulletin.section(facts, asked.moment.as_of),)


def _again(fen: int) -> str:
    return f"其中{yuan(fen)}元先后被两个以上的问题认定，只计入后者，故合计比各项之和少此数"


def _proofs(name: ReportName, said: Sums, sections: tuple[Section, ...], elsewhere_fen: int) -> tuple[Proof, ...]:
    """What the tables say against the totals of each table that is printed.

    The tables know what lies within what. They do not know which fen two findings held in turn: those are in no total,
    so they are added to it again here.
    """
    if name == ReportName.ORDERS:
        [ledger] = sections
        return (
            Proof("整改通知份数", Kind.COUNT, said.orders_n, len(ledger.lines)),
            Proof("已下达整改的涉及金额", Kind.FEN, said.ordered_fen, ledger.totals["amount_fen"] + elsewhere_fen),
            Proof("其中已整改金额", Kind.FEN, said.ordered_rectified_fen, ledger.totals["rectified_fen"]),
        )
    proofs: list[Proof] = []
    for section in sections:
        totals = section.totals
        findings_n = totals.get("findings_n", len(section.lines))
        proofs += [
            Proof(f"{section.heading}：问题个数", Kind.COUNT, said.findings_n, findings_n),
            Proof(f"{section.heading}：涉及金额", Kind.FEN, said.amount_fen, totals["amount_fen"] + elsewhere_fen),
            Proof(f"{section.heading}：已整改金额", Kind.FEN, said.rectified_fen, totals["rectified_fen"]),
        ]
    return tuple(proofs)
