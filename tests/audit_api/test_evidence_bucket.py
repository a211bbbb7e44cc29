"""Evidence in a store that speaks S3: whole or not at all, the same bytes or none, and nowhere else than was said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from pydantic import ValidationError

from chassis.database import Database
from services.audit_api.app import create_app
from services.audit_api.evidence.bucket import Access, Bucket, StrayVariables
from services.audit_api.evidence.folder import Folder
from services.audit_api.evidence.refusals import EvidenceStoreDown
from services.audit_api.evidence.shelf import Shelf
from services.audit_api.settings import Settings
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.stores import BUCKET, Store, Trap
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, finding, refused
from tests.callers import AUDIT_KEY, INTERNAL_JWKS, Caller, audit_caller

BIG = b"%PDF-1.7\n" + hashlib.sha256(b"big").digest() * 32 * 1024  # 1 MiB
ACCESS = {"evidence_region": "cn-hubei", "evidence_access_key": "key", "evidence_secret_key": "secret"}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine says of a cloud of its own is no part of these tests."""
    for name in [one for one in os.environ if one.upper().startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "store").running() as running:
        yield running


@pytest.fixture
async def http(urls: dict[str, str], store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """audit_api whose evidence lies in the store."""
    settings = Settings(
        database_url=urls["audit"],
        internal_jwks=INTERNAL_JWKS,
        funds_url="http://funds",
        ledger_key=json.dumps(AUDIT_KEY),
        evidence_url=f"s3://{BUCKET}/of/audit",
        evidence_endpoint=store.endpoint,
        log_level="WARNING",
        **ACCESS,
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://audit", timeout=60) as client:
            yield client


@pytest.fixture
async def opened(http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> tuple[Caller, str]:
    """An inspector and a finding of the county."""
    inspector = audit_caller(http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    return inspector, (await inspector.post("/audit/v1/findings", finding(alert_id))).json()["id"]


def shelf_at(endpoint: str) -> Shelf:
    """A shelf whose store is given half a second."""
    half = timedelta(milliseconds=500)
    return Shelf(Bucket(f"s3://{BUCKET}", Access(endpoint, "cn", "key", "secret", half, half), {}))


async def put(shelf: Shelf) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield PDF

    async with shelf.spooled(chunks(), "回单.pdf") as spooled:
        return await shelf.keep("990001", spooled)


async def test_a_file_lies_in_the_bucket_under_its_hash_and_comes_back_as_it_was(
    store: Store, opened: tuple[Caller, str], county: str
) -> None:
    inspector, finding_id = opened
    kept = await send(inspector, finding_id, BIG, key="keep-in-bucket")
    assert kept.status_code == 201, kept.text
    digest = hashlib.sha256(BIG).hexdigest()
    [there] = store.objects()
    assert str(there.relative_to(store.folder)) == f"{BUCKET}/of/audit/{county}/{digest[:2]}/{digest}"
    copy = await inspector.get(f"/audit/v1/evidence/{kept.json()['id']}/content")
    assert (copy.content, copy.headers["content-length"]) == (BIG, str(len(BIG)))
    assert copy.headers["content-disposition"].startswith("attachment")
    assert copy.headers["content-security-policy"] == "default-src 'none'; sandbox"

    before = there.stat()
    again = await send(inspector, finding_id, BIG, key="keep-in-bucket")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (kept.json(), "true")
    refused(await send(inspector, finding_id, BIG), 409, "evidence-kept-already")
    # Put there anew, so that a sweep takes it for fresh; one object, and the same.
    assert there.stat().st_mtime_ns > before.st_mtime_ns
    assert ([one.name for one in store.objects()], there.read_bytes()) == ([digest], BIG)


@pytest.mark.parametrize(
    "tamper",
    [lambda there: there.write_bytes(BIG + b" "), lambda there: there.write_bytes(BIG[:-1]), Path.unlink],
    ids=["longer", "shorter", "gone"],
)
async def test_what_was_changed_in_the_bucket_is_not_handed_out_and_not_taken_for_the_same(
    store: Store, opened: tuple[Caller, str], tamper: Callable[[Path], object]
) -> None:
    inspector, finding_id = opened
    kept = (await send(inspector, finding_id, BIG)).json()
    [there] = store.objects()
    tamper(there)
    refused(await inspector.get(f"/audit/v1/evidence/{kept['id']}/content"), 409, "evidence-altered")
    if there.exists():
        refused(await send(inspector, finding_id, BIG), 409, "evidence-altered")


async def test_a_store_that_dies_in_the_middle_of_an_upload_leaves_nothing(
    store: Store, opened: tuple[Caller, str], county: str, admin: asyncpg.Pool
) -> None:
    inspector, finding_id = opened
    store.kill_after = len(BIG) // 2
    broken = await send(inspector, finding_id, BIG, key="cut-in-two")
    refused(broken, 503, "evidence-store-down")
    assert broken.headers["Retry-After"] == "1"
    assert store.objects() == []
    assert (await inspector.get("/audit/v1/evidence", params={"finding": finding_id})).json()["items"] == []
    told = "SELECT count(*) FROM audit.event WHERE stream = $1 AND kind LIKE 'Evidence%'"
    assert await admin.fetchval(told, county) == 0

    store.kill_after = None
    store.start()
    kept = await send(inspector, finding_id, BIG, key="cut-in-two")
    assert kept.status_code == 201, kept.text
    assert (await inspector.get(f"/audit/v1/evidence/{kept.json()['id']}/content")).content == BIG

    store.kill()
    refused(await inspector.get(f"/audit/v1/evidence/{kept.json()['id']}/content"), 503, "evidence-store-down")
    assert await admin.fetchval(told, county) == 2  # kept, and read once: what could not be had was no look


async def test_a_bucket_or_a_folder_that_is_gone_is_a_store_that_is_down(store: Store, tmp_path: Path) -> None:
    shutil.rmtree(store.folder / BUCKET)
    with pytest.raises(EvidenceStoreDown):
        await put(shelf_at(store.endpoint))
    folder = Folder(tmp_path / "kept")
    key = await put(Shelf(folder))
    shutil.rmtree(folder.incoming)
    with pytest.raises(EvidenceStoreDown):
        await put(Shelf(folder))
    with pytest.raises(EvidenceStoreDown):
        await Shelf(folder).copy(key, hashlib.sha256(PDF).digest())


async def test_a_store_that_never_answers_is_not_waited_for() -> None:
    async with Trap().set() as silent:
        with pytest.raises(EvidenceStoreDown):
            await put(shelf_at(f"http://127.0.0.1:{silent.port}"))


async def test_neither_a_proxy_of_the_environment_nor_a_redirect_leads_to_another_host(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Trap(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").set() as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
        shelf = shelf_at(store.endpoint)
        key = await put(shelf)
        (await shelf.copy(key, hashlib.sha256(PDF).digest())).file.close()
        assert len(store.objects()) == 1

        away = f"HTTP/1.1 307 x\r\nLocation: http://localhost:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        async with Trap(away.encode()).set() as sends_away:
            moved = shelf_at(f"http://127.0.0.1:{sends_away.port}")
            with pytest.raises(EvidenceStoreDown):
                await put(moved)
            with pytest.raises(EvidenceStoreDown):
                await moved.copy(key, hashlib.sha256(PDF).digest())
            assert sends_away.visits > 0
        assert elsewhere.visits == 0


def test_a_bucket_is_refused_while_the_environment_could_lead_it_elsewhere() -> None:
    access = Access("http://127.0.0.1:9", "cn", "key", "secret")
    with pytest.raises(StrayVariables, match="AWS_ENDPOINT_URL_S3, aws_skip_signature"):
        Bucket(f"s3://{BUCKET}", access, {"AWS_ENDPOINT_URL_S3": "http://x", "aws_skip_signature": "1", "PATH": "/"})


@pytest.mark.parametrize(
    "named",
    [
        {"evidence_url": "s3://evidence"},
        {"evidence_url": "s3://evidence", "evidence_endpoint": "https://s3.example.cn", **ACCESS}
        | {"evidence_region": ""},
        {"evidence_url": "s3://evidence", "evidence_endpoint": "https://u:p@s3.example.cn", **ACCESS},
        {"evidence_url": "ftp://evidence/x"},
        {"evidence_url": "file://host/x"},
        {"evidence_url": "/var/evidence"},
    ],
)
def test_a_place_that_cannot_be_reached_is_refused_at_the_start(named: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(database_url="postgresql://x", internal_jwks="{}", funds_url="http://funds", ledger_key="{}", **named)
