"""Files that nobody names are swept once their time is over, what a row names never, whatever crashed where."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.evidence import service
from services.audit_api.evidence.folder import Folder
from services.audit_api.evidence.refusals import EvidenceAltered
from services.audit_api.evidence.shelf import Shelf
from services.audit_api.evidence.sweep import Swept, WrongDatabase, sweep
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_erasures import Words
from tests.audit_api.test_erasures_everywhere import Filed
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, refused

DAY = timedelta(days=1)


class Shop:
    """A folder of its own behind audit_api, an inspector's finding, and sweeps as of tomorrow or of now."""

    def __init__(self, http: httpx.AsyncClient, database: Database, root: Path, county: str) -> None:
        self.http, self.database, self.county = http, database, county
        self.place = Folder(root)
        self.words = Words(http, database, county)

    async def begin(self, feed: FakeFeed) -> Shop:
        [alert_id] = await alerted(feed, self.database, self.county, uuid4())
        self.finding_id = (await confirmed(self.words.maker, finding(alert_id)))["id"]
        assert (await self.send(PDF)).status_code == 201  # so that this database is this folder's
        return self

    async def send(self, content: bytes, finding_id: str = "", **more: Any) -> httpx.Response:
        return await send(self.words.maker, finding_id or self.finding_id, content, **more)

    async def sweep(self, later: timedelta = 2 * DAY, at_most: int = 100) -> Swept:
        return await sweep(self.place, self.database, clock.now() + later, DAY, at_most)

    def path(self, content: bytes) -> Path:
        name = hashlib.sha256(content).hexdigest()
        return self.place.root / self.county / name[:2] / name

    async def orphan(self, content: bytes) -> Path:
        """A file in its place whose row was never committed."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        shelf = Shelf(self.place)
        async with shelf.spooled(chunks(), "回单.pdf") as spooled:
            await shelf.keep(self.county, spooled)
        return self.path(content)


@pytest.fixture
async def shop(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, tmp_path: Path
) -> AsyncIterator[Shop]:
    state: Any = audit_http.app.state  # type: ignore[attr-defined]
    before, shop = state.shelf, Shop(audit_http, database, tmp_path / "evidence", county)
    state.shelf = Shelf(shop.place)
    yield await shop.begin(feed)
    state.shelf = before


async def test_an_orphan_goes_after_its_time_and_what_a_row_names_stays(shop: Shop) -> None:
    lost = await shop.orphan(PDF + b"lost")
    assert (await shop.sweep(later=DAY / 2)).orphans_n == 0
    assert lost.exists()
    assert await shop.sweep() == Swept(seen_n=2, named_n=1, orphans_n=1)
    assert (lost.exists(), shop.path(PDF).read_bytes()) == (False, PDF)
    assert await shop.sweep() == Swept(seen_n=1, named_n=1)


async def test_a_sweep_takes_no_more_than_it_may(shop: Shop) -> None:
    for number in range(5):
        await shop.orphan(PDF + bytes([number]))
    assert [(await shop.sweep(at_most=2)).orphans_n for _ in range(4)] == [2, 2, 1, 0]


async def test_a_database_that_names_nothing_here_is_another_stores(shop: Shop, admin: asyncpg.Pool) -> None:
    for number in range(2):
        await shop.orphan(PDF + bytes([number]))
    await admin.execute("UPDATE audit.evidence SET path_key = '' WHERE county_code = $1", shop.county)
    with pytest.raises(WrongDatabase):
        await shop.sweep()
    assert shop.path(PDF).exists()


@pytest.mark.parametrize("step", ["spooled", "put", "registered"])
async def test_a_crash_at_each_step_of_filing_leaves_nothing_for_good(
    shop: Shop, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = PDF + step.encode()

    async def crash(*_: Any, **__: Any) -> Any:
        raise RuntimeError(step)

    with monkeypatch.context() as patched:
        if step == "spooled":
            patched.setattr(Path, "unlink", lambda *_, **__: None)  # as a killed process leaves it
            patched.setattr(Folder, "put", crash)
        elif step == "put":
            patched.setattr(service, "keep", crash)
        else:
            patched.setattr(service, "EvidenceKept", lambda **_: (_ for _ in ()).throw(RuntimeError(step)))
        assert (await shop.send(content)).status_code == 500
    left = [*shop.place.incoming.iterdir(), *([shop.path(content)] if shop.path(content).exists() else [])]
    assert len(left) == 1
    told = await shop.sweep()
    assert (told.orphans_n, told.tidied_n) == ((0, 1) if step == "spooled" else (1, 0))
    assert not any(one.exists() for one in left)
    assert (await shop.send(content)).status_code == 201
    assert (await shop.sweep()).orphans_n == 0
    assert shop.path(content).read_bytes() == content


async def test_a_crash_in_the_middle_of_a_sweep_is_made_good_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = await shop.orphan(PDF + b"lost")

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            shop.place._drop(lost, clock.now() + DAY)
    assert [one.name[:6] for one in shop.place.incoming.iterdir()] == ["swept-"]
    assert (await shop.send(PDF + b"lost")).status_code == 201, "whoever files it meanwhile puts it there"
    told = await shop.sweep()
    assert (told.orphans_n, shop.path(PDF + b"lost").exists()) == (0, True)
    assert list(shop.place.incoming.iterdir()) == []


async def test_what_is_filed_again_while_it_is_swept_stays(shop: Shop) -> None:
    lost = await shop.orphan(PDF + b"lost")
    os.utime(lost, (0, 0))
    assert (await shop.send(PDF + b"lost")).status_code == 201
    assert shop.place._drop(lost, clock.now() - DAY) is False
    assert lost.exists()
    assert (await shop.sweep()).orphans_n == 0


async def test_the_same_file_twice_at_once_is_kept_once(shop: Shop) -> None:
    answers = await asyncio.gather(*(shop.send(PDF + b"twice") for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    for one in answers:
        if one.status_code == 409:
            refused(one, 409, "evidence-kept-already")


async def test_a_forgotten_content_goes_with_the_next_sweep_once_no_row_needs_it(
    shop: Shop, feed: FakeFeed, admin: asyncpg.Pool
) -> None:
    filed = await Filed(Words(shop.http, shop.database, shop.county), admin).begin(feed, shop.database)
    words, asked = filed.words, await filed.ask()
    everyone = await admin.fetch("SELECT id FROM audit.evidence WHERE county_code = $1", shop.county)
    assert asked["texts_n"] == 3
    assert (await words.decide(words.checker, asked, "restricted")).status_code == 201
    assert (await shop.sweep(later=timedelta(0))).forgotten_n == 0, "stopped is not deleted"
    asked = await filed.ask()
    for one in everyone:
        await filed.withdrawn(str(one["id"]))
    assert (await words.decide(words.checker, asked)).status_code == 201
    assert (await shop.sweep(later=timedelta(0))).forgotten_n == 1
    assert not shop.path(PDF).exists()
    assert shop.path(PDF + b"2").exists()
    refused(await filed.content(filed.first), 410, "evidence-forgotten")


async def test_a_link_or_a_pipe_in_its_place_is_no_evidence(shop: Shop, tmp_path: Path) -> None:
    shelf, path = Shelf(shop.place), shop.path(PDF)
    key, digest = path.relative_to(shop.place.root).as_posix(), hashlib.sha256(PDF).digest()
    other = tmp_path / "elsewhere"
    other.write_bytes(PDF)
    for make in (lambda: path.symlink_to(other), lambda: os.mkfifo(path)):
        path.unlink()
        make()
        with pytest.raises(EvidenceAltered):
            await asyncio.wait_for(shelf.copy(key, digest), 5)


def _sweeper(urls: dict[str, str], root: Path, *more: str) -> subprocess.Popen[str]:
    """The program as a process of its own, over a folder with two old files that this database names nowhere."""
    for number in range(2):
        name = hashlib.sha256(bytes([number])).hexdigest()
        file = root / "990001" / name[:2] / name
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes([number]))
        os.utime(file, (0, 0))
    command = [sys.executable, "-m", "services.audit_api.evidence.sweep", *more]
    environment = {**os.environ, "AUDIT_DATABASE_URL": urls["audit"], "AUDIT_EVIDENCE_URL": root.as_uri()}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def test_by_hand_it_says_that_a_store_is_not_this_databases_and_takes_nothing(
    urls: dict[str, str], tmp_path: Path
) -> None:
    with _sweeper(urls, tmp_path) as one:
        assert one.stderr is not None
        said = one.stderr.read()
    assert one.returncode == 1
    assert "没有登记其中任何一份" in said
    assert "Traceback" not in said
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2


def test_as_a_process_it_goes_on_after_a_sweep_that_failed(urls: dict[str, str], tmp_path: Path) -> None:
    with _sweeper(urls, tmp_path, "--every-seconds", "0.01") as one:
        assert one.stderr is not None
        failed = [json.loads(one.stderr.readline()) for _ in range(2)]
        one.terminate()
    assert [(told["message"], told["reason"]) for told in failed] == [("not swept", "WrongDatabase")] * 2
    assert one.returncode == 0
