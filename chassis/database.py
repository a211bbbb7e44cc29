"""The database session of a request: it begins here and commits here, and nowhere else.

`Tx` writes (READ COMMITTED, row locks, constraints); `Read` reads one consistent picture (REPEATABLE READ, read only).
Both set `app.region` and `app.subject` from the caller with their BEGIN: what row-level security looks at. The commit
happens before the answer leaves (`scope="function"`: with FastAPI's default the client got 201 although the COMMIT
failed).
`Single` is for an act that is one statement, which is its own transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import URL, AsyncAdaptedQueuePool, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from chassis.connections import FAILURES, Alone, Connection, OutcomeUnknown, begin_for, lost, watch
from chassis.identity import current_principal


@dataclass(frozen=True)
class Limits:
    """Timeouts in seconds and the pool's size; 8 connections measured better than 32 on one server."""

    pool: int = 8
    pool_wait: float = 5.0
    statement: float = 10.0
    lock: float = 3.0
    idle: float = 30.0


def async_url(url: str) -> tuple[URL, dict[str, str]]:
    """A libpq-style URL as SQLAlchemy and asyncpg take it: `?sslmode=` becomes asyncpg's `ssl` argument."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    mode = parsed.query.get("sslmode")
    return parsed.difference_update_query(["sslmode"]), {"ssl": str(mode)} if mode else {}


class Database:
    """One engine and its sessions."""

    def __init__(self, url: str, limits: Limits | None = None, application: str = "qingliu") -> None:
        bound = limits or Limits()
        address, tls = async_url(url)
        self.engine: AsyncEngine = create_async_engine(
            address,
            pool_size=bound.pool,
            max_overflow=0,
            pool_timeout=bound.pool_wait,
            pool_use_lifo=True,  # the one used last has its plans and caches; in turn, each is used cold
            hide_parameters=True,
            connect_args={
                **tls,
                "connection_class": Connection,
                "server_settings": {
                    "application_name": application,
                    "statement_timeout": str(int(bound.statement * 1000)),
                    "lock_timeout": str(int(bound.lock * 1000)),
                    "idle_in_transaction_session_timeout": str(int(bound.idle * 1000)),
                    # Acknowledged must mean durable, whatever the server's default is.
                    "synchronous_commit": "on",
                    "jit": "off",
                },
            },
        )
        watch(self.engine)
        self._write = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._read = async_sessionmaker(reading, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def writing(self, region: str, subject: str = "") -> AsyncIterator[AsyncSession]:
        """A transaction for `region`'s rows that commits at the end of the block, or undoes everything on an error.

        `subject` is who calls: rows that are there for certain people only are there for nobody else.
        Raises `OutcomeUnknown` when the connection was lost while the commit was on its way.
        """
        committing = False
        try:
            async with self._write.begin() as session:
                await begin_for(session, region, subject)
                yield session
                committing = True
        except FAILURES as error:
            if committing and lost(error):
                raise OutcomeUnknown from error
            raise

    @asynccontextmanager
    async def reading(self, region: str, subject: str = "") -> AsyncIterator[AsyncSession]:
        """One consistent read-only picture of `region`'s rows, and of those that are there for `subject`."""
        async with self._read.begin() as session:
            await begin_for(session, region, subject)
            yield session

    @asynccontextmanager
    async def beside(self, region: str) -> AsyncIterator[AsyncSession | None]:
        """A second session that reads `region`'s rows while the caller's own transaction writes; None when pressed.

        It sees one consistent picture, without what that transaction has done. Nobody may wait for a second connection
        holding a first: it is given only while at most half of the pool is in use, the caller's own included.
        """
        pool = cast("AsyncAdaptedQueuePool", self.engine.pool)
        if 2 * pool.checkedout() > pool.size():
            yield None
            return
        async with self.reading(region) as session:
            yield session

    def alone(self, region: str) -> Alone:
        """Single statements for `region`, each a transaction of its own on a pooled connection."""
        return Alone(self.engine, region)

    async def close(self) -> None:
        await self.engine.dispose()


async def set_region(session: AsyncSession, region: str) -> None:
    """Let row-level security show `region` and what lies below it, until this transaction ends."""
    await session.execute(text("SELECT set_config('app.region', :region, true)"), {"region": region})


async def allow_long_statements(session: AsyncSession) -> None:
    """Let the statements of this transaction run longer than the service's limit: a file of many rows is written.

    Each is also planned for the rows it has. From its sixth use on a connection PostgreSQL may keep one plan for any
    number of rows, guess ten, and join a file of thousands by nested loops (seen: 0.06 s became more than 10 s).
    """
    await session.execute(
        text(
            "SELECT set_config('statement_timeout', '60s', true),"
            " set_config('plan_cache_mode', 'force_custom_plan', true)"
        )
    )


async def allow_long_rests(session: AsyncSession) -> None:
    """Let this transaction rest longer than the service's limit: a file is opened, or another one works on it in turn.

    The limit of the service is shorter than that of the other's statements (`allow_long_statements`): one slow piece of
    a roster would end the session that waits for it.
    """
    await session.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '120s', true)"))


async def plan_each_time(session: AsyncSession) -> None:
    """From here on in this transaction each statement is planned for the rows it has (see `allow_long_statements`)."""
    await session.execute(text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"))


async def keep_plans(session: AsyncSession) -> None:
    """From here on in this transaction a statement keeps one plan for any number of rows: said before many are written.

    Each foreign key of each row is a statement of its own; planned anew every time, they made a COPY of 100,000 rows
    take three times as long. It suits lookups by key as well: planned for 10,000 keys, such a lookup reads the whole
    table instead of probing its index (measured: five times slower at 100,000 rows, and worse the more there are).
    """
    await session.execute(text("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"))


async def driver(session: AsyncSession) -> asyncpg.Connection:
    """The driver's own connection inside the session's transaction, for COPY and arrays of many rows."""
    raw = await (await session.connection()).get_raw_connection()
    connection: asyncpg.Connection = raw.driver_connection  # type: ignore[assignment]
    if not connection.is_in_transaction():  # BEGIN goes out with the session's first statement, and this is none
        await session.execute(text("SELECT"))
    return connection


async def _begin_write(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    who = await current_principal(request)
    async with database.writing(who.region, who.subject) as session:
        yield session


async def _begin_read(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    who = await current_principal(request)
    async with database.reading(who.region, who.subject) as session:
        yield session


async def _alone(request: Request) -> Alone:
    database: Database = request.app.state.database
    return database.alone((await current_principal(request)).region)


Tx = Annotated[AsyncSession, Depends(_begin_write, scope="function")]
Read = Annotated[AsyncSession, Depends(_begin_read, scope="function")]
Single = Annotated[Alone, Depends(_alone)]
