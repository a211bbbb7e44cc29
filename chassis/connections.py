"""The driver's side of the pool: connections that begin a transaction with its region, and are known to be alive.

What SQLAlchemy does in three round trips more per request is done here without any: the region travels with BEGIN,
and a pooled connection is asked for life only after it lay idle. Begins and ends no transaction by itself: that is
`chassis.database`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any, Final, cast

import asyncpg
from sqlalchemy import PoolProxiedConnection, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

IDLE_SECONDS: Final = 15.0
_REGION: Final = re.compile(r"[0-9]{1,12}\Z")


# 08xxx connection lost, 57P01-2 server going down: said by the server as its last word.
_GONE: Final = ("08", "57P0")
_DRIVER: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)
FAILURES: Final = (DBAPIError, asyncpg.PostgresError, *_DRIVER, OSError)


class OutcomeUnknown(Exception):
    """The connection was lost while the commit was on its way: done or undone, only the same key can tell."""

    def __str__(self) -> str:
        return "提交时与数据库的连接中断，本次是否已办成尚不知道"


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of an error that came through SQLAlchemy or straight from the driver (COPY, arrays), or ""."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")


def lost(error: BaseException) -> bool:
    """Whether this error means that the connection is gone.

    A server that crashes tells its sessions so unasked; asyncpg then takes the next statement for one too many and
    raises `InternalClientError` (seen with 0.31), which no SQLSTATE goes with.
    """
    state = sqlstate(error)
    if state:
        return state.startswith(_GONE)
    if isinstance(error, asyncpg.DataError):  # an argument of the wrong type is our own mistake
        return False
    return isinstance(error, (*_DRIVER, OperationalError, InterfaceError, InternalError, OSError))


class Connection(asyncpg.Connection):
    """A connection that tells PostgreSQL with BEGIN whose rows the transaction may see, and who the caller is.

    Both are taken off when the connection goes back to the pool. A region that is no code shows nothing; rows that are
    there for certain people only are shown to nobody when `subject` is empty.
    """

    __slots__ = ("region", "subject")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.region: str | None = None
        self.subject = ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
        if self.region is not None and not args and query.startswith("BEGIN"):
            told = self.region if _REGION.match(self.region) else ""
            query = f"{query} SELECT set_config('app.region', '{told}', true)"  # digits only
            if self.subject:
                query = f"{query}, set_config('app.subject', {_spelled(self.subject)}, true)"
        return await super().execute(query, *args, timeout=timeout)


def _spelled(subject: str) -> str:
    """A subject as SQL that nothing in it can leave, in hexadecimal digits; what no database takes is nobody."""
    if "\0" in subject or any(0xD800 <= ord(one) <= 0xDFFF for one in subject):  # noqa: PLR2004 - lone surrogates
        return "''"
    return f"convert_from(decode('{subject.encode().hex()}', 'hex'), 'UTF8')"


async def begin_for(session: AsyncSession, region: str, subject: str = "") -> None:
    """Let the transaction that `session` is about to begin see `region` and what lies below it; asks nothing yet.

    `subject` is who calls, for rows that are there for certain people only; without one these are there for nobody.
    """
    connection = (await session.connection()).sync_connection
    if connection is None:  # pragma: no cover - a session's connection has just been made
        msg = "the session has no connection"
        raise RuntimeError(msg)
    driven = cast("Connection", connection.connection.driver_connection)
    driven.region, driven.subject = region, subject


def watch(engine: AsyncEngine) -> None:
    """Hand out no connection that is known to be dead; ask one that lay idle for `IDLE_SECONDS` before it is used.

    A server that ends a connection tells the driver at once, so that a look at its state is enough; only a network
    that forgot it keeps silent. What is lost in use is a 503 that can be retried with the same key.
    """

    @event.listens_for(engine.sync_engine, "checkout")
    def alive(adapted: Any, record: Any, _: Any) -> None:
        used_at: float | None = record.info.get("used_at")  # None: just connected
        rested_long = used_at is not None and time.monotonic() - used_at > IDLE_SECONDS
        if adapted.driver_connection.is_closed() or (rested_long and not _answers(engine, adapted)):
            raise DisconnectionError

    @event.listens_for(engine.sync_engine, "checkin")
    def returned(adapted: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()
        if adapted is not None:
            adapted.driver_connection.region, adapted.driver_connection.subject = None, ""


def _answers(engine: AsyncEngine, adapted: Any) -> bool:
    dialect = engine.sync_engine.dialect
    try:
        return dialect.do_ping(adapted)
    except dialect.loaded_dbapi.Error:
        return False


class Alone:
    """Statements that are each a transaction of their own: one round trip, kept or undone as a whole.

    For an act that one SQL function does from its claim to its record. Row-level security knows no region here: the
    statement takes the caller's region as `$1`, and the function it calls holds every row against that.
    """

    __slots__ = ("_engine", "region")

    def __init__(self, engine: AsyncEngine, region: str) -> None:
        self._engine = engine
        self.region = region

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of `statement`, its effect durable; `$1` is the region, `$2` the first of `arguments`.

        Values as the driver takes them: JSON as text, both ways. An error undoes the statement; when the connection
        was lost on the way nobody knows (`OutcomeUnknown`), and a repeat with the same key finds out.
        """
        return await self._fetchrow(statement, arguments, acts=True)

    async def look(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The same of a statement that only reads: nothing was done when the connection was lost on the way."""
        return await self._fetchrow(statement, arguments, acts=False)

    async def _fetchrow(self, statement: str, arguments: Sequence[Any], *, acts: bool) -> asyncpg.Record | None:
        pooled = await self._connected()
        connection = cast("Connection", pooled.driver_connection)
        try:
            return await connection.fetchrow(statement, self.region, *arguments)
        except Exception as error:
            if acts and lost(error):
                raise OutcomeUnknown from error
            raise
        except BaseException:  # the caller left in the middle: what still comes back on this connection is for nobody
            connection.terminate()
            raise
        finally:
            pooled.close()

    async def _connected(self) -> PoolProxiedConnection:
        """A pooled connection. A server that takes none at the moment says so in the driver's own error."""
        try:
            return await self._engine.raw_connection()
        except self._engine.dialect.loaded_dbapi.Error as error:
            if error.__cause__ is None:
                raise
            raise error.__cause__ from error
