"""Every published finding and report, filed over HTTP as an office would, and what it comes to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from demo import published_findings as published
from demo.files import ROOT
from tests.audit_api.office import confirmed
from tests.audit_api.test_finding import refused
from tests.callers import Caller, audit_caller

REPORTS = published.reports()


def office(http: httpx.AsyncClient, book: published.Book) -> Caller:
    return audit_caller(http, "inspector", book.region, subject="审计组")


@pytest.fixture(scope="module")
async def filed(audit_http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """All 12 reports and 78 findings, filed and confirmed: the receipts by the published names."""
    found: dict[str, dict[str, Any]] = {}
    for name, row in REPORTS.items():
        book = published.book_of(row)
        query = {"county": book.county}
        answer = await office(audit_http, book).post(
            "/audit/v1/filed-reports", published.report_request(row), params=query
        )
        assert answer.status_code == 201, answer.text
        found[name] = answer.json()
    for row in published.findings():
        report = REPORTS[row["report_id"]]
        book = published.book_of(report)
        ids = {name: one["id"] for name, one in found.items()}
        request = published.finding_request(row, report, ids[row["report_id"]], ids)
        found[row["finding_id"]] = await confirmed(office(audit_http, book), request, book.county)
    return found


@pytest.fixture(scope="module")
async def told(audit_http: httpx.AsyncClient, filed: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the system says of each report."""
    answers = {}
    for name, row in REPORTS.items():
        book = published.book_of(row)
        url = f"/audit/v1/filed-reports/{filed[name]['id']}"
        answers[name] = (await office(audit_http, book).get(url, params={"county": book.county})).json()
    return answers


async def test_all_are_filed_and_none_is_doubled(
    filed: dict[str, dict[str, Any]], told: dict[str, dict[str, Any]]
) -> None:
    assert len(filed) == 78 + 12
    assert sum(one["findings_n"] for one in told.values()) == 78
    assert sum(one["with_amount_n"] for one in told.values()) == 54
    around = published.within()
    for name, one in filed.items():
        assert one.get("within_finding_id") == (filed[around[name]]["id"] if name in around else None)
    once = {name: one["counted_once_fen"] for name, one in told.items()}
    assert once["R01"] == (23_400 + 22_700) * 1_000_000, "the total with its parts, and what lay idle"
    assert once["R15"] == 68_400 * 1_000_000
    assert once["R24"] == 33_000 * 1_000_000 + 86_890_000
    assert all(one["counted_once_fen"] <= one["added_up_fen"] for one in told.values())


async def test_what_was_approximate_stays_so(filed: dict[str, dict[str, Any]]) -> None:
    known = {name: one["amount_known"] for name, one in filed.items() if "-" in name}
    assert {name for name, how in known.items() if how == "approximate"} == {"R04-02", "R04-03", "R04-04"}
    assert all(filed[name]["amount_fen"] is None for name in ("R04-02", "R04-03", "R04-04"))
    assert known["R04-05"] is None, "nothing was published of it"


async def test_published_sums_that_do_not_tie_are_shown(told: dict[str, dict[str, Any]]) -> None:
    totals = {name: [one["difference_fen"] for one in report["totals"]] for name, report in told.items()}
    assert totals["R01"] == [71_610_000]
    assert totals["R07"] == [-8_620_000]
    assert totals["R10"] == [-43_680_000]
    assert totals["R15"] == [9_000_000]
    figures = {(name, one["what"]): one["difference"] for name, report in told.items() for one in report["figures"]}
    assert figures["R22", "筹集=中央+省+州+县"] == -109
    assert figures["R22", "筹集=支出+结转"] == -45_776
    assert figures["R12", "近500人"] == 54
    assert figures["R01", "查处人数"] == figures["R02", "三年投入=中央+省"] == 0
    assert figures["R01", "违规金额占抽查资金"] == 184_000 - 188_710


async def test_every_category_has_a_class_and_none_is_other(filed: dict[str, dict[str, Any]]) -> None:
    classes = {one["class_code"] for name, one in filed.items() if "-" in name}
    assert classes <= {f"F{number:02}" for number in range(1, 19)}
    assert len(classes) >= 14


async def test_a_report_is_filed_once_and_seen_where_it_was_filed(
    audit_http: httpx.AsyncClient, filed: dict[str, dict[str, Any]]
) -> None:
    book = published.book_of(REPORTS["R22"])
    request = published.report_request(REPORTS["R22"])
    refused(await office(audit_http, book).post("/audit/v1/filed-reports", request), 409, "report-filed-already")
    url = f"/audit/v1/filed-reports/{filed['R22']['id']}"
    refused(await audit_caller(audit_http, "inspector", "999999").get(url), 404, "not-found")
    refused(await audit_caller(audit_http, "finance_clerk", book.county).get(url), 403, "forbidden")
    early = {"known_at": "2017-01-01T00:00:00+08:00"}
    refused(await office(audit_http, book).get(url, params=early), 404, "not-found")


async def test_the_page_is_what_the_system_answers(told: dict[str, dict[str, Any]]) -> None:
    page = published.page(told)
    assert ROOT.joinpath("docs", "published-findings.md").read_text(encoding="utf-8") == page
