"""Reports as values: totals of rows that count, shares, heaps that add up, and workbooks that keep each fen."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.reports import breakdown, bulletin, findings_list, orders_ledger, places, workbook
from services.audit_api.reports.division import heap_of
from services.audit_api.reports.endpoints import chosen
from services.audit_api.reports.facts import FindingFact, OrderFact, StepFact, counted, nested
from services.audit_api.reports.model import (
    Basis,
    Kind,
    Masthead,
    Proof,
    Report,
    ReportDoesNotTie,
    Section,
    clipped,
    must_tie,
    share,
    shown,
)
from services.audit_api.reports.refusals import ReportFormatNotOffered
from services.audit_api.reports.schemas import ReportFormat

AS_OF = date(2017, 11, 30)
FEN = st.integers(1, 10**14)


def order(finding: UUID, unit: str = "第一镇财政所", *steps: tuple[str, date], **more: object) -> OrderFact:
    told = {
        "id": uuid4(),
        "finding_id": finding,
        "unit_id": uuid4(),
        "unit_name": unit,
        "region_code": "990001101",
        "place": "990001101",
        "kind": "at_once",
        "demand": "十五日内拨付到户",
        "issued_on": date(2017, 11, 2),
        "deadline": date(2017, 11, 17),
        "steps": tuple(StepFact(*step) for step in steps) or (StepFact("issued", date(2017, 11, 2)),),
    }
    return OrderFact(**{**told, **more})  # type: ignore[arg-type]


def finding(
    amount_fen: int | None = 100_000, rectified_fen: int = 0, units: tuple[str, ...] = (), **more: object
) -> FindingFact:
    one = uuid4()
    told = {
        "id": one,
        "class_code": "F01",
        "class_name": "闲置滞留",
        "title": "第一镇滞留扶贫资金",
        "found_on": date(2017, 11, 1),
        "closed_on": None,
        "amount_fen": amount_fen,
        "rectified_fen": rectified_fen,
        "orders": tuple(order(one, unit) for unit in units),
    }
    return FindingFact(**{**told, **more})  # type: ignore[arg-type]


def report(*sections: Section, title: str = "问题清单", proofs: tuple[Proof, ...] = ()) -> Report:
    basis = Basis("/audit/v1/reports/findings", (("county", "990001"),), AS_OF, None, 7)
    return Report(
        "findings", title, "990001", Masthead("某县纪委", "1号", AS_OF), basis, (), sections, ("说明",), proofs
    )


facts = st.lists(
    st.builds(
        lambda amount, part, units, code, closed: finding(
            amount,
            amount * part // 100,
            units,
            class_code=code,
            class_name=code,
            closed_on=date(2017, 11, 20) if closed else None,
        ),
        FEN,
        st.integers(0, 100),
        st.sampled_from([(), ("甲所",), ("乙所",), ("甲所", "乙所")]),
        st.sampled_from(["F01", "F02", "F16"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(facts)
def test_every_table_of_the_same_findings_comes_to_the_same_totals(found: list[FindingFact]) -> None:
    amount, rectified = sum(one.amount_fen for one in found), sum(one.rectified_fen for one in found)
    tables = [findings_list.section(found), bulletin.section(found, AS_OF), *breakdown.sections(found, AS_OF)]
    assert len(tables) == 6
    for table in tables:
        totals = table.totals
        assert (totals["amount_fen"], totals["rectified_fen"]) == (amount, rectified), table.heading
        assert totals["outstanding_fen"] == amount - rectified
        assert totals.get("findings_n", len(table.lines)) == len(found)
    ledger = orders_ledger.section(found, AS_OF)
    assert ledger.totals["amount_fen"] == sum(one.amount_fen for one in found if one.orders)
    assert len(ledger.lines) == sum(len(one.orders) for one in found)


def test_what_lies_within_another_finding_is_shown_and_not_counted() -> None:
    whole = finding(100_000, 30_000)
    inner = finding(40_000, 10_000, ("甲所",), title="其中一部分")
    found = nested([inner, whole], {inner.id: whole.id})
    table = findings_list.section(found)
    assert len(table.lines) == 2
    assert table.totals == {"amount_fen": 100_000, "rectified_fen": 40_000, "outstanding_fen": 60_000}
    [inside] = [line for line in table.lines if not line.counted]
    assert "之内）" in str(inside.cells[3])
    assert 40_000 in inside.cells
    heap = heap_of(found, AS_OF, counted(found, found))
    assert (heap.findings_n, heap.amount_fen, heap.rectified_fen) == (2, 100_000, 40_000)


def test_in_the_ledger_what_lies_within_counts_where_the_whole_has_no_order() -> None:
    whole, inner = finding(100_000), finding(40_000, 10_000, ("甲所",))
    assert orders_ledger.section(nested([inner, whole], {inner.id: whole.id}), AS_OF).totals["amount_fen"] == 40_000
    ordered = finding(100_000, 0, ("乙所",))
    ledger = orders_ledger.section(nested([inner, ordered], {inner.id: ordered.id}), AS_OF)
    assert ledger.totals == {"amount_fen": 100_000, "rectified_fen": 10_000}


def test_one_lies_within_another_by_way_of_a_third_that_is_not_in_the_report() -> None:
    whole, inner, third = finding(100_000), finding(40_000), uuid4()
    outer = {inner.id: third, third: whole.id}
    assert findings_list.section(nested([inner, whole], outer)).totals["amount_fen"] == 100_000
    assert findings_list.section(nested([inner], outer)).totals["amount_fen"] == 40_000
    unknown = finding(None)
    assert findings_list.section(nested([inner, unknown], {inner.id: unknown.id})).totals["amount_fen"] == 40_000
    circle = nested([inner, whole], {inner.id: whole.id, whole.id: inner.id})
    assert len(findings_list.section(circle).lines) == 2


def test_fen_that_two_findings_held_in_turn_are_in_every_total_once() -> None:
    lot = uuid4()
    first = finding(100_000, 30_000, ("甲所",), lots={lot: (100_000, 30_000)})
    again = finding(60_000, 0, ("乙所",), lots={lot: (60_000, 0)}, found_on=date(2017, 11, 20), class_code="F02")
    found = [first, again]
    table = findings_list.section(found)
    assert table.totals == {"amount_fen": 100_000, "rectified_fen": 30_000, "outstanding_fen": 70_000}
    assert [line.elsewhere_fen.get("amount_fen", 0) for line in table.lines] == [60_000, 0]
    assert "其中600.00元此后又被认定" in str(table.lines[0].cells[3])
    assert table.lines[0].cells[9] == 100_000, "what a finding says is shown as it says it"
    tables = [bulletin.section(found, AS_OF), *breakdown.sections(found, AS_OF), orders_ledger.section(found, AS_OF)]
    assert {one.totals["amount_fen"] for one in tables} == {100_000}
    assert {one.totals["rectified_fen"] for one in tables} == {30_000}
    assert findings_list.section([first]).totals["amount_fen"] == 100_000


def test_of_two_orders_on_one_finding_the_first_has_its_amount() -> None:
    table = orders_ledger.section([finding(5, units=("甲所", "乙所"))], AS_OF)
    assert [line.counted for line in table.lines].count(True) == 1
    assert table.totals["amount_fen"] == 5


@pytest.mark.parametrize(
    ("as_of", "days", "overdue"), [(date(2017, 11, 17), 0, False), (date(2017, 11, 18), 1, True), (AS_OF, 13, True)]
)
def test_an_order_is_overdue_from_the_day_after_its_deadline(as_of: date, days: int, overdue: bool) -> None:
    one = order(uuid4())
    assert (one.days_overdue(as_of), one.is_overdue(as_of)) == (days, overdue)


def test_an_order_is_in_the_state_its_last_step_left_it_in() -> None:
    issued, asked = ("issued", date(2017, 11, 2)), ("closure_requested", date(2017, 11, 10))
    closed = order(uuid4(), "甲所", issued, asked, ("closed", date(2017, 11, 20)))
    assert (closed.state, closed.closed_on, closed.days_overdue(AS_OF)) == ("closed", date(2017, 11, 20), 3)
    back = order(uuid4(), "甲所", issued, asked, ("sent_back", date(2017, 11, 20)), ("heard_of", AS_OF))
    assert (back.state, back.closed_on) == ("sent_back", None)


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, None),
        (0, 3, "0.00%"),
        (1, 3, "33.33%"),
        (2, 3, "66.67%"),
        (3, 3, "100.00%"),
        (10**14 - 1, 10**14, "99.99%"),
    ],
)
def test_a_share_is_whole_only_when_nothing_is_left(part: int, whole: int, told: str | None) -> None:
    assert share(part, whole) == told


def test_cells_are_shown_as_people_read_them() -> None:
    assert shown(724_712_484, Kind.FEN) == "7,247,124.84"
    assert shown(None, Kind.DAY) == "—"
    assert shown(AS_OF, Kind.DAY) == "2017-11-30"
    assert shown("019a0000-0000-7000-8000-000000000001", Kind.ID) == "00000001"
    assert clipped("一二三四", 4) == "一二三四"
    assert clipped("一二三四五", 4) == "一二三…"


def test_a_report_that_is_a_fen_off_is_not_handed_out() -> None:
    must_tie(report(proofs=(Proof("涉及金额", Kind.FEN, 5, 5),)))
    with pytest.raises(ReportDoesNotTie, match="涉及金额"):
        must_tie(report(proofs=(Proof("涉及金额", Kind.FEN, 5, 4),)))


@given(st.integers(-workbook.EXACT_FEN, workbook.EXACT_FEN))
def test_a_number_of_a_workbook_gives_the_fen_back(fen: int) -> None:
    """As xlsxwriter writes a number (16 significant digits) and a spreadsheet reads it."""
    assert round(float(f"{fen / 100:.16G}") * 100) == fen


def test_a_workbook_has_its_rows_its_total_and_no_formula() -> None:
    found = [finding(1), finding(10**14), finding(29, title="=1+1")]
    content = workbook.written(report(findings_list.section(found)))
    book = fastexcel.read_excel(content)
    assert book.sheet_names == ["表1", "说明"]
    rows = book.load_sheet("表1", header_row=2).to_polars()
    *amounts, page, total = rows["涉及金额（元）"].to_list()
    assert (sorted(amounts), page, total) == ([0.01, 0.29, 10**12], (10**14 + 30) / 100, (10**14 + 30) / 100)
    assert "'=1+1" in rows["问题"].to_list()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.read("xl/workbook.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet
    assert "_xlnm.Print_Titles" in names
    assert content == workbook.written(report(findings_list.section(found)))


@pytest.mark.parametrize(("rows_n", "pages_n"), [(0, 0), (1, 1), (20, 1), (21, 2), (45, 3)])
def test_the_pages_of_a_workbook_come_to_its_total(rows_n: int, pages_n: int) -> None:
    found = [finding(100 * at + 1, at) for at in range(1, rows_n + 1)]
    content = workbook.written(report(findings_list.section(found)))
    rows = fastexcel.read_excel(content).load_sheet("表1", header_row=2, dtypes="string").to_polars()
    names, fen = rows["序号"].to_list(), [round(float(one) * 100) for one in rows["涉及金额（元）"].to_list()]
    assert (names.count("本页小计"), names[-1]) == (pages_n, "合计")
    pages = [amount for name, amount in zip(names, fen, strict=True) if name == "本页小计"]
    assert sum(pages) == fen[-1] == sum(one.amount_fen or 0 for one in found)
    if pages_n:
        assert pages[0] == sum(fen[: min(rows_n, workbook.PAGE_ROWS)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<brk ") == max(0, pages_n - 1)


def test_pages_of_a_workbook_that_are_a_fen_off_are_not_written() -> None:
    section = findings_list.section([finding(100)])
    workbook._must_tie(section, Counter(section.totals))
    with pytest.raises(ReportDoesNotTie, match="amount_fen"):
        workbook._must_tie(section, Counter({**section.totals, "amount_fen": 101}))


def test_a_text_longer_than_a_cell_takes_is_clipped_and_says_so() -> None:
    found = finding(units=tuple(f"第{at:04}镇财政所" for at in range(4_000)))
    content = workbook.written(report(findings_list.section([found])))
    rows = fastexcel.read_excel(content).load_sheet("表1", header_row=2).to_polars()
    told = rows["责任单位"].to_list()[0]
    assert (len(told), told[-1]) == (workbook.MOST_CELL, "…")


def test_places_are_told_by_name_and_code(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text('code,name,cityCode\n420322,"郧西县",4203\n', encoding="utf-8")
    (tmp_path / "streets.csv").write_text("code,name,areaCode\n420322101,土门镇,420322\n", encoding="utf-8-sig")
    known = places.read(str(tmp_path))
    assert known.told("420322101") == "土门镇（420322101）"
    assert (known.told("420322999"), known.name_or_code("420322")) == ("420322999", "郧西县")
    assert places.read("").told("420322101") == "420322101"
    with pytest.raises(FileNotFoundError):
        places.read(str(tmp_path / "nothing"))


def test_an_amount_beyond_what_a_number_of_a_workbook_keeps_is_text() -> None:
    most = workbook.EXACT_FEN
    content = workbook.written(report(findings_list.section([finding(most), finding(most)])))
    told = fastexcel.read_excel(content).load_sheet("表1", header_row=2, dtypes="string").to_polars()
    assert told["涉及金额（元）"].to_list()[-1] == "19,999,999,999,999.98"


def test_a_bulletin_tells_the_month_and_the_year_so_far() -> None:
    found = [
        finding(100_000, 100_000, ("甲所",), closed_on=date(2017, 11, 20)),
        finding(300_000, 0, ("乙所",), found_on=date(2017, 3, 1)),
        finding(100_000),
    ]
    assert bulletin.title(AS_OF) == "关于2017年1—11月扶贫资金问题整改情况的通报"
    assert bulletin.title(date(2017, 1, 31)) == "关于2017年1月扶贫资金问题整改情况的通报"
    first, second, *rest = bulletin.paragraphs(found, AS_OF)
    assert "共认定问题3个，涉及金额0.50万元；其中本月新认定2个，涉及金额0.20万元，本月销号1个" in first
    assert "按件数计销号率33.33%" in second
    assert "按金额计整改率20.00%" in second
    assert rest[0].startswith("尚有1个问题未下达整改通知")
    ranked = [line.cells[:2] for line in bulletin.section(found, AS_OF).lines]
    assert ranked == [(1, "甲所（990001101）"), (2, "乙所（990001101）"), (None, "（尚未下达整改）")]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("application/pdf", "pdf"),
        ("text/html, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;q=0.9", "xlsx"),
        ("application/pdf;q=0, application/json", "json"),
    ],
)
def test_the_format_is_the_one_named_or_the_first_accepted(accept: str | None, form: str) -> None:
    assert chosen(None, accept) == form
    assert chosen(ReportFormat.PDF, accept) == "pdf"


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(ReportFormatNotOffered):
        chosen(None, "text/html, image/png")


def test_a_finding_over_no_amount_is_listed_with_a_dash_and_counts_as_one() -> None:
    table = findings_list.section([finding(None), finding(7)])
    assert sorted(str(line.cells[-3]) for line in table.lines) == ["7", "None"]
    assert shown(None, Kind.FEN) == "—"
    assert table.totals == {"amount_fen": 7, "rectified_fen": 0, "outstanding_fen": 7}
    assert len(findings_list.section([finding(None), finding(7)]).lines) == 2
