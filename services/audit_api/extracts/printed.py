"""A frozen answer as a document for the file (取证附件): what was asked, what was known, and every figure of it. Pure.

What is printed is made from the frozen bytes and from nothing else: the same extract gives the same file, whatever was
recorded since. What the answer itself could not explain is printed, never refused: that is what somebody may be after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.audit_api.extracts.schemas import Extract
from services.audit_api.extracts.sheets import FACTS, TABLES, Table, Told, within
from services.audit_api.reports.model import (
    NOTHING,
    Basis,
    Cell,
    Column,
    Kind,
    Line,
    Masthead,
    Proof,
    Report,
    Section,
    chinese_day,
)
from treasury.printing import yuan

NAME: Final = "extract"
TITLE: Final = "资金账本摘录"
_FACT_COLUMNS: Final = (Column("name", "项目", Kind.TEXT, 10), Column("told", "内容", Kind.TEXT, 30))
_SIGNED: Final = ("提供单位（盖章）：", "经办人（签字）：", "取证人（签字）：", "年　　月　　日")
_ROOM: Final = "　" * 7


def report(
    extract: Extract, answer: Mapping[str, Any], issuer: str, kept_on: date, withdrawn_on: date | None = None
) -> Report:
    """The document: its facts and tables by kind, the question it came from, and the proofs it carries."""
    tables = TABLES[extract.what]
    sections = tuple(_section(table, answer) for table in tables)
    proofs = _proofs(extract, tables, sections)
    return Report(
        name=NAME,
        title=TITLE,
        county=extract.county_code,
        masthead=Masthead(issuer, f"{extract.county_code}-摘录-{extract.id}", kept_on),
        basis=Basis(
            extract.path,
            tuple(extract.query.items()),
            extract.as_of,
            extract.known_at,
            extract.ledger_position,
        ),
        paragraphs=(),
        sections=(_facts(extract, answer), *sections),
        notes=(
            f"本件{extract.sentence}，是账本对所列问题的答复，于{chinese_day(kept_on)}固定为证据，此后登记的业务不在其内",
            f"证据编号 {extract.id}，答复原文 {extract.size_bytes} 字节，SHA-256 {extract.sha256}",
            "以本件所列的问题（GET …）再问账本，答复应与原文一字不差",
            *(() if withdrawn_on is None else (f"该证据已于{chinese_day(withdrawn_on)}撤回",)),
            *(f"核对：{_told(one)}" for one in proofs),
        ),
        proofs=proofs,
        closing=(_ROOM.join(_SIGNED),),
    )


def _facts(extract: Extract, answer: Told) -> Section:
    told = [("所知时点", extract.sentence)]
    told += [(fact.name, _words(fact.path, within(answer, fact.path))) for fact in FACTS[extract.what]]
    return Section("要目", _FACT_COLUMNS, tuple(Line(one) for one in told), NOTHING)


def _words(path: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    return f"{yuan(value)} 元" if path.endswith("_fen") else str(value)


def _section(table: Table, answer: Told) -> Section:
    lines = tuple(
        Line(tuple(_cell(within(row, column.key), column.kind) for column in table.columns), table.counted(row))
        for row in table.rows(answer)
    )
    return Section(table.heading, table.columns, lines, table.empty_because)


def _cell(value: Any, kind: Kind) -> Cell:
    if value is None:
        return None
    if kind is Kind.DAY:
        return date.fromisoformat(value)
    return int(value) if kind in {Kind.FEN, Kind.COUNT} else str(value)


def _proofs(extract: Extract, tables: tuple[Table, ...], sections: tuple[Section, ...]) -> tuple[Proof, ...]:
    """The answer's own total against Σ of the rows of each table that has to make it, and what it said itself."""
    if extract.total_fen is None or extract.unexplained_fen is None:
        return ()
    total = extract.total_fen
    own = Proof(extract.total_of, Kind.FEN, total, total - extract.unexplained_fen)
    rows = [
        Proof(f"{extract.total_of}与“{table.heading}”", Kind.FEN, total, section.totals[table.ties])
        for table, section in zip(tables, sections, strict=True)
        if table.ties is not None
    ]
    return (own, *rows)


def _told(proof: Proof) -> str:
    books, rows, gap = (yuan(fen) for fen in (proof.parent, proof.parts, proof.unexplained))
    return f"{proof.what}：账上 {books} 元，各项合计 {rows} 元，差额 {gap} 元"
