"""The sealer: one process that seals the journals of all services into the log, behind the acts and at its own pace.

Each round asks every service for the ends of its streams, fetches the hashes behind what is sealed, and then, in one
transaction, locks the log, puts them in as leaves with the tiles they fill, moves the cursors and signs a checkpoint.
Nothing is written before that transaction and nothing after it: killed anywhere, the next sealer finds the log as it
was or as it is. Who waits longest is sealed first, by what the database says, so that the order of leaves does not
depend on who was killed when. It reads no body of any event.

Each fetch begins with the event sealed last, whose hash must still be the one that was sealed: a stream that was
rewritten or cut off is sealed no further and says so; the others go on.

It signs with the key that the log says is in use (`keys.py`), and ends where it does not hold that key. What it signed
last it remembers outside of the database (`memory.py`), and ends where the log does not hold that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

from chassis import clock, telemetry
from chassis.cursors import HistoryBroken, genesis
from chassis.database import Database, Limits
from chassis.feed import HASHES_PER_PAGE, HashPage, Streams
from chassis.follower import feed_client
from chassis.identity import SigningKey, sign
from chassis.rounds import OTHERS_TOO, Rounds, when_told
from services.audit_api.record import keys, notes, store
from services.audit_api.record.keys import ANNOUNCED_IN, KeyNotAnnounced, Signing
from services.audit_api.record.memory import Memory, MemoryUnreadable
from services.audit_api.record.merkle import Frontier, Tile
from services.audit_api.record.notes import Signer
from services.audit_api.record.store import Addition, Sealed, Stream
from services.audit_api.record.verify import leaf_hash, leaf_line
from services.audit_api.settings import SealerSettings
from services.audit_api.tables import LogKeyAnnouncementRow

log = logging.getLogger("sealer")

ISSUER: Final = "qingliu-sealer"
NATION: Final = "00"
TOKEN_SECONDS: Final = 60
# What each service is called in a token, and where it tells hashes. The gateway shows the nation everything.
AUDIENCES: Final = {"funds": "funds", "audit": "audit", "identity": "qingliu-api"}
PATHS: Final = {service: f"/{service}/v1/events/hashes" for service in AUDIENCES}
BATCH: Final = 10_000  # leaves per transaction: half a second of writing, so that none waits for it longer
IDLE_MARK: Final = timedelta(seconds=1)


def sealer_token(key: SigningKey, service: str, region: str, now: int) -> str:
    """A short token that may read hashes of the streams of `region` and nothing else. `now` is seconds since 1970."""
    return sign(
        key,
        {
            "aud": AUDIENCES[service],
            "sub": ISSUER,
            "client_id": ISSUER,
            "jti": uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "roles": ["sealer"],
            "region": region,
            "unit": None,
        },
    )


class LogShrank(Exception):
    """The log does not begin with what was sealed here: an older backup was restored below the sealer.

    Sealing on would sign another log of sizes that were signed before. Started anew it ends again, until whoever knows
    why takes away the file in which it remembers the last checkpoint.
    """

    def __init__(self, sealed: int, size: int) -> None:
        others = ", other ones" if size >= sealed else ""
        super().__init__(f"{sealed} leaves were sealed, and the log has {size}{others}")


# What a sealer ends with until somebody did something about it, and what its log calls that.
ENDS: Final[dict[type[Exception], str]] = {
    LogShrank: "log shrank",
    MemoryUnreadable: "memory unreadable",
    KeyNotAnnounced: "key not announced",
}


@dataclass
class Sealer:
    """Seals the streams of `regions` and the nation's. `round()` seals a batch; `run()` repeats until `stop()`."""

    database: Database
    sources: dict[str, httpx.AsyncClient]
    key: SigningKey
    signers: Sequence[Signer]
    regions: list[str]
    poll_seconds: float = 0.5
    memory: Memory | None = None
    _cursors: dict[Stream, Sealed] = field(default_factory=dict, init=False)
    _frontier: Frontier | None = field(default=None, init=False)
    _marked_at: datetime | None = field(default=None, init=False)
    _signing: Signing | None = field(default=None, init=False)
    _signed: tuple[int, bytes] | None = field(default=None, init=False)  # the last size and root that was signed here
    _tokens: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict, init=False)
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(log, self.poll_seconds)

    def stop(self) -> None:
        """End after the round that is under way."""
        self.rounds.stop()

    async def run(self) -> None:
        """Seal until stopped. A service or database that does not answer is waited for, with growing pauses."""
        await self.rounds.run(self._once, OTHERS_TOO)

    async def _once(self) -> bool:
        try:
            return await self.round() >= BATCH
        except Exception:
            self._frontier = None  # whether the last transaction happened is read anew
            raise

    async def round(self) -> int:
        """Seal what the services' journals have beyond the log, a batch at most; how many events that were."""
        if self._frontier is None or self._signing is None or not self._signing.is_settled:
            await self._recall()
        looked_at = clock.now()
        heads = await self._heads()
        additions, halted = await self._fetch(heads)
        sealed = sum(len(one.hashes) for one in additions)
        behind = {one.stream: one.after + len(one.hashes) for one in additions}
        complete = not halted and all(
            head <= behind.get(stream, self._sealed(stream).position) for stream, head in heads.items()
        )
        idle = not additions and not halted and self._change() is None
        since = None if self._marked_at is None else looked_at - self._marked_at
        if idle and since is not None and timedelta(0) <= since < IDLE_MARK:  # a clock set back marks at once
            return 0
        await self._seal(additions, halted, heads, looked_at, looked_at if complete else None)
        self._marked_at = looked_at
        return sealed

    async def _heads(self) -> dict[Stream, int]:
        """The end of every stream of every service."""
        found: dict[Stream, int] = {}
        asked = [
            (service, region)
            for service in self.sources
            for region in ([NATION] if service == "identity" else [*self.regions, NATION])
        ]
        answers = await asyncio.gather(*(self._get(service, region, {}) for service, region in asked))
        for (service, _), answer in zip(asked, answers, strict=True):
            found |= {(service, stream): head for stream, head in Streams.model_validate(answer).streams.items()}
        return found

    async def _fetch(self, heads: dict[Stream, int]) -> tuple[list[Addition], dict[Stream, str]]:
        """The next events of the streams that wait, the longest waiting first; and why some are sealed no further."""
        waiting = [
            stream
            for stream in {**heads, **self._cursors}
            if heads.get(stream, 0) != self._sealed(stream).position and self._is_ours(stream)
        ]
        if self._signing is not None and self._signing.is_lost:  # nothing is signed before the next key is announced
            waiting = [stream for stream in waiting if stream == ANNOUNCED_IN]
        additions: list[Addition] = []
        halted: dict[Stream, str] = {}
        left = BATCH
        for stream in sorted(waiting, key=lambda one: (self._sealed(one).at_size, one)):
            if left <= 0:
                break
            try:
                addition = await self._next(stream, heads.get(stream, 0), left)
            except HistoryBroken as broken:
                halted[stream] = str(broken)
                continue
            left -= len(addition.hashes)
            additions.append(addition)
        return additions, halted

    async def _next(self, stream: Stream, head: int, limit: int) -> Addition:
        """The hashes right behind what is sealed of a stream, after the last sealed one was found as it was."""
        known = self._sealed(stream)
        if head < known.position:
            msg = f"sealed up to {known.position}, and the journal now ends at {head}"
            raise HistoryBroken(msg)
        before = max(known.position - 1, 0)
        more = 1 if known.position else 0
        query = {"stream": stream[1], "after": before, "limit": min(limit + more, HASHES_PER_PAGE)}
        page = HashPage.model_validate(await self._get(stream[0], self._region_of(stream), query))
        told = [bytes.fromhex(one) for one in page.hashes]
        if known.position:
            if not told:
                msg = f"event {known.position}, sealed earlier, is gone"
                raise HistoryBroken(msg)
            if told[0] != known.hash:
                msg = f"event {known.position}, sealed earlier, has another hash now"
                raise HistoryBroken(msg)
            told = told[1:]
        if not told:
            msg = f"event {known.position + 1} is missing; the journal ends at {page.head_position}"
            raise HistoryBroken(msg)
        return Addition(stream, known.position, told, max(page.head_position, head))

    async def _seal(
        self,
        additions: list[Addition],
        halted: dict[Stream, str],
        heads: dict[Stream, int],
        looked_at: datetime,
        complete_at: datetime | None,
    ) -> None:
        """Put the additions into the log, in one transaction; nothing where another sealer was quicker."""
        if self._frontier is None or self._signing is None:  # pragma: no cover - recalled before
            return
        grown, starts, tiles, moved = _grown(self._frontier, additions)
        note = None
        moved |= self._stopped(halted)
        async with self.database.writing(NATION) as tx:
            size = await store.lock_head(tx)
            if size < self._frontier.size:
                raise LogShrank(self._frontier.size, size)
            last_key = await store.last_key(tx)
            if size > self._frontier.size or last_key not in {None, self._signing.in_use.text()}:
                self._frontier = None  # another sealer was here: what it sealed is recalled in the next round
                return
            for start, one in zip(starts, additions, strict=True):
                await store.add_leaves(tx, start, one)
            await store.add_tiles(tx, tiles)
            for stream, sealed in moved.items():
                await store.move_cursor(tx, stream, sealed, heads.get(stream, 0))
            change, root = self._change(moved), grown.root()
            if additions:
                note = notes.checkpoint(self._signing.signs(change), grown.size, root)
                await store.add_checkpoint(tx, grown.size, root, note, clock.now())
            if change is not None:
                await self._signing.change_over(tx, change, grown.size, root, clock.now())
            await store.move_head(tx, grown.size, looked_at, complete_at)
        self._frontier = grown
        self._cursors |= moved
        self._remember(grown.size, root, note)
        if change is not None:
            log.warning("key changed", extra={"size": grown.size, "log_key": change.key, "because": change.because})
            self._signing = None

    def _remember(self, size: int, root: bytes, note: str | None) -> None:
        """What was signed last, here and for whoever is started next; nothing new where nothing was signed."""
        if note is None:
            return
        self._signed = (size, root)
        if self.memory is not None:
            self.memory.keep(note)

    def _stopped(self, halted: dict[Stream, str]) -> dict[Stream, Sealed]:
        """The cursors of streams that are sealed no further from now on, or for another reason."""
        found = {}
        for stream, because in halted.items():
            before = self._sealed(stream)
            if before.stopped_because != because:
                log.error("stream stopped", extra={"stream": "/".join(stream), "reason": because})
                found[stream] = Sealed(before.position, before.hash, before.at_size, because)
        return found

    async def _recall(self) -> None:
        """Read the edge of the log, how far each stream is sealed, and whose turn it is to sign.

        What was signed here has to be there still: a restore ends connections, and so it is here that one is met.
        """
        if self._signed is None and self.memory is not None:
            self._signed = self.memory.recall()
        async with self.database.reading(NATION) as tx:
            size = (await store.head(tx)).size
            if self._signed is not None:
                signed, root = self._signed
                kept = await store.checkpoint(tx, signed)
                if size < signed or kept is None or kept.root != root:
                    raise LogShrank(signed, size)
            self._signing = await keys.recall(tx, self.signers)
            self._frontier = await store.frontier(tx, size)
            self._cursors = await store.cursors(tx)

    def _change(self, moved: dict[Stream, Sealed] | None = None) -> LogKeyAnnouncementRow | None:
        """The change of the key whose announcement is sealed, with what is just being sealed."""
        if self._signing is None:
            return None
        sealed = {**self._cursors, **(moved or {})}.get(ANNOUNCED_IN)
        return self._signing.carried_out(sealed.position if sealed else 0)

    def _sealed(self, stream: Stream) -> Sealed:
        return self._cursors.get(stream) or Sealed(0, genesis(stream[1]), 0)

    def _is_ours(self, stream: Stream) -> bool:
        service, name = stream
        return service in self.sources and (service == "identity" or name.startswith((*self.regions, NATION)))

    def _region_of(self, stream: Stream) -> str:
        if stream[0] == "identity":
            return NATION
        return next((one for one in self.regions if stream[1].startswith(one)), NATION)

    async def _get(self, service: str, region: str, query: dict[str, Any]) -> Any:
        token = self._token(service, region)
        answer = await self.sources[service].get(
            PATHS[service], params=query, headers={"Authorization": f"Bearer {token}"}
        )
        answer.raise_for_status()
        return answer.json()

    def _token(self, service: str, region: str) -> str:
        """A token for half its life: signing one per question took longer than the question.

        One from a clock that has been set back since is of the future, and nobody takes it.
        """
        now = int(clock.now().timestamp())
        token, until = self._tokens.get((service, region), ("", 0))
        if not until - TOKEN_SECONDS // 2 <= now < until:
            token = sealer_token(self.key, service, region, now)
            self._tokens[service, region] = (token, now + TOKEN_SECONDS // 2)
        return token


def _grown(edge: Frontier, additions: list[Addition]) -> tuple[Frontier, list[int], list[Tile], dict[Stream, Sealed]]:
    """The edge of the tree with the additions in it, where each begins, the tiles they fill, the streams' cursors."""
    grown = Frontier(edge.size, [list(level) for level in edge.open])
    moved: dict[Stream, Sealed] = {}
    tiles: list[Tile] = []
    starts: list[int] = []
    for one in additions:
        starts.append(grown.size)
        lines = (leaf_line(*one.stream, one.after + at, digest.hex()) for at, digest in enumerate(one.hashes, 1))
        tiles += grown.append([leaf_hash(line) for line in lines])
        moved[one.stream] = Sealed(one.after + len(one.hashes), one.hashes[-1], grown.size)
    return grown, starts, tiles, moved


async def main() -> None:
    """Seal until SIGTERM or SIGINT."""
    settings = SealerSettings()  # the environment fills the required fields
    telemetry.log_as_json(settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs each request with its query
    database = Database(settings.database_url.get_secret_value(), Limits(pool=2), application="audit_sealer")
    sources = {service: feed_client(url) for service, url in settings.sources.items()}
    sealer = Sealer(
        database,
        sources,
        SigningKey.from_jwk(settings.key, ISSUER, "internal+jwt"),
        notes.signers_of(settings.log_key.get_secret_value()),
        settings.regions,
        settings.seal_poll_seconds,
        Memory(settings.seal_memory) if settings.seal_memory else None,
    )
    when_told(sealer.stop)
    log.info("sealing", extra={"regions": settings.regions, "log": sealer.signers[0].key.name})
    try:
        await sealer.run()
    except tuple(ENDS) as ended:
        log.critical(ENDS[type(ended)], extra={"reason": str(ended)})
        raise
    for one in sources.values():
        await one.aclose()
    await database.close()
    log.info("stopped")


if __name__ == "__main__":
    asyncio.run(main())
