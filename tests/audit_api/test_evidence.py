"""Evidence: kept under its own hash, told by its bytes, handed out as an attachment, and every look recorded."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from services.audit_api.evidence.endpoints import FileNameUnreadable, file_name_of
from services.audit_api.evidence.filekinds import kind_of
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import finding
from tests.audit_api.test_finding import alerted, refused
from tests.callers import Caller, audit_caller

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def zipped(*names: str, before: bytes = b"", types: str = "x", comment: bytes = b"") -> bytes:
    held = io.BytesIO(before)
    held.seek(len(before))
    with zipfile.ZipFile(held, "a") as archive:
        for name in names:
            archive.writestr(name, types if name == "[Content_Types].xml" else "x")
        archive.comment = comment
    return held.getvalue()


BOOK = ("[Content_Types].xml", "xl/workbook.xml")
MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"


def encrypted() -> bytes:
    """A workbook whose entries say that they are encrypted."""
    raw = bytearray(zipped(*BOOK))
    at = raw.find(b"PK\x01\x02")
    raw[at + 8] |= 1
    return bytes(raw)


@pytest.fixture
async def opened(audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> tuple[Caller, str]:
    """An inspector and a finding of the county."""
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    answer = await inspector.post("/audit/v1/findings", finding(alert_id))
    return inspector, answer.json()["id"]


async def send(caller: Caller, finding_id: str, content: Any, name: str = "回单.pdf", **more: Any) -> httpx.Response:
    headers = {"X-File-Name": quote(name), "Content-Type": "application/octet-stream"}
    return await caller.request(
        "POST", "/audit/v1/evidence", params={"finding_id": finding_id}, content=content, headers=headers, **more
    )


async def test_a_file_is_kept_once_and_comes_back_as_it_was(
    audit_http: httpx.AsyncClient, opened: tuple[Caller, str], county: str, admin: asyncpg.Pool
) -> None:
    inspector, finding_id = opened
    kept = await send(inspector, finding_id, PDF, key="keep-it-once")
    assert kept.status_code == 201, kept.text
    assert (kept.json()["sha256"], kept.json()["file_kind"]) == (hashlib.sha256(PDF).hexdigest(), "pdf")
    again = await send(inspector, finding_id, PDF, key="keep-it-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (kept.json(), "true")
    refused(await send(inspector, finding_id, PDF + b"x", key="keep-it-once"), 422, "idempotency-key-reused")
    refused(await send(inspector, finding_id, PDF), 409, "evidence-kept-already")

    listed = (await inspector.get("/audit/v1/evidence", params={"finding": finding_id})).json()["items"]
    assert [(one["file_name"], one["size_bytes"]) for one in listed] == [("回单.pdf", len(PDF))]
    copy = await inspector.get(f"/audit/v1/evidence/{kept.json()['id']}/content")
    assert copy.content == PDF
    assert copy.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%9B%9E")
    assert copy.headers["x-content-type-options"] == "nosniff"
    looks = await admin.fetch("SELECT body FROM audit.event WHERE stream = $1 AND kind = 'EvidenceRead'", county)
    assert len(looks) == 1
    said = await admin.fetchval(
        "SELECT string_agg(body::text || outcome::text, '') FROM audit.event"
        " WHERE stream = $1 AND kind LIKE 'Evidence%'",
        county,
    )
    assert "回单" not in said
    folder: Path = audit_http.app.state.shelf.place.root  # type: ignore[attr-defined]
    assert list((folder / "incoming").iterdir()) == []


async def test_a_file_that_was_changed_behind_our_back_is_not_handed_out(
    audit_http: httpx.AsyncClient, opened: tuple[Caller, str], county: str
) -> None:
    inspector, finding_id = opened
    kept = (await send(inspector, finding_id, PDF)).json()
    folder: Path = audit_http.app.state.shelf.place.root  # type: ignore[attr-defined]
    place = folder / county / kept["sha256"][:2] / kept["sha256"]
    place.chmod(0o600)
    place.write_bytes(PDF + b" ")
    refused(await inspector.get(f"/audit/v1/evidence/{kept['id']}/content"), 409, "evidence-altered")


async def test_only_inspectors_of_the_county_keep_and_see_evidence(
    audit_http: httpx.AsyncClient, opened: tuple[Caller, str], county: str
) -> None:
    inspector, finding_id = opened
    kept = (await send(inspector, finding_id, PDF)).json()["id"]
    elsewhere = audit_caller(audit_http, "inspector", "999999")
    refused(await send(elsewhere, finding_id, PDF), 404, "not-found")
    refused(await elsewhere.get(f"/audit/v1/evidence/{kept}/content"), 404, "not-found")
    refused(await elsewhere.get("/audit/v1/evidence", params={"finding": finding_id}), 404, "not-found")
    clerk = audit_caller(audit_http, "finance_clerk", county)
    refused(await send(clerk, finding_id, PDF), 403, "forbidden")
    refused(await clerk.get(f"/audit/v1/evidence/{kept}/content"), 403, "forbidden")


async def test_bad_files_leave_nothing_behind(audit_http: httpx.AsyncClient, opened: tuple[Caller, str]) -> None:
    inspector, finding_id = opened
    refused(await send(inspector, finding_id, b"MZ\x90\x00" + bytes(100)), 415, "evidence-kind-unknown")
    refused(await send(inspector, finding_id, b""), 422, "evidence-empty")
    refused(await send(inspector, finding_id, PDF, name="../../etc/passwd"), 422, "file-name-unreadable")
    refused(await send(inspector, finding_id, bytes(20 * 1024 * 1024 + 1)), 413, "body-too-large")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield b"a" * (1 << 20)

    refused(await send(inspector, finding_id, endless()), 413, "evidence-too-large")
    folder: Path = audit_http.app.state.shelf.place.root  # type: ignore[attr-defined]
    assert list((folder / "incoming").iterdir()) == []
    listed = (await inspector.get("/audit/v1/evidence", params={"finding": finding_id})).json()
    assert (listed["items"], bool(listed["empty_because"])) == ([], True)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "a.txt", "pdf"),
        (b"\x89PNG\r\n\x1a\n0000", "a", "png"),
        (b"\xff\xd8\xff\xe0", "a", "jpeg"),
        (zipped(*BOOK), "a.zip", "xlsx"),
        (zipped(*BOOK, "xl/vbaProject.bin"), "a.xlsx", None),
        (zipped(*BOOK, "xl/macrosheets/sheet1.xml"), "a.xlsx", None),
        (zipped(*BOOK, "xl/embeddings/oleObject1.bin"), "a.xlsx", None),
        (zipped(*BOOK, types=MACROS), "a.xlsx", None),
        (zipped(*BOOK, types="x" * ((1 << 20) + 1)), "a.xlsx", None),
        (zipped(*BOOK, "XL/workbook.xml"), "a.xlsx", None),
        (zipped(*BOOK, comment=b"MZ"), "a.xlsx", None),
        (encrypted(), "a.xlsx", None),
        (zipped("OFD.xml", "Doc_0/Document.xml"), "发票.ofd", "ofd"),
        (zipped("OFD.xml", "Doc_0/Run.JS"), "发票.ofd", None),
        (zipped("word/document.xml", "[Content_Types].xml"), "a.docx", None),
        (zipped("a.exe", before=PDF), "a.pdf", None),
        (zipped("a.exe", before=b"\x89PNG\r\n\x1a\n0000"), "a.png", None),
        (zipped("a.exe", before="说明\n".encode()), "a.txt", None),
        (zipped("%PDF-1.7", *BOOK), "a.xlsx", None),
        (b"\xff\xd8\xff\xe0%PDF-1.7", "a.jpg", None),
        (b"x" * 1019 + b"%PDF-", "a.txt", None),
        (b"x" * 1020 + b"%PDF-", "a.txt", "txt"),
        (zipped("payload.exe"), "a.xlsx", None),
        (b"PK\x03\x04broken", "a.xlsx", None),
        ("姓名,金额\n".encode("gb18030"), "名册.CSV", "csv"),
        ("姓名,金额\r\n".encode(), "a.txt", "txt"),
        (b"text\x00", "a.txt", None),
        (b"\x80\xff\xff", "a.txt", None),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path: Path, content: bytes, name: str, kind: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert kind_of(path, name) == kind


@pytest.mark.parametrize("header", ["%FF", "", "%2e%2e", "a%2Fb", "a%5Cb", "a%00", "%0d%0aX: y", "x" * 201])
def test_a_name_that_is_no_plain_name_is_refused(header: str) -> None:
    with pytest.raises(FileNameUnreadable):
        file_name_of(header)


@pytest.mark.parametrize("name", ["附件\u202egnp.exe", "\u200b.pdf", "附件\xa01.pdf", '"附件".pdf', "\u3000\u3000"])
def test_a_name_that_hides_something_is_refused(name: str) -> None:
    with pytest.raises(FileNameUnreadable):
        file_name_of(quote(name))


@pytest.mark.parametrize("name", ["附件\u30001.pdf", "“附件”（1）.pdf", "𠮷.pdf", "x" * 200])
def test_a_name_as_offices_write_it_is_kept(name: str) -> None:
    assert file_name_of(quote(name)) == name


async def test_an_upload_that_breaks_off_leaves_nothing(
    audit_http: httpx.AsyncClient, opened: tuple[Caller, str], county: str, admin: asyncpg.Pool
) -> None:
    inspector, finding_id = opened
    kept = await send(inspector, finding_id, PDF, key="breaks-off-once")
    assert kept.status_code == 201, kept.text
    request = kept.request
    messages = iter(
        [
            {"type": "http.request", "body": PDF[:100] + b"another", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def answered(message: Any) -> None:
        sent.append(message)

    headers = [(name.lower(), value) for name, value in request.headers.raw if name.lower() != b"idempotency-key"]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "headers": [*headers, (b"idempotency-key", b"breaks-off-twice")],
        "client": ("127.0.0.1", 1),
        "server": ("audit", 80),
        "scheme": "http",
    }
    await audit_http.app(scope, receive, answered)  # type: ignore[attr-defined]
    assert [one["status"] for one in sent if one["type"] == "http.response.start"] in ([], [413])
    folder: Path = audit_http.app.state.shelf.place.root  # type: ignore[attr-defined]
    assert list((folder / "incoming").iterdir()) == []
    told = "SELECT count(*) FROM audit.event WHERE stream = $1 AND kind = 'EvidenceKept'"
    assert await admin.fetchval(told, county) == 1
