"""整改台账: one row per order, with its steps and the days overdue. Pure.

An order has the amount of its finding; of several orders on one finding the first has it, and the others show it
without counting it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from services.audit_api.reports.facts import KIND_NAMES, STATE_NAMES, STEP_NAMES, FindingFact, OrderFact, counted
from services.audit_api.reports.model import Column, Kind, Line, Section, clipped, counted_elsewhere

MOST_DEMAND: Final = 60
COLUMNS: Final = (
    Column("no", "序号", Kind.COUNT, 3),
    Column("order_id", "通知编号", Kind.ID, 6),
    Column("title", "问题", Kind.TEXT, 11),
    Column("unit", "责任单位", Kind.TEXT, 8),
    Column("place", "区划", Kind.TEXT, 8),
    Column("kind", "整改类型", Kind.TEXT, 6),
    Column("demand", "整改要求", Kind.TEXT, 10),
    Column("deadline", "期限", Kind.DAY, 6),
    Column("steps", "办理经过", Kind.TEXT, 12),
    Column("state", "状态", Kind.TEXT, 4),
    Column("days_overdue", "逾期天数", Kind.COUNT, 3),
    Column("amount_fen", "涉及金额（元）", Kind.FEN, 10, summed=True),
    Column("rectified_fen", "已整改（元）", Kind.FEN, 10, summed=True),
)


def section(findings: Sequence[FindingFact], as_of: date) -> Section:
    """The ledger, by deadline; the earliest first."""
    counting = counted(findings, [one for one in findings if one.orders])
    rows = [(order, finding) for finding in findings for order in finding.orders]
    rows.sort(key=lambda row: (row[0].deadline, row[0].issued_on, row[0].id))
    lines = []
    for at, (order, finding) in enumerate(rows, start=1):
        share = counting[finding.id]
        counts = order is finding.first_order and share.holder == finding.id
        again_fen = share.nested_fen if counts else 0
        lines.append(
            Line(
                (
                    at,
                    str(order.id),
                    finding.title + (counted_elsewhere(again_fen) if counts else "（金额已在他项计列）"),
                    order.unit_name,
                    order.place,
                    KIND_NAMES.get(order.kind, order.kind),
                    clipped(order.demand, MOST_DEMAND),
                    order.deadline,
                    steps_of(order),
                    STATE_NAMES.get(order.state, order.state),
                    order.days_overdue(as_of),
                    finding.amount_fen,
                    finding.rectified_fen,
                ),
                counts,
                {"amount_fen": again_fen} if again_fen else {},
            )
        )
    return Section("整改台账", COLUMNS, tuple(lines), "截至该日没有已下达的整改通知")


def steps_of(order: OrderFact) -> str:
    """What happened to an order, in one line: 2017-11-02下达；2017-11-10申请销号."""
    return "；".join(f"{step.done_on.isoformat()}{STEP_NAMES.get(step.action, step.action)}" for step in order.steps)
