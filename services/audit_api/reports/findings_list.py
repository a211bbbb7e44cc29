"""问题清单: one row per finding, by class and day, with who answers for it, until when, and the yuan. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.audit_api.reports.facts import FindingFact, counted
from services.audit_api.reports.model import Column, Kind, Line, Section, counted_elsewhere

COLUMNS: Final = (
    Column("no", "序号", Kind.COUNT, 3),
    Column("finding_id", "问题编号", Kind.ID, 6),
    Column("class", "问题分类", Kind.TEXT, 7),
    Column("title", "问题", Kind.TEXT, 14),
    Column("found_on", "认定日期", Kind.DAY, 6),
    Column("units", "责任单位", Kind.TEXT, 9),
    Column("deadline", "整改期限", Kind.DAY, 6),
    Column("state", "状态", Kind.TEXT, 4),
    Column("about", "约数", Kind.TEXT, 3),
    Column("amount_fen", "涉及金额（元）", Kind.FEN, 10, summed=True),
    Column("rectified_fen", "已整改（元）", Kind.FEN, 10, summed=True),
    Column("outstanding_fen", "未整改（元）", Kind.FEN, 10, summed=True),
)


def section(findings: Sequence[FindingFact]) -> Section:
    """The list; a finding within another one of the list is marked 属…之内 and not counted."""
    counting = counted(findings, findings)
    ordered = sorted(findings, key=lambda one: (one.class_code, one.found_on, one.id))
    number = {finding.id: at for at, finding in enumerate(ordered, start=1)}
    lines = []
    for finding in ordered:
        inside = "" if finding.within is None else f"（属第{number[finding.within]}项之内）"
        share = counting[finding.id]
        counts = share.holder == finding.id
        again_fen = share.nested_fen if counts else 0
        lines.append(
            Line(
                (
                    number[finding.id],
                    str(finding.id),
                    f"{finding.class_code} {finding.class_name}",
                    finding.title + inside + counted_elsewhere(again_fen),
                    finding.found_on,
                    "；".join(dict.fromkeys(order.unit_name for order in finding.orders)),
                    max((order.deadline for order in finding.orders), default=None),
                    finding.state,
                    "约" if finding.approximate else "",
                    finding.amount_fen,
                    finding.rectified_fen,
                    finding.outstanding_fen,
                ),
                counts,
                dict.fromkeys(("amount_fen", "outstanding_fen"), again_fen) if again_fen else {},
            )
        )
    return Section("问题清单", COLUMNS, tuple(lines), "截至该日没有已认定的问题")
