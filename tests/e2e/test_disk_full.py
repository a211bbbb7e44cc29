"""A full disk under PostgreSQL: a 503 to retry, nothing half there, and with room again the same key acts once.

The server's folder is a small file system of its own, filled to the last byte. Once more a trigger says what the server
would say (SQLSTATE 53100): so the same is shown where this process may not mount anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from chaos.checker import Verdict, check
from chaos.client import Person, Streaming
from chaos.county import TOWNSHIPS, County, found
from chaos.history import Act, Fate, History
from chaos.storm import crashes_of
from chaos.workers import Office, new_key
from deploy.onebox.logins import FIRST_PEOPLE
from deploy.onebox.stack import Stack

SIZE = "600m"
# No checkpoint comes by itself: while it frees the log, whether the log or a table runs out first is chance.
SETTINGS = {"max_wal_size": "4GB", "min_wal_size": "128MB", "shared_buffers": "64MB", "checkpoint_timeout": "1h"}
TOWN = TOWNSHIPS[0]
SAYS_FULL = """
CREATE FUNCTION public.disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON funds.event EXECUTE FUNCTION public.disk_is_full()"""
HAS_ROOM = "DROP FUNCTION public.disk_is_full() CASCADE"


@dataclass
class Disk:
    """The disk below the server: `fill` it, and make `room` again."""

    stack: Stack
    mounted: Path | None

    def fill(self, *, log_too: bool) -> None:
        """No room for a page of a table; with `log_too` the log is used up as well, which panics the server."""
        asyncio.run(self._filled(log_too))

    async def _filled(self, log_too: bool) -> None:
        # Connected while there is room: on a full disk the server cannot write what a new connection may need.
        connection = await self._connected()
        try:
            if self.mounted is None:
                await connection.execute(SAYS_FULL)
                return
            await connection.execute("CHECKPOINT")  # the log has room in its old segments: a table wants more before it
            with (self.mounted / "ballast").open("wb", buffering=0) as ballast:
                for size in (1 << 20, 1 << 12):
                    with pytest.raises(OSError, match="No space left on device"):
                        _write_on(ballast, b"\0" * size)
            if log_too:
                with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                    await _log_on(connection)
        finally:
            connection.terminate()

    def room(self) -> None:
        if self.mounted is None:
            asyncio.run(self._said(HAS_ROOM))
        else:
            (self.mounted / "ballast").unlink()

    def checkpointer(self) -> int:
        """The process that writes checkpoints: another one when the server has come back from a panic."""
        return int(asyncio.run(self._said("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")))

    async def _said(self, statement: str) -> Any:
        connection = await self._connected()
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.stack.database_urls["admin"], timeout=30)


@pytest.fixture(scope="module")
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    """A small disk of its own (`small`) if one may be mounted, else a server that says that its disk is full."""
    home = Path(tempfile.mkdtemp(prefix="qingliu-small-"))
    home.chmod(0o711)
    place = home / "postgres"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    mounted = request.param == "small" and (
        subprocess.run(mount, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own arguments
    )
    try:
        with Stack(home=home, logins=FIRST_PEOPLE, settings=SETTINGS) as stack:
            yield Disk(stack, place if mounted else None)
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)  # noqa: S603, S607
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def county(disk: Disk) -> County:
    with httpx.Client(base_url=disk.stack.url, timeout=60, trust_env=False) as http:
        return found(disk.stack, http, scale=0.4)


@pytest.mark.parametrize(
    ("disk", "panics"),
    [("small", False), ("small", True), ("said", False)],
    indirect=["disk"],
    ids=["no room for a row", "no room for the log", "the server says so"],
)
def test_a_full_disk_is_waited_out_and_nothing_is_half_there(disk: Disk, county: County, panics: bool) -> None:
    history, over = History(), threading.Event()
    watched = disk.stack.watched()
    with contextlib.ExitStack() as clients:

        def person(username: str) -> Person:
            http = clients.enter_context(httpx.Client(base_url=disk.stack.url, timeout=30, trust_env=False))
            login = (username, disk.stack.password(username))
            return Person(http, login, history, random.Random(1), Streaming(), over.is_set)  # noqa: S311

        clerk, reviewer = person(TOWN.clerk), person(TOWN.reviewer)
        document = f"盘满奖补{new_key()}"
        path = f"/funds/v1/payment-batches/{_opened(clerk, county, document)}"
        upload = Act("upload", new_key(), "PUT", f"{path}/roster", file=county.rosters[TOWN.region])
        before = disk.checkpointer()
        disk.fill(log_too=panics)
        sending = threading.Thread(target=clerk.act, args=(upload,), kwargs={"insist": True})
        sending.start()
        try:
            _look(watched.look, lambda: history.answers["503"] >= 3)
            assert upload.fate is Fate.OPEN
            disk.room()
            _look(watched.look, lambda: not sending.is_alive() and watched.whole)
        finally:
            over.set()
            sending.join()
        over.clear()
        assert (upload.fate, upload.status) == (Fate.DONE, 200)
        assert upload.answer is not None
        approving = Act("approve", new_key(), "POST", f"{path}/approval", {}, document=document, movements=1)
        approval = reviewer.act(approving, insist=True)
        assert approval.answer is not None
        assert approval.answer["total_fen"] == upload.answer["total_fen"] > 0
    assert history.crashes == crashes_of(disk.stack) == []
    assert (disk.checkpointer() != before) is (panics and disk.mounted is not None)
    verdict, url = Verdict(), disk.stack.database_urls["admin"]
    # The runner waits as well: it may not have opened the day's run yet, or be in the middle of it.
    _look(watched.look, lambda: asyncio.run(_is_asked(url)))
    asyncio.run(check(url, history, verdict, thorough=True))
    assert verdict.clean, verdict


async def _is_asked(url: str) -> bool:
    """Whether there is a run of the rules, and all that there are have ended."""
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT bool_and(ended_at IS NOT NULL) FROM funds.flag_run"))
    finally:
        await connection.close()


def _write_on(file: RawIOBase, block: bytes) -> None:
    while True:
        file.write(block)


async def _log_on(connection: asyncpg.Connection) -> None:
    """Write into the log and into no table; ends when the log wants a new segment, with the server."""
    while True:
        await connection.execute("SELECT pg_logical_emit_message(true, 'filler', repeat('x', 16000000))")


def _opened(clerk: Person, county: County, document: str) -> str:
    opened = clerk.act(Office(clerk, clerk, county, TOWN, random.Random(1)).batch(document), insist=True)  # noqa: S311
    assert opened.answer is not None
    return str(opened.answer["id"])


def _look(look: Callable[[], None], until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not until():
        assert time.monotonic() < deadline
        look()
        time.sleep(0.05)
