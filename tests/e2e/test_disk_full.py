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
from pathlib import Path

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
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"""


@dataclass
class Disk:
    """The disk below the server: `fill` it, and make `room` again."""

    stack: Stack
    mounted: Path | None

    def fill(self) -> None:
        if self.mounted is None:
            trigger = "CREATE TRIGGER disk_is_full BEFORE INSERT ON funds.event EXECUTE FUNCTION public.disk_is_full()"
            self._say(SAYS_FULL, trigger)
            return
        self._say("CHECKPOINT")  # the log has room in its old segments, so that a table is the first to want more
        with (self.mounted / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(b"\0" * size)

    def use_up_the_log(self) -> None:
        """Write into the log and into no table until it needs a new segment, which panics the server.

        A message that fails for another reason (a busy machine that does not connect in time) is sent again.
        """
        for _ in range(60):
            with contextlib.suppress(asyncpg.PostgresError, OSError, asyncpg.InterfaceError):
                self._say("SELECT pg_logical_emit_message(true, 'filler', repeat('x', 16000000))")
            if self.mounted is None or "PANIC" in (self.mounted / "cluster" / "server.log").read_text():
                return

    def room(self) -> None:
        if self.mounted is None:
            self._say("DROP TRIGGER disk_is_full ON funds.event", "DROP FUNCTION public.disk_is_full()")
        else:
            (self.mounted / "ballast").unlink()

    def _say(self, *statements: str) -> None:
        async def said() -> None:
            connection = await asyncpg.connect(self.stack.database_urls["admin"], timeout=5)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(said())


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
        disk.fill()
        if panics:
            disk.use_up_the_log()
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
    if disk.mounted is not None:
        said = (disk.mounted / "cluster" / "server.log").read_text()
        assert "No space left on device" in said
        # What a server in panic says may itself find no room on the disk; what it says when it comes back does.
        assert ("automatic recovery in progress" in said) is panics
    verdict = Verdict()
    asyncio.run(check(disk.stack.database_urls["admin"], history, verdict, thorough=True))
    assert verdict.clean, verdict


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
