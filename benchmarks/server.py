"""The stand a benchmark runs on: a PostgreSQL of its own, migrated, with funds_api and the gateway as real processes.

Every commit is durable (fsync and synchronous_commit stay on); memory is generous, so that a figure speaks of the
work and not of a small cache. Nothing is left behind, however a benchmark ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

import asyncpg
import httpx

from demo.client import Caller
from deploy.onebox.bootstrap import migrate, prepare
from deploy.onebox.guard import Guard
from deploy.onebox.postgres import Postgres, free_port
from deploy.onebox.processes import Child, stop_all
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import UVICORN, Login

SETTINGS: Final = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",  # none falls into a run by chance
    "maintenance_work_mem": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
}
READY_SECONDS: Final = 40.0
COUNTY: Final = "420322"
PREFECTURE: Final = "4203"
PEOPLE: Final = (
    Login("xitong", "系统管理员", ("system_admin",), "00"),
    Login("caizheng", "县财政局 经办", ("finance_clerk",), COUNTY, "县财政局"),
    Login("fuhe", "县财政局 复核", ("finance_reviewer",), COUNTY, "县财政局"),
    Login("shiju", "市财政局 经办", ("finance_clerk",), PREFECTURE, "市财政局"),
    Login("jiwei", "县纪委监委 监督检查", ("inspector",), COUNTY, "县纪委监委"),
)


class StandFailed(RuntimeError):
    """A part of the stand did not start; the message carries the end of its log."""


class Stand:
    """`with Stand() as stand:` starts everything; `stand.caller(username)` speaks through the gateway."""

    def __init__(self) -> None:
        self.postgres = Postgres(settings=SETTINGS)
        self.secrets = Secrets.drawn()
        self.secrets.give_passwords(login.username for login in PEOPLE)
        self.urls: dict[str, str] = {}
        self._children: list[Child] = []
        self._ports: dict[str, int] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="qingliu-bench-"))
        self._guard: Guard | None = None
        self._http: httpx.Client | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def http(self) -> httpx.Client:
        if self._http is None:
            self._http = httpx.Client(base_url=self.url("gateway"), timeout=330, trust_env=False)
        return self._http

    def port(self, service: str) -> int:
        return self._ports[service]

    def url(self, service: str) -> str:
        """The address of `gateway` or `funds_api`."""
        return f"http://127.0.0.1:{self._ports[service]}"

    def caller(self, username: str) -> Caller:
        """One of PEOPLE, signed in at the gateway."""
        return Caller.person(self.http, username, self.secrets.passwords[username])

    def access_token(self, username: str) -> str:
        """A fresh access token (900 s) for a client that sets its own headers."""
        signed_in = self.http.post(
            "/auth/login", json={"username": username, "password": self.secrets.passwords[username]}
        )
        token: str = signed_in.raise_for_status().json()["access_token"]
        return token

    async def as_owner(self) -> asyncpg.Connection:
        """A superuser's connection, for seeding and for looking behind the service's back."""
        return await asyncpg.connect(self.urls["admin"], command_timeout=300)

    async def as_service(self) -> asyncpg.Connection:
        """A connection as funds_api makes them: its role, its row-level security."""
        return await asyncpg.connect(self.urls["funds"], server_settings={"jit": "off", "synchronous_commit": "on"})

    async def settle(self) -> None:
        """Give the planner its statistics, as autovacuum does within the first minute of use.

        A plan made on empty tables takes any index that begins with the county, and its sessions keep it: postings on a
        fresh database were measured twice as slow, and slower with every row.
        """
        owner = await self.as_owner()
        try:
            await owner.execute("ANALYZE")
        finally:
            await owner.close()

    def postgres_version(self) -> str:
        shown = subprocess.run(
            [self.postgres.bin / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return shown.stdout.strip()

    def processor_seconds(self) -> dict[str, float]:
        """What each service and PostgreSQL with all its backends have taken of the processors so far (Linux)."""
        found = {one.name: _processor_seconds(str(one.pid)) for one in self._children}
        postmaster = (self.postgres.home / "cluster" / "postmaster.pid").read_text().split()[0]
        backends = [
            one.name for one in Path("/proc").iterdir() if one.name.isdigit() and _parent(one.name) == postmaster
        ]
        found["postgres"] = sum(_processor_seconds(one) for one in backends)
        found["postgres"] += _processor_seconds(postmaster, ended_children=True)
        return found

    def child(self, name: str) -> Child:
        return next(one for one in self._children if one.name == name)

    def _start(self) -> None:
        self.postgres.start()
        self._guard = Guard(self.postgres.home, self.postgres.home, self._folder)
        self.urls = asyncio.run(prepare(self.postgres.url(), "bench"))
        migrate(self.urls["admin"], "funds", "identity")
        self._ports = {"funds_api": free_port(), "gateway": free_port()}
        people = [{**asdict(login), "password": self.secrets.passwords[login.username]} for login in PEOPLE]
        environments = {
            "funds_api": {
                "FUNDS_DATABASE_URL": self.urls["funds"],
                "FUNDS_INTERNAL_JWKS": self.secrets.internal_jwks(),
                "FUNDS_KEK": self.secrets.kek,
            },
            "gateway": {
                "GATEWAY_DATABASE_URL": self.urls["identity"],
                "GATEWAY_ACCESS_KEY": json.dumps(self.secrets.access_key),
                "GATEWAY_INTERNAL_KEY": json.dumps(self.secrets.internal_key),
                "GATEWAY_FUNDS_URL": self.url("funds_api"),
                "GATEWAY_AUDIT_URL": "http://127.0.0.1:9",  # nobody asks it here
                "GATEWAY_SEALER_JWKS": self.secrets.sealer_jwks(),
                "GATEWAY_FIRST_PEOPLE": json.dumps(people, ensure_ascii=False),
            },
        }
        for name, environment in environments.items():
            command = [sys.executable, "-m", "uvicorn", "--factory", f"services.{name}.app:create_app", *UVICORN]
            command += ["--host", "127.0.0.1", "--port", str(self._ports[name])]
            child = Child(name, command, environment, self._folder / f"{name}.log")
            self._children.append(child)
            child.start()
        for child in self._children:
            self._wait(child)

    def _wait(self, child: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                if httpx.get(f"{self.url(child.name)}/healthz", timeout=2, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                pass
            if not child.alive or time.monotonic() > deadline:
                msg = f"{child.name} did not start:\n{child.tail()}"
                raise StandFailed(msg)
            time.sleep(0.05)

    def _stop(self) -> None:
        if self._http is not None:
            self._http.close()
        stop_all(self._children)
        self.postgres.stop()
        if self._guard is not None:
            self._guard.release()
        shutil.rmtree(self._folder, ignore_errors=True)


def _stat(pid: str) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; none for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: str) -> str:
    fields = _stat(pid)
    return fields[1] if fields else ""


def _processor_seconds(pid: str, *, ended_children: bool = False) -> float:
    ticks = [int(one) for one in _stat(pid)[11 : 15 if ended_children else 13]]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")
