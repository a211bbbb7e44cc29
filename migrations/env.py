"""Runs one history: only its own schema, as the owner role, with short locks and one migrator at a time."""

from __future__ import annotations

import asyncio
import importlib
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import async_url
from migrations import counties

section = context.config.config_ini_section
schema = context.config.get_section_option(section, "schema") or section
module = context.config.get_section_option(section, "tables") or ""
metadata = importlib.import_module(module).Row.metadata

# Partitions follow their parent; SQLAlchemy does not know them.
NOT_COMPARED = {"payment_rows"}


def include_name(name: str | None, kind: str, _: Any) -> bool:
    if kind == "schema":
        return name == schema
    return not (kind == "table" and name in NOT_COMPARED)


def run(connection: Connection) -> None:
    connection.execute(text("SET ROLE qingliu_owner"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    # One migrator per schema; the number is the hash of its name.
    connection.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": f"migrate {schema}"})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=include_name,
        version_table="schema_version",
        version_table_schema=schema,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text(counties.TOLD.format(schema=schema)))


async def online() -> None:
    url, tls = async_url(os.environ["QINGLIU_ADMIN_URL"])
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=tls)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    message = "offline migrations are not supported: partitions and policies need a live server"
    raise SystemExit(message)
asyncio.run(online())
