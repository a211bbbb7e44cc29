"""Findings and their orders put into heaps (by class, place or unit), each finding into one: heaps add up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.audit_api.findings.nesting import Share
from services.audit_api.reports.facts import FindingFact
from services.audit_api.reports.model import Cell, Column, Kind, Line, Section, share

NOT_ORDERED: Final = "（尚未下达整改）"
NO_ENGAGEMENT: Final = "（未列入审计、专项整治等项目）"
_FIGURES: Final = (
    Column("findings_n", "问题（个）", Kind.COUNT, 4, summed=True),
    Column("closed_n", "已销号（个）", Kind.COUNT, 4, summed=True),
    Column("closed_share", "销号率", Kind.SHARE, 5, of=("closed_n", "findings_n")),
    Column("orders_n", "整改通知（份）", Kind.COUNT, 4, summed=True),
    Column("overdue_n", "逾期（份）", Kind.COUNT, 4, summed=True),
    Column("amount_fen", "涉及金额（元）", Kind.FEN, 9, summed=True),
    Column("rectified_fen", "已整改（元）", Kind.FEN, 9, summed=True),
    Column("outstanding_fen", "未整改（元）", Kind.FEN, 9, summed=True),
    Column("rectified_share", "整改率（按金额）", Kind.SHARE, 5, of=("rectified_fen", "amount_fen")),
)


@dataclass(slots=True)
class Heap:
    """Figures of some findings: in items and in fen."""

    findings_n: int = 0
    closed_n: int = 0
    orders_n: int = 0
    overdue_n: int = 0
    amount_fen: int = 0
    rectified_fen: int = 0

    def add(self, finding: FindingFact, as_of: date, share: Share) -> None:
        """Count a finding, with those of its fen that are counted with it and what was put right of them."""
        self.findings_n += 1
        self.closed_n += finding.closed_on is not None
        self.orders_n += len(finding.orders)
        self.overdue_n += sum(order.is_overdue(as_of) for order in finding.orders)
        self.amount_fen += share.counted_fen
        if share.holder == finding.id:
            self.rectified_fen += finding.rectified_fen

    @property
    def closed_share(self) -> str | None:
        """销号率: closed of all, by item."""
        return share(self.closed_n, self.findings_n)

    @property
    def rectified_share(self) -> str | None:
        """整改率: put right of all, by yuan."""
        return share(self.rectified_fen, self.amount_fen)

    def cells(self) -> tuple[Cell, ...]:
        return (
            self.findings_n,
            self.closed_n,
            self.closed_share,
            self.orders_n,
            self.overdue_n,
            self.amount_fen,
            self.rectified_fen,
            self.amount_fen - self.rectified_fen,
            self.rectified_share,
        )


def heap_of(findings: Sequence[FindingFact], as_of: date, counting: Mapping[UUID, Share]) -> Heap:
    """All of them in one heap; `counting` says what each adds."""
    heap = Heap()
    for finding in findings:
        heap.add(finding, as_of, counting[finding.id])
    return heap


def divided(
    findings: Sequence[FindingFact], as_of: date, of: Callable[[FindingFact], str], counting: Mapping[UUID, Share]
) -> dict[str, Heap]:
    """A heap per name that `of` gives; each finding lies in one."""
    heaps: dict[str, Heap] = {}
    for finding in findings:
        heaps.setdefault(of(finding), Heap()).add(finding, as_of, counting[finding.id])
    return heaps


def class_of(finding: FindingFact) -> str:
    return f"{finding.class_code} {finding.class_name}"


def place_of(finding: FindingFact) -> str:
    """The township, or the county itself, that the finding's first order is addressed to."""
    return finding.first_order.place if finding.first_order else NOT_ORDERED


def engagement_of(finding: FindingFact) -> str:
    return finding.engagement or NO_ENGAGEMENT


def unit_of(finding: FindingFact) -> str:
    """The unit that the finding's first order is addressed to, by name and place: names repeat among townships."""
    first = finding.first_order
    return f"{first.unit_name}（{first.place}）" if first else NOT_ORDERED


def table(heading: str, named: str, heaps: dict[str, Heap], *, ranked: bool = False) -> Section:
    """A row per heap, by name; `ranked`: by what is put right of its yuan, the lowest last, equals by name."""
    names = sorted(heaps)
    if ranked:
        names.sort(key=lambda name: _rank(heaps[name]), reverse=True)
    lines = tuple(Line((at, name, *heaps[name].cells())) for at, name in enumerate(names, start=1))
    columns = (
        Column("no", "名次" if ranked else "序号", Kind.COUNT, 3),
        Column("name", named, Kind.TEXT, 12),
        *_FIGURES,
    )
    return Section(heading, columns, lines, "截至该日没有已认定的问题")


def _rank(heap: Heap) -> tuple[int, int]:
    """Puts heaps in order by yuan put right, then by items closed: parts of a million, so that equal shares tie."""
    return _parts(heap.rectified_fen, heap.amount_fen), _parts(heap.closed_n, heap.findings_n)


def _parts(part: int, whole: int) -> int:
    return part * 1_000_000 // whole if whole else 0
