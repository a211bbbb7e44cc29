"""An extract is printed for the file from its frozen bytes alone: its moment, its question, its total and its proof."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

import asyncpg
import fastexcel
import httpx
import pytest

from services.audit_api.reports.printing import PrintRoom
from tests.audit_api.test_erasures import Words
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller
from tests.contract.extracting import Case
from tests.contract.test_extracts_of_movements import DOCUMENT, handed_down
from tests.funds_api.desk import Desk
from tests.funds_api.quarantined import finding
from tests.funds_api.test_returns import Paid
from tests.unit.test_report_pdf import readable

KINDS = ("lot", "balance", "tranche", "trace", "tree", "movement", "document", "household", "finding")


@pytest.fixture
async def printing(case: Case, audit_http: httpx.AsyncClient) -> Case:
    """A county where everything can be extracted, and a printer that a busy machine does not hurry."""
    audit_http.app.state.print_room = PrintRoom(most_seconds=300)  # type: ignore[attr-defined]
    return case


async def subjects(case: Case, desk: Desk, admin: asyncpg.Pool) -> dict[str, str]:
    paid = await Paid(case.funds, case.county).open()
    [first, *_] = await desk.lots(desk.treasury)
    return {
        "lot": first["id"],
        "balance": desk.treasury,
        "tranche": first["tranche_id"],
        "trace": paid.line(2),
        "tree": case.county,
        "movement": await handed_down(desk, 450_000, "2017-05-01"),
        "document": DOCUMENT,
        "household": await paid.town.household(admin, 2),
        "finding": str(await finding(case.funds, case.county, {first["id"]: 1_234})),
    }


def cells(content: bytes) -> list[str]:
    book = fastexcel.read_excel(content)
    sheets = [
        book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars() for name in book.sheet_names
    ]
    return [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell is not None]


def figure(cell: str) -> int | None:
    """The fen of a cell that is an amount."""
    try:
        return round(Decimal(cell) * 100)
    except InvalidOperation:
        return None


async def test_every_kind_is_printed_with_its_moment_its_question_its_total_and_its_proof(
    printing: Case, desk: Desk, admin: asyncpg.Pool
) -> None:
    about = await subjects(printing, desk, admin)
    assert set(about) == set(KINDS)
    for what, one in about.items():
        drawn = (await printing.draw(what, one)).json()
        assert (type(drawn["total_fen"]), drawn["unexplained_fen"]) == (int, 0), what
        path = f"{printing.path}/{drawn['id']}/printed"
        sheet = await printing.inspector.get(path, params={"format": "xlsx"})
        assert sheet.status_code == 200, sheet.text
        said = cells(sheet.content)
        text = "\n".join(str(one) for one in said)
        assert drawn["sentence"] in text, what
        assert drawn["sha256"] in text, what
        assert f"GET {drawn['path']}?" in text, what
        proofs = [one for one in said if str(one).startswith("账上 ")]
        assert proofs, what
        assert {one.rpartition("差额 ")[2] for one in proofs} == {"0.00"}, (what, proofs)
        assert sum(figure(one) == drawn["total_fen"] for one in said) >= (0 if what in {"balance", "tranche"} else 1)
        assert "取证人（签字）" in text
        assert "None" not in text


async def test_a_pdf_is_the_same_whatever_was_recorded_since_and_each_taking_is_recorded(
    printing: Case, desk: Desk, admin: asyncpg.Pool
) -> None:
    moved = await handed_down(desk, 450_000, "2017-05-01")
    drawn = (await printing.draw("movement", moved)).json()
    path = f"{printing.path}/{drawn['id']}/printed"
    first = await printing.inspector.get(path)
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"].startswith("attachment")
    assert set("资金账本摘录截至按所知一镇财政所取证人签字差额县国库4,500.00") - readable(first.content) == set()
    assert (await desk.undo(moved, "2017-05-03")).status_code == 201
    assert (await printing.inspector.get(path)).content == first.content
    rows = await admin.fetch(
        "SELECT kind, body FROM audit.event WHERE stream = $1 AND kind IN ('ReportTaken', 'EvidenceRead')"
        " ORDER BY position",
        printing.county,
    )
    assert [row["kind"] for row in rows] == ["EvidenceRead", "ReportTaken"] * 2
    told = json.loads(rows[1]["body"])
    assert (told["report"], told["file_format"], told["sha256"]) == (
        "extract",
        "pdf",
        first.headers["X-Content-SHA256"],
    )
    assert told["parameters"] == {"finding_id": printing.finding_id, "extract_id": drawn["id"]}


async def test_what_the_books_cannot_explain_is_printed_and_not_refused(
    printing: Case, desk: Desk, admin: asyncpg.Pool
) -> None:
    """Somebody changed an amount behind the service: that is what the inspector takes away as evidence."""
    moved = await handed_down(desk, 100_000, "2017-05-01")
    await admin.execute("UPDATE funds.movement SET amount_fen = amount_fen + 7 WHERE id = $1", UUID(moved))
    drawn = (await printing.draw("movement", moved)).json()
    assert (drawn["total_fen"], drawn["unexplained_fen"]) == (100_007, 7)
    path = f"{printing.path}/{drawn['id']}/printed"
    sheet = await printing.inspector.get(path, params={"format": "xlsx"})
    assert sheet.status_code == 200, sheet.text
    assert any(one.endswith("差额 0.07") for one in cells(sheet.content))
    assert (await printing.inspector.get(path)).status_code == 200


async def test_nobody_prints_what_is_not_theirs_forgotten_or_of_another_finding(
    printing: Case, desk: Desk, audit_http: httpx.AsyncClient
) -> None:
    drawn = (await printing.draw("balance", desk.treasury)).json()
    path = f"{printing.path}/{drawn['id']}/printed"
    refused(await printing.inspector.get(path, params={"format": "json"}), 422, "invalid-request")
    refused(await printing.inspector.get(f"{printing.path}/{uuid4()}/printed"), 404, "not-found")
    elsewhere = audit_caller(audit_http, "inspector", "980001")
    refused(await elsewhere.get(path), 404, "not-found")
    clerk = audit_caller(audit_http, "finance_clerk", printing.county)
    refused(await clerk.get(path), 403, "forbidden")
    words = Words(audit_http, audit_http.app.state.database, printing.county)  # type: ignore[attr-defined]
    url = f"/audit/v1/evidence/{drawn['id']}"
    asked = (await words.maker.post(f"{url}/withdrawals", {"reason": "摘录有误", "on": "2026-03-03"})).json()
    said = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "同意", "on": "2026-03-03"}
    assert (await words.checker.post(f"{url}/withdrawals/1/decision", said)).status_code == 201
    sheet = await printing.inspector.get(path, params={"format": "xlsx"})
    assert any("2026年3月3日撤回" in str(one) for one in cells(sheet.content))
    await words.forget("evidence", drawn["id"], "content")
    refused(await printing.inspector.get(path), 410, "evidence-forgotten")
