"""Prepares a database for Qingliu: roles, schemas, passwords drawn anew, and the migrations of each schema."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ROOT = Path(__file__).resolve().parents[2]
ROLES = {"funds": "funds_app", "audit": "audit_app", "identity": "identity_app"}


class MigrationFailed(RuntimeError):
    """A history could not be brought to its head; the message carries the tool's last lines."""


def _with(url: str, *, user: str | None = None, password: str | None = None, database: str | None = None) -> str:
    parts = urlsplit(url)
    credentials = f"{user}:{password}" if user is not None else parts.netloc.rpartition("@")[0]
    host = parts.netloc.rpartition("@")[2]
    path = f"/{database}" if database is not None else parts.path
    return urlunsplit((parts.scheme, f"{credentials}@{host}", path, parts.query, ""))


async def make_room(admin_url: str, database: str | None = None) -> str:
    """Create the database (if named and missing), roles and schemas; return the administrator's URL of it."""
    if database is not None:
        server = await asyncpg.connect(admin_url)
        if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await server.execute(f'CREATE DATABASE "{database}"')
        await server.close()
        admin_url = _with(admin_url, database=database)
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute((ROOT / "deploy" / "roles.sql").read_text())
    finally:
        await connection.close()
    return admin_url


async def prepare(admin_url: str, database: str | None = None) -> dict[str, str]:
    """Make room and draw new passwords for the roles, which are the server's; return a URL per schema and `admin`."""
    urls = {"admin": await make_room(admin_url, database)}
    connection = await asyncpg.connect(urls["admin"])
    try:
        for schema, role in ROLES.items():
            password = secrets.token_urlsafe(24)
            await connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
            urls[schema] = _with(urls["admin"], user=role, password=password)
    finally:
        await connection.close()
    return urls


def migrate(admin_url: str, *schemas: str) -> None:
    """Bring each schema's history to its head: one process for all, because starting it is most of the work."""
    alembic(admin_url, ",".join(schemas or ROLES), "upgrade", "head")


def alembic(admin_url: str, schemas: str, *command: str) -> None:
    """Run one command over the histories of `schemas` (separated by commas), in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own tool with our own arguments
        [sys.executable, "-m", "deploy.onebox.migrator", schemas, *command],
        cwd=ROOT,
        env={**os.environ, "QINGLIU_ADMIN_URL": admin_url, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        msg = f"alembic {schemas} {' '.join(command)}: {(done.stderr or done.stdout).strip()[-1500:]}"
        raise MigrationFailed(msg)
