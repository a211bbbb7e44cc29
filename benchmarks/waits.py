"""What connections stand before while a benchmark runs: samples of the server's own list of its sessions."""

from __future__ import annotations

import asyncio
import threading
from typing import Final, Self

from benchmarks.server import Stand

EVERY_SECONDS: Final = 0.1
_SESSIONS: Final = """
SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting, count(*) AS busy
  FROM pg_stat_activity WHERE state = 'active' AND usename = 'funds_app'
"""


class Watch:
    """`with Watch(stand) as watch:` samples the service's role until the block ends."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._ended = threading.Event()
        self._waiting = 0
        self._busy = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._sample()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    def share_waiting(self) -> float:
        """Of the sessions seen at work, the share that stood before another's lock (0 to 1)."""
        if not self._busy:
            msg = "no session was seen at work"
            raise RuntimeError(msg)
        return self._waiting / self._busy

    async def _sample(self) -> None:
        owner = await self._stand.as_owner()
        try:
            while not self._ended.is_set():
                [seen] = await owner.fetch(_SESSIONS)
                self._waiting, self._busy = self._waiting + seen["waiting"], self._busy + seen["busy"]
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await owner.close()
