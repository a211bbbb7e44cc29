"""The whole of Qingliu on one machine: a PostgreSQL (embedded or given), three services and their other processes.

A stack with a `home` keeps its data, keys and logs there; one without leaves nothing behind. Every step is told to a
callback. Whatever goes wrong while starting, everything that was started is ended before the error leaves. Knows
nothing of money.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

from deploy.onebox.aftermath import Aftermath
from deploy.onebox.bootstrap import ROLES, migrate, prepare
from deploy.onebox.guard import Guard
from deploy.onebox.lock import HeldByAnother, held
from deploy.onebox.postgres import Postgres
from deploy.onebox.processes import Child, stop_all
from deploy.onebox.secrecy import Secrets
from deploy.onebox.supervision import GivenUp, Supervisor

REGION_LISTS: Final = Path(__file__).resolve().parents[2] / "data" / "regions"
OLDEST_POSTGRES: Final = 150000
READY_SECONDS: Final = 40.0
STEP_SECONDS: Final = 0.1
SWEEP_EVERY_SECONDS: Final = 3600
DATABASE: Final = "qingliu"
SEALED: Final = "sealed.checkpoint"  # what the sealer remembers of the log, beside the database
# One process per service, whatever WEB_CONCURRENCY says: uvicorn's own workers survive its kill and stay on the port.
UVICORN: Final = (
    *("--workers", "1"),
    *("--loop", "uvloop", "--http", "httptools", "--no-proxy-headers", "--no-access-log"),
    *("--timeout-graceful-shutdown", "5"),
)
Report = Callable[[str], None]


class StackFailed(RuntimeError):
    """The stack could not start or stay up; the message says which part and shows the end of its log."""


@dataclass(frozen=True)
class Login:
    """A person or client that exists from the first start on. The password is drawn by the installation."""

    username: str
    name: str
    roles: tuple[str, ...]
    region: str
    unit: str | None = None


def _free_ports(count: int) -> list[int]:
    """Different TCP ports that were free on 127.0.0.1 a moment ago."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Stack:
    """`start()` brings everything up and returns when it can work; `stop()` ends everything. A context manager too.

    `home`: where data, keys and logs are kept; None means temporary. `database_url`: an administrator's URL of a
    PostgreSQL ≥ 15 to use in place of the embedded one; a temporary stack makes a database of its own there and drops
    it at the end. `port`: the gateway's, if free, else any. `daily`: whether the rules are asked every day; where it is
    not said, a temporary stack has days of its own, and its rules are asked when its story asks.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        logins: Sequence[Login] = (),
        follow: Sequence[str] = ("42",),
        port: int = 0,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        daily: bool | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self._kept = home
        self._daily = home is not None if daily is None else daily
        self._settings = dict(settings or {})
        self._logins = tuple(logins)
        self._follow = tuple(follow)
        self._wanted_port = port
        self._database_url = database_url
        self._report = report
        self._postgres: Postgres | None = None
        self._guard: Guard | None = None
        self._scratch: str | None = None
        self._lock = contextlib.ExitStack()
        self._children: dict[str, Child] = {}
        self._addresses: dict[str, str] = {}
        self._aftermath: Aftermath | None = None
        self._folder: Path | None = None
        self.secrets = Secrets.drawn()
        self.database_urls: dict[str, str] = {}

    # What the outside may know.

    @property
    def url(self) -> str:
        """The gateway's address: the front door."""
        return self._addresses["gateway"]

    def address(self, service: str) -> str:
        """A service's own loopback address, for tests that look behind the gateway."""
        return self._addresses[service]

    @property
    def logs(self) -> Path:
        return self._home / "log"

    def password(self, username: str) -> str:
        return self.secrets.passwords[username]

    def keep_secret(self, client_id: str, secret: str) -> None:
        """Keep the secret of a client that was registered since, as long as the data is kept: it is shown once only."""
        self.secrets.passwords[client_id] = secret
        if self._kept is not None:
            self.secrets.keep(self._home / "keys.json")

    def register_witness(self, public_key: str) -> None:
        """Let an office witness the record: its key becomes a line of the file `witnesses`, and audit_api restarts."""
        file = self._home / "witnesses"
        kept = file.read_text() if file.exists() else ""
        file.write_text(f"{kept}{public_key}\n")
        audit = self.child("audit_api")
        audit.environment = {**audit.environment, "AUDIT_WITNESS_KEYS": self._witness_keys()}
        audit.stop()
        self.restart("audit_api")

    def child(self, name: str) -> Child:
        """The process `funds_api`, `audit_api`, `follower`, `sealer`, `sweeper`, `runner` or `gateway`."""
        return self._children[name]

    def start(self) -> None:
        """Bring everything up, or end what was started and raise `StackFailed`."""
        try:
            self._start()
        except BaseException as error:
            self.stop()
            if isinstance(error, StackFailed) or not isinstance(error, Exception):
                raise
            raise StackFailed(str(error)) from error

    def stop(self) -> None:
        """End everything, the services first, then the database. Repeating is harmless; signals wait meanwhile."""
        with _signals_wait():
            stop_all(self._children.values())
            if self._scratch is not None and self._database_url is not None:
                asyncio.run(_drop(self._database_url, self._scratch))
                self._scratch = None
            if self._postgres is not None:
                self._postgres.stop()
                self._postgres = None
            if self._guard is not None:
                self._guard.release()
                self._guard = None
            if self._kept is None and self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._lock.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def restart(self, name: str) -> None:
        """Start a process that was stopped or killed again, where it was, and wait until it can work."""
        self.child(name).start()
        self._wait([name])

    @property
    def postgres(self) -> Postgres | None:
        """The embedded server, or None where another one was given."""
        return self._postgres

    def watched(self) -> Supervisor:
        """Somebody who starts again whatever of this stack has crashed, and tells `report` about it."""
        return Supervisor(list(self._children.values()), self._works, self._postgres, self._report)

    def watch(self) -> None:
        """Return never: start again what crashes, and tell what that undid; raise `StackFailed` when something crashes
        before it can work.
        """
        watched = self.watched()
        while True:
            try:
                watched.look()
            except GivenUp as failed:
                raise StackFailed(str(failed)) from failed
            self._tell_what_became_of_uploads()
            time.sleep(STEP_SECONDS)

    def _tell_what_became_of_uploads(self) -> None:
        for sentence in self._aftermath.news() if self._aftermath is not None else ():
            self._report(sentence)

    def _works(self, name: str) -> bool | None:
        return _ready(self._addresses[name]) if name in self._addresses else None

    # How it comes up.

    def _start(self) -> None:
        self._open_home()
        self._open_database()
        self._report("建立数据库角色与表")
        migrate(self.database_urls["admin"], *ROLES)
        self._plan()
        self._report("启动 funds_api、audit_api、gateway、follower、sealer、sweeper 与 runner")
        self._aftermath = Aftermath(self._children["funds_api"].log)
        for child in self._children.values():
            child.start()
        self._wait(list(self._children))
        self._tell_what_became_of_uploads()

    @property
    def _home(self) -> Path:
        if self._folder is None:
            msg = "the stack has not been started"
            raise StackFailed(msg)
        return self._folder

    def _open_home(self) -> None:
        if self._kept is None:
            self._folder = Path(tempfile.mkdtemp(prefix="qingliu-"))
        else:
            self._folder = self._kept
            try:
                self._lock.enter_context(held(self._folder))
            except HeldByAnother as error:
                raise StackFailed(str(error)) from error
            self.secrets = Secrets.kept(self._folder / "keys.json")
        self.secrets.give_passwords(login.username for login in self._logins)
        if self._kept is not None:
            self.secrets.keep(self._folder / "keys.json")
        for name in ("log", "evidence"):
            (self._folder / name).mkdir(mode=0o700, exist_ok=True)

    def _open_database(self) -> None:
        if self._database_url is None:
            self._report("启动内置 PostgreSQL")
            data = self._kept / "postgres" if self._kept is not None else None
            self._postgres = Postgres(data=data, settings=self._settings)
            self._postgres.start()
            temporary = () if self._kept is not None else (self._postgres.home, self._home)
            self._guard = Guard(self._postgres.home, *temporary)
            self.database_urls = asyncio.run(prepare(self._postgres.url(), DATABASE))
            return
        self._report("连接所给的 PostgreSQL")
        asyncio.run(_check_server(self._database_url))
        if self._kept is None:
            self._scratch = f"qingliu_{secrets.token_hex(6)}"
        self.database_urls = asyncio.run(prepare(self._database_url, self._scratch))

    def _plan(self) -> None:
        """Name the processes, their addresses, and what each is told. No secret is inherited by all."""
        funds, audit, front = _free_ports(3)
        if self._wanted_port and _is_free(self._wanted_port):
            front = self._wanted_port
        elif self._wanted_port:
            self._report(f"端口 {self._wanted_port} 已被别的程序占用，入口改用 {front}")
        ports = {"funds_api": funds, "audit_api": audit, "gateway": front}
        self._addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        own = self.secrets
        audit_environment = {
            "AUDIT_DATABASE_URL": self.database_urls["audit"],
            "AUDIT_INTERNAL_JWKS": own.internal_jwks(),
            "AUDIT_FEED_URL": self._addresses["funds_api"],
            "AUDIT_FOLLOWER_KEY": json.dumps(own.follower_key),
            "AUDIT_FUNDS_URL": self._addresses["funds_api"],
            "AUDIT_LEDGER_KEY": json.dumps(own.audit_key),
            "AUDIT_FOLLOW_REGIONS": ",".join(self._follow),
            "AUDIT_EVIDENCE_URL": (self._home / "evidence").resolve().as_uri(),
            "AUDIT_WITNESS_KEYS": self._witness_keys(),
            "AUDIT_REGION_LISTS": str(REGION_LISTS),
        }
        environments = {
            "funds_api": {
                "FUNDS_DATABASE_URL": self.database_urls["funds"],
                "FUNDS_INTERNAL_JWKS": own.internal_jwks(),
                "FUNDS_KEK": own.kek,
            },
            "audit_api": audit_environment,
            "gateway": {
                "GATEWAY_DATABASE_URL": self.database_urls["identity"],
                "GATEWAY_ACCESS_KEY": json.dumps(own.access_key),
                "GATEWAY_INTERNAL_KEY": json.dumps(own.internal_key),
                "GATEWAY_FUNDS_URL": self._addresses["funds_api"],
                "GATEWAY_AUDIT_URL": self._addresses["audit_api"],
                "GATEWAY_SEALER_JWKS": own.sealer_jwks(),
                "GATEWAY_FIRST_PEOPLE": json.dumps(self._first_people(), ensure_ascii=False),
            },
        }
        for name, port in ports.items():
            command = [
                *(sys.executable, "-m", "uvicorn", "--factory", f"services.{name}.app:create_app"),
                *UVICORN,
                *("--host", "127.0.0.1", "--port", str(port)),
            ]
            self._children[name] = Child(name, command, environments[name], self.logs / f"{name}.log")
        self._children["follower"] = Child(
            "follower",
            [sys.executable, "-m", "services.audit_api.follower"],
            audit_environment,
            self.logs / "follower.log",
        )
        self._children["sealer"] = Child(
            "sealer",
            [sys.executable, "-m", "services.audit_api.record.sealer"],
            {
                "AUDIT_DATABASE_URL": self.database_urls["audit"],
                "AUDIT_SEAL_SOURCES": json.dumps(
                    {
                        "funds": self._addresses["funds_api"],
                        "audit": self._addresses["audit_api"],
                        "identity": self._addresses["gateway"],
                    }
                ),
                "AUDIT_SEALER_KEY": json.dumps(own.sealer_key),
                "AUDIT_LOG_KEY": own.log_key,
                "AUDIT_SEAL_REGIONS": ",".join(self._follow),
                "AUDIT_SEAL_MEMORY": str((self._home / SEALED).resolve()),
            },
            self.logs / "sealer.log",
        )
        self._children["sweeper"] = Child(
            "sweeper",
            [sys.executable, "-m", "services.audit_api.evidence.sweep", "--every-seconds", str(SWEEP_EVERY_SECONDS)],
            {
                "AUDIT_DATABASE_URL": self.database_urls["audit"],
                "AUDIT_EVIDENCE_URL": audit_environment["AUDIT_EVIDENCE_URL"],
            },
            self.logs / "sweeper.log",
        )
        self._children["runner"] = Child(
            "runner",
            [sys.executable, "-m", "services.funds_api.runs.runner"],
            {
                "FUNDS_DATABASE_URL": self.database_urls["funds"],
                "FUNDS_RUN_REGIONS": ",".join(self._follow),
                "FUNDS_AUDIT_FEED_URL": self._addresses["audit_api"],
                "FUNDS_RUNNER_KEY": json.dumps(own.runner_key),
                "FUNDS_RUN_DAILY": "true" if self._daily else "false",
                "FUNDS_POLL_MS": "200",
            },
            self.logs / "runner.log",
        )

    def _witness_keys(self) -> str:
        """The public keys of the offices that witness the record: the file `witnesses`, if there is one."""
        file = self._home / "witnesses"
        return " ".join(file.read_text().split()) if file.exists() else ""

    def _first_people(self) -> list[dict[str, Any]]:
        return [{**asdict(login), "password": self.password(login.username)} for login in self._logins]

    def _all_alive(self, names: Sequence[str]) -> None:
        for name in names:
            child = self._children[name]
            if not child.alive:
                msg = f"{name} 意外退出（代码 {child.code}）。日志末尾：\n{child.tail()}"
                raise StackFailed(msg)

    def _wait(self, names: Sequence[str]) -> None:
        """Until each of `names` says that it can work, or one has ended, or the deadline has passed."""
        deadline = time.monotonic() + READY_SECONDS
        waiting = [name for name in names if name in self._addresses]
        while True:
            self._all_alive(names)
            waiting = [name for name in waiting if not _ready(self._addresses[name])]
            if not waiting:
                break
            if time.monotonic() > deadline:
                late = waiting[0]
                msg = f"{late} 在 {READY_SECONDS:.0f} 秒内没有就绪。日志末尾：\n{self._children[late].tail()}"
                raise StackFailed(msg)
            time.sleep(STEP_SECONDS)


