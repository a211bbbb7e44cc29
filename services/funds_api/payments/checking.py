"""A roster from its file to its rows in the database, piece by piece, within the transaction of the caller.

While PostgreSQL writes one piece, a thread judges and seals those after it and reads on. What the next is judged by is
asked on a second connection meanwhile, where one is to spare; else between two pieces of the writing. The thread may be
ahead by two pieces, so that neither waits for every slow piece of the other. So the memory is that of five pieces,
whatever the file has, and the time is little more than that of the writing. Nothing is committed here: a roster that
ends badly in its last piece leaves no row of the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

import polars as pl
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import keep_plans, plan_each_time
from chassis.vault import Vault
from services.funds_api.payments import check, household_cap, sealing, store, yearly
from services.funds_api.payments.check import Check, Facts, Year
from services.funds_api.payments.lists import DayList
from services.funds_api.payments.roster import Roster
from services.funds_api.tables import PaymentBatchRow

# Judged pieces that may wait for PostgreSQL beside the one it writes: with none, each side waits wherever the other's
# piece takes longer, and PostgreSQL for each word between the event loop and a thread that computes.
WAITING: Final = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of a roster as `check.with_tokens` gives them, and the tokens among them, sorted, each once."""

    rows: pl.DataFrame
    tokens: pl.Series


@dataclass(frozen=True, slots=True)
class Known:
    """What the people of one piece are judged by: the register, and what others pay them (`Check.judge`)."""

    registry: pl.DataFrame
    claimed: pl.DataFrame
    year: Year | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A judged piece as it rests: the bytes of a COPY (None without good rows), and the rejected rows."""

    payments: bytes | None
    rejected: list[tuple[int, str, bytes]]


class _Hands:
    """What is done to each piece of a roster: two steps in a thread, two on the database.

    A connection does one thing at a time: where there is only one, looks and writes take turns.
    """

    def __init__(
        self, tx: AsyncSession, listed: DayList, batch: PaymentBatchRow, roster: Roster, judging: Check, vault: Vault
    ) -> None:
        self._tx, self._listed, self._batch, self._judging, self._vault = tx, listed, batch, judging, vault
        self._place = batch.county_code, batch.id  # a thread touches no row of the session
        self._pieces = roster.pieces()
        self._writing = asyncio.Lock()
        self._asking = self._writing if listed.reads is tx else asyncio.Lock()

    def read(self) -> Piece | None:
        """The next piece, None behind the last."""
        rows = next(self._pieces, None)
        if rows is None:
            return None
        rows = check.with_tokens(rows, self._vault.tokens)
        return Piece(rows, rows["token"].drop_nulls().unique().sort())

    async def ask(self, piece: Piece) -> Known:
        async with self._asking:
            return await _ask(self._listed, self._batch, self._judging.facts, piece)

    def judge(self, piece: Piece, known: Known) -> Sealed:
        """The pieces are judged in their order, since a row may have been named in one before."""
        judged = self._judging.judge(piece.rows, known.registry, known.claimed, known.year)
        self._listed.include(judged.good)
        payments = sealing.payments(judged.good, *self._place, self._vault) if judged.good.height else None
        return Sealed(payments, sealing.rejected(judged.rejected, *self._place, self._vault))

    async def write(self, sealed: Sealed, behind: asyncio.Task[None] | None) -> None:
        """Only behind what was written before it: where that failed, nothing more is written."""
        if behind is not None:
            await behind
        async with self._writing:
            if sealed.payments is not None:
                await store.copy_payments(self._tx, sealed.payments)
            await store.insert_rejected(self._tx, self._batch, sealed.rejected)


async def keep(
    tx: AsyncSession, listed: DayList, batch: PaymentBatchRow, roster: Roster, judging: Check, vault: Vault
) -> None:
    """Judge every row of a roster and keep both halves; afterwards `judging` and `roster` know the sums.

    `listed` is asked for the people of each piece, and afterwards knows the hash of all it let through. It may read by
    another session than `tx`, which then must see none of its work.
    """
    hands = _Hands(tx, listed, batch, roster, judging, vault)
    asked: deque[tuple[Piece, asyncio.Task[Known]]] = deque()
    written: deque[asyncio.Task[None]] = deque()

    async def read_on() -> None:
        if (piece := await to_thread.run_sync(hands.read)) is not None:
            asked.append((piece, asyncio.create_task(hands.ask(piece))))

    for session in {tx, listed.reads}:
        await keep_plans(session)
    try:
        await read_on()
        while asked:
            await read_on()
            piece, known = asked[0]
            sealed = await to_thread.run_sync(hands.judge, piece, await known)
            asked.popleft()
            if len(written) > WAITING:
                await written.popleft()
            written.append(asyncio.create_task(hands.write(sealed, written[-1] if written else None)))
        while written:
            await written.popleft()
    finally:  # nothing may still work on a transaction that is being undone
        await asyncio.gather(*(known for _, known in asked), *written, return_exceptions=True)


async def _ask(listed: DayList, batch: PaymentBatchRow, facts: Facts, piece: Piece) -> Known:
    """Whom the register knows, and what other batches pay them: of the same entitlement, and in the fund's year."""
    registry = await listed.people(piece.tokens)
    if not listed.rivals and not facts.terms:
        return Known(registry, pl.DataFrame(schema=check.CLAIMED), None)
    await plan_each_time(listed.reads)
    claimed = await listed.claimed(registry)
    year = await yearly.paid(listed.reads, batch, registry, facts) if facts.terms else None
    if listed.rivals and household_cap.asked_of_others(facts):
        registry = registry.join(await household_cap.paid(listed.reads, batch, registry), on="household", how="left")
    await keep_plans(listed.reads)
    return Known(registry, claimed, year)
