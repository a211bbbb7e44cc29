"""A roster from its file to its rows in the database, piece by piece, within the transaction of the caller.

Two hands: while PostgreSQL writes one piece, a thread judges and seals the next and reads the one after it. What the
next is judged by is asked on a second connection meanwhile, where one is to spare; else before the writing goes on. So
the memory is that of three pieces, whatever the file has, and the time is little more than that of the writing. Nothing
is committed here: a roster that ends badly in its last piece leaves no row of the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

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

One = TypeVar("One")
Other = TypeVar("Other")


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


async def keep(
    tx: AsyncSession, listed: DayList, batch: PaymentBatchRow, roster: Roster, judging: Check, vault: Vault
) -> None:
    """Judge every row of a roster and keep both halves; afterwards `judging` and `roster` know the sums.

    `listed` is asked for the people of each piece, and afterwards knows the hash of all it let through. It may read by
    another session than `tx`, which then must see none of its work.
    """
    pieces = roster.pieces()
    county, batch_id = batch.county_code, batch.id  # a thread touches no row of the session

    def read() -> Piece | None:
        rows = next(pieces, None)
        if rows is None:
            return None
        rows = check.with_tokens(rows, vault.tokens)
        return Piece(rows, rows["token"].drop_nulls().unique().sort())

    def judge_and_read_on(piece: Piece, known: Known) -> tuple[Sealed, Piece | None]:
        judged = judging.judge(piece.rows, known.registry, known.claimed, known.year)
        listed.include(judged.good)
        payments = sealing.payments(judged.good, county, batch_id, vault) if judged.good.height else None
        return Sealed(payments, sealing.rejected(judged.rejected, county, batch_id, vault)), read()

    async def go_on(piece: Piece, asking: Awaitable[Known]) -> tuple[Sealed, Piece | None]:
        return await to_thread.run_sync(judge_and_read_on, piece, await asking)

    piece = await to_thread.run_sync(read)
    ready = Sealed(None, [])
    for session in {tx, listed.reads}:
        await keep_plans(session)
    while piece is not None:
        asking = asyncio.ensure_future(_ask(listed, batch, judging.facts, piece))
        if listed.reads is tx:  # one connection does one thing at a time
            await asking
        (ready, piece), _ = await _both(go_on(piece, asking), _write(tx, batch, ready))
    await _write(tx, batch, ready)


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


async def _write(tx: AsyncSession, batch: PaymentBatchRow, piece: Sealed) -> None:
    if piece.payments is not None:
        await store.copy_payments(tx, piece.payments)
    await store.insert_rejected(tx, batch, piece.rejected)


async def _both(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """What both come to, once both have ended: nothing still works on a transaction that is being undone."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second