def _ready(address: str) -> bool:
    """Whether /readyz says yes. Asked often while all processes fight for the cores, so with the plainest client."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """A second Ctrl-C must not interrupt the ending of what the first one asked to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


async def _check_server(url: str) -> None:
    """Refuse a server that is too old, unreachable, or at work for another installation of Qingliu."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        # The URL carries a password: the message names the reason alone.
        msg = f"无法连接所给的 PostgreSQL（{type(error).__name__}）；请检查 QINGLIU_DATABASE_URL"
        raise StackFailed(msg) from None
    try:
        number = int(await connection.fetchval("SHOW server_version_num"))
        if number < OLDEST_POSTGRES:
            msg = f"所给的 PostgreSQL 版本是 {number // 10000}，需要 15 或更高"
            raise StackFailed(msg)
        if not await connection.fetchval("SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user"):
            msg = "所给的 PostgreSQL 用户不能创建角色；请使用管理员用户的地址"
            raise StackFailed(msg)
        # Role passwords belong to the whole server and are drawn anew at every start.
        if await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = ANY($1)", [*ROLES.values()]
        ):
            msg = "所给的 PostgreSQL 上已有另一套清流在运行；请先停止它"
            raise StackFailed(msg)
    finally:
        await connection.close()


async def _drop(url: str, database: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    finally:
        await connection.close()
