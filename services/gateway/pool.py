"""Connections towards the services: the last one used is used next, and finding it costs no more under load.

A stack per service with room for so many at a time, so that a slow service cannot starve another; a caller waits only
so long for room. A connection that lay idle is dropped before its server would close it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from services.gateway.line import Line
from services.gateway.upstreams import Patience, Upstream, UpstreamDown

AT_MOST: Final = 64
IDLE_SECONDS: Final = 2.0  # shorter than a server's own (5 s), so that no request meets a connection just being closed


@dataclass(slots=True)
class _Stack:
    """The connections to one service: those idle now, and room for more."""

    room: asyncio.Semaphore
    idle: list[Line] = field(default_factory=list)


class Pool:
    """Pooled connections, at most `at_most` to each service at a time."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._stacks: dict[tuple[str, int], _Stack] = {}

    async def take(self, upstream: Upstream, patience: Patience) -> Line:
        """A connection that is alive as far as anybody knows, or `UpstreamDown`. Give it back, whatever happens."""
        stack = self._stacks.get(upstream.address)
        if stack is None:
            stack = self._stacks.setdefault(upstream.address, _Stack(asyncio.Semaphore(self._at_most)))
        await _enter(stack.room, upstream, patience.pool)
        now = asyncio.get_running_loop().time()
        while stack.idle:
            line = stack.idle.pop()
            if line.is_open and now - line.idle_since < IDLE_SECONDS:
                return line
            line.end()
        try:
            return await _connected(upstream, patience.connect)
        except BaseException:
            stack.room.release()
            raise

    def give_back(self, upstream: Upstream, line: Line) -> None:
        """Make room; keep the line if another request can use it; close the one that lay idle too long."""
        stack = self._stacks[upstream.address]
        stack.room.release()
        line.rest()
        if line.is_reusable:
            stack.idle.append(line)
        else:
            line.end()
        if stack.idle and line.idle_since - stack.idle[0].idle_since >= IDLE_SECONDS:
            stack.idle.pop(0).end()

    def close(self) -> None:
        """End every idle connection."""
        for stack in self._stacks.values():
            while stack.idle:
                stack.idle.pop().end()


async def _enter(room: asyncio.Semaphore, upstream: Upstream, seconds: float) -> None:
    if not room.locked():
        await room.acquire()  # at once: nobody waits before us
        return
    try:
        async with asyncio.timeout(seconds):
            await room.acquire()
    except TimeoutError as error:
        raise UpstreamDown(upstream.name) from error


async def _connected(upstream: Upstream, seconds: float) -> Line:
    host, port = upstream.address
    try:
        async with asyncio.timeout(seconds):
            _, line = await asyncio.get_running_loop().create_connection(Line, host, port)
    except OSError as error:  # TimeoutError is one
        raise UpstreamDown(upstream.name) from error
    return line
