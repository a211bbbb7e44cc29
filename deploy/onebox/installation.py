"""An installation from outside, for backup and restore: its database, whether it runs or not, its folder, its secrets.

The database is the embedded one of `home`, or the one at an administrator's URL. Passwords go to the tools of
PostgreSQL through the environment, never on a command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from chassis.vault import CellUnreadable, WrappedKey, unwrap
from deploy.onebox.bootstrap import prepare
from deploy.onebox.lock import HeldByAnother, held
from deploy.onebox.postgres import Postgres, PostgresFailed
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import DATABASE, SEALED, StackFailed


class Refused(RuntimeError):
    """Something that has to be different first; the message says what."""


class InUse(Refused):
    """Somebody else works on this installation."""


def run_tool(tool: str, url: str, *arguments: str, stdin: IO[bytes] | None = None) -> None:
    """Run one of PostgreSQL's programs against `url`; raise `PostgresFailed` with its last words."""
    parts = urlsplit(url)
    address = f"postgresql://{parts.username}@{parts.hostname}:{parts.port or 5432}{parts.path}"
    query = parse_qs(parts.query)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "PGPASSWORD": unquote(parts.password or "")}
    if "sslmode" in query:
        environment["PGSSLMODE"] = query["sslmode"][0]
    done = subprocess.run(  # noqa: S603 - fixed tools with our own arguments
        [str(Postgres().bin / tool), f"--dbname={address}", *arguments],
        env=environment,
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        msg = f"{tool} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()[-1500:]}"
        raise PostgresFailed(msg)


def unpack_script(dump: Path, script: Path) -> None:
    """Turn a dump into the SQL that makes it anew."""
    subprocess.run([str(Postgres().bin / "pg_restore"), f"--file={script}", str(dump)], check=True)  # noqa: S603


class Installation:
    """The installation in `home`, with its own database or the one at `database_url`."""

    def __init__(self, home: Path, database_url: str | None) -> None:
        self.home = home
        self._database_url = database_url

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def keys(self) -> Path:
        return self.home / "keys.json"

    @property
    def sealed(self) -> Path:
        """The last checkpoint that the sealer signed."""
        return self.home / SEALED

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep `make up` out for as long as the block lasts, or raise `InUse` if it runs."""
        with contextlib.ExitStack() as kept:
            try:
                kept.enter_context(held(self.home))
            except HeldByAnother as error:
                raise InUse(str(error)) from error
            yield

    @contextmanager
    def database(self, *, fresh: bool = False) -> Iterator[str]:
        """An administrator's URL of the database, running or started for the block; `fresh` makes a missing one."""
        if self._database_url is not None:
            yield self._database_url
            return
        server = Postgres(data=self.home / "postgres")
        if not fresh and not (server.place() / "PG_VERSION").exists():
            msg = f"{self.home} 中没有数据"
            raise Refused(msg)
        if server.runs():
            with server.visited(DATABASE) as url:
                yield url
            return
        with self.alone(), server:
            if fresh:
                asyncio.run(prepare(server.url(), DATABASE))
            yield server.url(DATABASE)

    async def must_be_idle(self, url: str) -> None:
        """Refuse while services are connected to the database."""
        connection = await asyncpg.connect(url)
        try:
            if await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE usename IN ('funds_app', 'audit_app', 'identity_app')"
            ):
                msg = "数据库上有清流的服务正在运行；请先停止它们"
                raise InUse(msg)
        finally:
            await connection.close()


async def opens(connection: asyncpg.Connection, keys: Path) -> bool:
    """Whether the key-encrypting key in `keys` opens the data keys of this database."""
    kek = (await asyncio.to_thread(Secrets.kept, keys)).kek_bytes
    rows = await connection.fetch("SELECT number, purpose, wrapped FROM funds.data_key")
    try:
        for row in rows:
            unwrap(kek, WrappedKey(row["number"], row["purpose"], row["wrapped"]))
    except CellUnreadable:
        return False
    return True


FAILURES = (Refused, PostgresFailed, StackFailed, OSError, asyncpg.PostgresError)
