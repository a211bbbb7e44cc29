"""A store that speaks S3, as a process of its own on loopback, and a relay before it that can kill it in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

BUCKET = "evidence"


class Store:
    """`localbucket` over `folder`; asked through `endpoint`, whose relay kills it after `kill_after` bytes sent up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / BUCKET).mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.kill_after: int | None = None
        self.endpoint = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._relay: asyncio.Server | None = None

    def start(self) -> None:
        """Start the process and return when it listens."""
        command = [sys.executable, "-m", "localbucket", str(self.folder), "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if b" serving " in line:
                return
        raise AssertionError("the store did not start")

    def kill(self) -> None:
        """SIGKILL, and nothing else."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None

    def objects(self) -> list[Path]:
        """What is visible in the bucket."""
        return sorted(one for one in (self.folder / BUCKET).rglob("*") if one.is_file() and one.name[0] != ".")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Store]:
        self.start()
        self._relay = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.endpoint = f"http://127.0.0.1:{self._relay.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self._relay.close()
            self.kill()

    async def _pass_on(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        try:
            far, far_out = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            near_out.close()
            return
        back = asyncio.create_task(_copy(far, near_out))
        sent = 0
        with contextlib.suppress(OSError):
            while piece := await near.read(1 << 16):
                sent += len(piece)
                if self.kill_after is not None and sent > self.kill_after:
                    self.kill()
                    break
                far_out.write(piece)
                await far_out.drain()
        far_out.close()
        await back


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(1 << 16):
            sink.write(piece)
            await sink.drain()
    sink.close()


class Trap:
    """Listens where nobody should come, or answers everything with `answer`; `visits` counts the requests."""

    def __init__(self, answer: bytes = b"") -> None:
        self.answer = answer
        self.visits = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def set(self) -> AsyncIterator[Trap]:
        server = await asyncio.start_server(self._visited, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        writer.close()
