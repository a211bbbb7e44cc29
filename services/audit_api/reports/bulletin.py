"""通报: what a county's findings came to from January to the month asked for, and who is ahead and who behind. Pure.

After the bulletins of 1–8月 and 1–9月 (domain 1c, 55) and the rank per indicator (73). It names units, never people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.audit_api.reports.division import NOT_ORDERED, divided, heap_of, table, unit_of
from services.audit_api.reports.facts import FindingFact, counted
from services.audit_api.reports.model import NOTHING, Section, chinese_day
from treasury.printing import wan


def title(as_of: date) -> str:
    """关于2017年1—11月扶贫资金问题整改情况的通报."""
    months = "1月" if as_of.month == 1 else f"1—{as_of.month}月"
    return f"关于{as_of.year}年{months}扶贫资金问题整改情况的通报"


def paragraphs(findings: Sequence[FindingFact], as_of: date) -> tuple[str, ...]:
    """The text before the table, every figure from the rows of the table or from the month's own."""
    month, counting = as_of.replace(day=1), counted(findings, findings)
    all_of = heap_of(findings, as_of, counting)
    of_month = [one for one in findings if one.found_on >= month]
    new = heap_of(of_month, as_of, counted(findings, of_month))
    closed_n = sum(one.closed_on is not None and one.closed_on >= month for one in findings)
    units = divided([one for one in findings if one.orders], as_of, unit_of, counting)
    late = sorted(name for name, heap in units.items() if heap.overdue_n)
    unordered_n = sum(not one.orders for one in findings)
    found = (
        f"截至{chinese_day(as_of)}，本年度共认定问题{all_of.findings_n}个，涉及金额{wan(all_of.amount_fen)}万元；"
        f"其中本月新认定{new.findings_n}个，涉及金额{wan(new.amount_fen)}万元，本月销号{closed_n}个。"
    )
    mended = (
        f"已下达整改通知{all_of.orders_n}份，已销号问题{all_of.closed_n}个，"
        f"按件数计销号率{all_of.closed_share or NOTHING}；"
        f"已整改金额{wan(all_of.rectified_fen)}万元，按金额计整改率{all_of.rectified_share or NOTHING}；"
        f"逾期未销号{all_of.overdue_n}份。"
    )
    told = [found, mended]
    if unordered_n:
        told.append(f"尚有{unordered_n}个问题未下达整改通知，请抓紧下达。")
    if late:
        told.append(f"有逾期事项的单位：{'、'.join(late)}。请对照整改要求倒排工期，逐项销号。")
    told.append("各责任单位整改情况及名次见附表，名次按已整改金额占比排列，占比相同的按销号率排列。")
    return tuple(told)


def section(findings: Sequence[FindingFact], as_of: date) -> Section:
    """The table by unit, ranked; what is not yet ordered stands last, for no unit is behind with it."""
    heaps = divided(findings, as_of, unit_of, counted(findings, findings))
    waiting = heaps.pop(NOT_ORDERED, None)
    ranked = table("附表  各责任单位整改情况", "责任单位", heaps, ranked=True)
    if waiting is None:
        return ranked
    last = table("", "", {NOT_ORDERED: waiting}).lines[0]
    return Section(
        ranked.heading, ranked.columns, (*ranked.lines, type(last)((None, *last.cells[1:]))), ranked.empty_because
    )
