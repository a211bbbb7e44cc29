"""A report as PDF: what the printer is given, the process it runs in, and that its pages come to the totals."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

from services.audit_api.reports.model import (
    Column,
    Kind,
    Report,
    ReportDoesNotTie,
    Section,
    chinese_day,
    shown,
)
from services.audit_api.reports.refusals import ReportNotPrinted, ReportUnderWay

log = logging.getLogger("reports")

SCRIPT: Final = Path(__file__).with_name("printer.py")
MOST_SECONDS: Final = 10  # the gateway waits twelve for the first byte
AT_ONCE: Final = 2
# A cell with more than so many lines may be taller than a page (36 lines), and is broken over pages. A column is about
# as many characters wide as it says.
TALL_LINES: Final = 24
# One printer keeps to one core: the others are for those who wait for money.
_ENVIRONMENT: Final = {"RAYON_NUM_THREADS": "1"}
_RIGHT: Final = frozenset({Kind.FEN, Kind.COUNT, Kind.SHARE})


class PrinterFailed(Exception):
    """The printer ended without a file."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF and how many of its pages hold rows."""

    pdf: bytes
    pages_n: int


class PrintRoom:
    """Who has a report under way: one per caller, and so many printers at once."""

    def __init__(self, most_seconds: float = MOST_SECONDS, fonts_dir: str = "") -> None:
        self._fonts_dir = fonts_dir
        self._most_seconds = most_seconds
        self._callers: dict[str, str] = {}
        self._seats = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self, caller: str, name: str) -> AsyncIterator[None]:
        """The caller's one report at a time; another meanwhile is `ReportUnderWay`."""
        if caller in self._callers:
            raise ReportUnderWay(self._callers[caller])
        self._callers[caller] = name
        try:
            yield
        finally:
            del self._callers[caller]

    async def printed(self, report: Report) -> Printed:
        """The report as PDF, or `ReportNotPrinted`; refused when its pages do not come to its totals."""
        try:
            async with asyncio.timeout(self._most_seconds), self._seats:
                answer = await _run(_told(report, self._fonts_dir))
        except (TimeoutError, PrinterFailed) as error:
            raise ReportNotPrinted(self._most_seconds) from error
        head, _, pdf = answer.partition(b"\n")
        read = json.loads(head)
        for warning in read["warnings"]:
            log.warning("the printer warned: %s", warning)
        _must_tie(report, read["pages"])
        return Printed(pdf, len({page["page"] for page in read["pages"]}))


async def _run(told: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-B", str(SCRIPT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_ENVIRONMENT,
        cwd="/",
    )
    try:
        answer, complaint = await process.communicate(told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        # The last line alone: it names the fault, and what is printed stays out of the log.
        log.error("the printer failed: %s", complaint.decode(errors="replace").strip().rpartition("\n")[2][:300])
        raise PrinterFailed
    return answer


def _told(report: Report, fonts_dir: str = "") -> bytes:
    """What the printer is given: every cell as it is read, and the fen of each row that its page adds up."""
    basis, head = report.basis, report.masthead
    known = "目前已知的全部" if basis.known_at is None else basis.known_at.isoformat()
    told = {
        "title": report.title,
        "number": head.number,
        "issuer": head.issuer,
        "addressee": head.addressee,
        "issued_on": chinese_day(head.issued_on),
        "letter": bool(report.paragraphs),
        "paragraphs": report.paragraphs,
        "notes": report.notes,
        "closing": report.closing,
        "origin": f"GET {basis.path}?{basis.query}　截至 {basis.as_of.isoformat()}　已知 {known}"
        f"　日志第 {basis.position} 号",
        "sections": [
            _section(one, titled=bool(report.paragraphs) or len(report.sections) > 1) for one in report.sections
        ],
    }
    issued = datetime.combine(head.issued_on, time(), UTC)
    answer = {"report": told, "timestamp": int(issued.timestamp()), "fonts_dir": fonts_dir}
    return json.dumps(answer, ensure_ascii=False).encode()


def _section(section: Section, *, titled: bool) -> dict[str, Any]:
    fen = _fen_columns(section)
    total = [_total(at, column, section) for at, column in enumerate(section.columns)] if section.totals else []
    return {
        "heading": section.heading if titled else None,
        "empty": section.empty_because,
        "heads": [column.heading for column in section.columns],
        "widths": [column.width for column in section.columns],
        "aligns": ["right" if column.kind in _RIGHT else "left" for column in section.columns],
        "summed": [section.columns[at].heading for at in fen],
        "lines": [
            {
                "cells": [shown(cell, column.kind) for cell, column in zip(line.cells, section.columns, strict=True)],
                "fen": [line.adds(at, section.columns[at]) for at in fen],
                "tall": any(
                    len(shown(cell, column.kind)) > TALL_LINES * column.width
                    for cell, column in zip(line.cells, section.columns, strict=True)
                ),
            }
            for line in section.lines
        ],
        "total": total,
    }


def _fen_columns(section: Section) -> list[int]:
    return [at for at, column in enumerate(section.columns) if column.summed and column.kind == Kind.FEN]


def _total(at: int, column: Column, section: Section) -> str:
    if column.key in section.totals:
        return shown(section.totals[column.key], column.kind)
    if column.key in section.shares:
        return shown(section.shares[column.key], column.kind)
    return "合计" if at == 0 else ""


def _must_tie(report: Report, pages: list[dict[str, Any]]) -> None:
    """Σ of the page totals is the total of each section, to the fen, and every row lies on a page."""
    for number, section in enumerate(report.sections):
        mine = [page for page in pages if page["section"] == number]
        lines_n = sum(page["lines"] for page in mine)
        if _fen_columns(section) and lines_n != len(section.lines):
            what = f"{section.heading}行数"
            raise ReportDoesNotTie(what, len(section.lines), lines_n)
        sums: Counter[int] = Counter()
        for page in mine:
            sums.update(dict(enumerate(page["fen"])))
        for place, at in enumerate(_fen_columns(section)):
            total = section.totals[section.columns[at].key]
            if sums[place] != total:
                what = f"{section.heading}{section.columns[at].heading}"
                raise ReportDoesNotTie(what, total, sums[place])
