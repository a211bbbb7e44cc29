"""Rejected rows as files: whole however many pages they are read in, and never more than a page at a time."""

from __future__ import annotations

import csv
import io
from typing import Any

import fastexcel
import httpx
import pytest

from services.funds_api.payments import sheets, store
from tests.funds_api.people import Township, roster_csv

ROWS = 23


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files are read five rows at a time; how many each reading gave."""
    found: list[int] = []
    rejected = store.rejected

    async def counted(*asked: Any) -> Any:
        rows = await rejected(*asked)
        found.append(len(rows))
        return rows

    monkeypatch.setattr(sheets, "PAGE_ROWS", 5)
    monkeypatch.setattr(store, "rejected", counted)
    return found


async def _sent_back(township: Township) -> str:
    batch = await township.batch()
    told = await township.put(batch, roster_csv([(str(p), "1") for p in range(ROWS)]))
    assert told.json()["rows_bad"] == ROWS
    return f"/funds/v1/payment-batches/{batch}/rejected-rows"


async def test_a_file_of_many_pages_has_every_line_once(township: Township, pages: list[int]) -> None:
    base = await _sent_back(township)
    sheet = await township.clerk.get(f"{base}.csv")
    assert sheet.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [str(line) for line in range(2, 2 + ROWS)]
    assert pages == [5, 5, 5, 5, 3, 0]
    book = await township.clerk.get(f"{base}.xlsx")
    assert int(book.headers["content-length"]) == len(book.content)
    opened = fastexcel.read_excel(book.content).load_sheet(0, header_row=None, skip_rows=0, dtypes="string").to_polars()
    assert [[cell or "" for cell in row] for row in opened.rows()] == rows


async def test_no_workbook_is_made_of_more_rows_than_can_be_waited_for(
    township: Township, pages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = await _sent_back(township)
    monkeypatch.setattr(sheets, "MAX_SHEET_ROWS", ROWS - 1)
    refused = await township.clerk.get(f"{base}.xlsx")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("sheet-too-long")
    assert refused.json()["figures"] == {"batch_id": base.split("/")[-2], "rows": ROWS, "limit_rows": ROWS - 1}
    assert pages == []
    assert (await township.clerk.get(f"{base}.csv")).status_code == 200
    assert (await township.neighbour.get(f"{base}.csv")).status_code == 404
