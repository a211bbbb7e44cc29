"""The loop of a process that works in rounds, at its own pace, until it is told to end.

A round that leaves more to do is followed by the next at once; after one that does not, the process rests. What passes
by itself, a service or a database that does not answer, is waited for with growing pauses. What is no such failure ends
the process, and whoever started it says so.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.connections import FAILURES, OutcomeUnknown

MAX_PAUSE_SECONDS: Final = 5.0
THE_DATABASE: Final = (*FAILURES, OutcomeUnknown, PoolTimeout)
OTHERS_TOO: Final = (httpx.HTTPError, *THE_DATABASE, ValueError)  # what another service answers is read as values


@dataclass
class Rounds:
    """Rounds until `stop()`; between two that leave nothing to do, `poll_seconds` of rest."""

    log: logging.Logger
    poll_seconds: float
    _ending: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def ending(self) -> bool:
        """Whether to end as soon as what is under way is done."""
        return self._ending.is_set()

    def stop(self) -> None:
        """End after what is under way."""
        self._ending.set()

    async def run(self, once: Callable[[], Awaitable[bool]], waits_for: tuple[type[Exception], ...]) -> None:
        """Call `once`, which says whether it left more to do, until told to end."""
        pause = self.poll_seconds
        while not self.ending:
            try:
                more = await once()
                pause = self.poll_seconds
            except waits_for as error:
                self.log.warning("waiting", extra={"reason": type(error).__name__, "pause_seconds": pause})
                more, pause = False, min(pause * 2, MAX_PAUSE_SECONDS)
            if not more:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return


def when_told(*stop: Callable[[], None]) -> None:
    """Call these on SIGTERM or SIGINT."""

    def told() -> None:
        for one in stop:
            one()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
