"""The ways to touch lots: look or `open_lots` (what may be drawn), then `post` or `act` (write what was decided).

Everything that moves money in this service goes through `funds.post_movements`, which checks the laws once more and
says by its position which act recorded the rows. Decides nothing and knows no request shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.connections import Alone
from chassis.ids import new_id
from chassis.journal import Act, Recorded
from services.funds_api.funds.judge import TermSet
from services.funds_api.funds.store import sets_of
from services.funds_api.lots.refusals import BooksClosed, DatedAhead, DocumentUsed
from treasury.calendar import AHEAD_DAYS, business_date
from treasury.documents import normalise_document
from treasury.lots import Draw, Lot
from wire.money import Drawn, Moved

# These move money once by a document of one account; what comes back or is paid in batches may repeat its document.
ONCE_BY_DOCUMENT: Final = frozenset({"hand_down", "order", "pay", "retain", "take_back", "carry_over", "succeed"})


@dataclass(frozen=True, slots=True)
class End:
    """An account as one end of a movement."""

    id: UUID
    region_code: str
    kind: str
    book: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Money on its way from one account to another by a document; `source` is None only for a receipt.

    `fund` bounds what “oldest” means when the lots of one fund were looked at; `hold` is what the payment draws on.
    """

    id: UUID
    kind: str
    document: str
    source: UUID | None
    target: UUID
    effective_on: date
    amount_fen: int
    actor: str
    drawn: str = "oldest"
    reverses: UUID | None = None
    batch: UUID | None = None
    note: str | None = None
    fund: str | None = None
    use: str | None = None
    hold: UUID | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One lot that a movement makes: out of `from_lot`, or for a receipt out of `tranche`; a span when `lo` is given.

    Money that comes back names the lot it `restores`. `clock_from` is set when its clock goes on from before (a
    reversal: the money never rightly left); otherwise the clock starts on arrival. `release_on` retains it until then,
    `fiscal_year` moves it into another year's budget, `hold` draws fen that are held under that hold.
    """

    movement: UUID
    to_lot: UUID
    amount_fen: int
    from_lot: UUID | None = None
    tranche: UUID | None = None
    clock_from: date | None = None
    lo: int | None = None
    hi: int | None = None
    first_line: int | None = None
    last_line: int | None = None
    restores: UUID | None = None
    release_on: date | None = None
    fiscal_year: int | None = None
    hold: UUID | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """What one look shows of an order's accounts: their ends by id, what may be drawn from the first, by what terms."""

    ends: dict[UUID, End]
    lots: list[Lot]
    terms: Sequence[TermSet] = ()


# The look with the terms of the funds it shows; of the fund that the order names, else of those of the lots.
_LOOK: Final = """
  SELECT k.verdict, k.accounts, k.lots, CASE WHEN k.lots IS NOT NULL THEN funds.terms_of($2,
           CASE WHEN $7 IS NOT NULL THEN ARRAY[$7]
                ELSE ARRAY(SELECT DISTINCT l ->> 2 FROM json_array_elements(k.lots::json) l) END, $8) END AS terms
    FROM funds.look($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) k"""


def parts_of(movement: Movement, draws: Iterable[Draw], release_on: date | None = None) -> list[Part]:
    """One part per draw, each a fresh lot whose clock starts on its arrival."""
    return [
        Part(
            movement=movement.id,
            to_lot=new_id(),
            amount_fen=draw.amount_fen,
            from_lot=draw.lot.id,
            release_on=release_on,
        )
        for draw in draws
    ]


def released(lot: Lot) -> Lot:
    """The lot without its retention: what goes back need not wait for the day on which it could be paid out."""
    return replace(lot, release_on=None)


def today() -> date:
    """The day in China: whether a hold has run out or a list was public for long enough, how far ahead an act is dated.

    No other question asks the clock.
    """
    return business_date(clock.now())


def must_be_near(days: Iterable[date], what: str = "业务日期") -> None:
    """Refuse with `DatedAhead` a day (which is called `what`) more than `AHEAD_DAYS` after today in China."""
    latest = today() + timedelta(days=AHEAD_DAYS)
    for day in days:
        if day > latest:
            raise DatedAhead(day, latest, what)


async def open_lots(
    tx: AsyncSession,
    county: str,
    accounts: Sequence[UUID],
    source: UUID,
    *,
    upto: date,
    fund: str | None = None,
    need_fen: int | None = None,
    named: Sequence[UUID] | None = None,
) -> list[Lot]:
    """Lock `accounts` in id order until the commit; return open lots of `source` (of `fund`, if given), oldest first.

    Just as many of the lots that had arrived by `upto` as have `need_fen` free together, or all when they have less or
    no need is named. With `named`: those of these lots, whenever they arrived.
    """
    rows = await tx.execute(
        text("SELECT * FROM funds.open_lots(:county, :accounts, :source, :fund, :upto, :need, :named, :today)"),
        {
            "county": county,
            "accounts": list(accounts),
            "source": source,
            "fund": fund,
            "upto": upto,
            "need": need_fen,
            "named": list(named) if named is not None else None,
            "today": today(),
        },
    )
    return [
        Lot(
            row.id,
            row.tranche_id,
            row.account_id,
            row.arrived_on,
            row.clock_from,
            row.remaining_fen,
            row.fund_code,
            row.fiscal_year,
            row.held_fen,
            row.release_on,
        )
        for row in rows
    ]


async def look(
    single: Alone,
    act: Act,
    county: str,
    accounts: Sequence[UUID],
    *,
    upto: date,
    fund: str | None,
    need_fen: int | None,
    named: Sequence[UUID] | None = None,
) -> Books | None:
    """What an order has to know, in one statement that locks nothing; None when its key is not new.

    The first of `accounts` is drawn from. Accounts that the caller may not see are left out.
    """
    row = await single.fetchrow(
        _LOOK,
        county,
        act.actor,
        act.key,
        act.hash_in(county),
        list(accounts),
        fund,
        upto,
        need_fen,
        list(named) if named is not None else None,
        today(),
    )
    if row is None or row["verdict"] != "new":
        return None
    ends = [End(UUID(one), region, kind, book) for one, region, kind, book in json.loads(row["accounts"] or "[]")]
    return Books(
        {one.id: one for one in ends},
        [_lot(one) for one in json.loads(row["lots"] or "[]")],
        sets_of(row["terms"]),
    )


def _lot(row: list[Any]) -> Lot:
    lot, tranche, fund, account, year, arrived, clock_from, release, remaining, held = row
    return Lot(
        UUID(lot),
        UUID(tranche),
        UUID(account),
        date.fromisoformat(arrived),
        date.fromisoformat(clock_from),
        remaining,
        fund,
        year,
        held,
        date.fromisoformat(release) if release else None,
    )


def _moves(movements: Sequence[Movement]) -> str:
    return json.dumps(
        [
            {
                "id": str(one.id),
                "kind": one.kind,
                "document": one.document,
                "document_key": normalise_document(one.document),
                "from": str(one.source) if one.source else None,
                "to": str(one.target),
                "effective_on": one.effective_on.isoformat(),
                "amount_fen": one.amount_fen,
                "drawn": one.drawn,
                "fund": one.fund,
                "reverses": str(one.reverses) if one.reverses else None,
                "batch": str(one.batch) if one.batch else None,
                "actor": one.actor,
                "note": one.note,
                "use": one.use,
                "hold": str(one.hold) if one.hold else None,
            }
            for one in movements
        ],
        ensure_ascii=False,
    )


_PART_FIELDS: Final[dict[str, Callable[[Any], str | int]]] = {
    "from_lot": str,
    "tranche": str,
    "clock_from": date.isoformat,
    "lo": int,
    "hi": int,
    "first_line": int,
    "last_line": int,
    "restores": str,
    "release_on": date.isoformat,
    "fiscal_year": int,
    "hold": str,
}


def _parts(parts: Sequence[Part]) -> str:
    """The parts as JSON; what a part does not say is left out."""
    return json.dumps(
        [
            {
                "move": str(one.movement),
                "to_lot": str(one.to_lot),
                "amount_fen": one.amount_fen,
                **{
                    name: told(value)
                    for name, told in _PART_FIELDS.items()
                    if (value := getattr(one, name)) is not None
                },
            }
            for one in parts
        ]
    )


_POST: Final = "SELECT funds.post_movements(:county, CAST(:moves AS jsonb), CAST(:parts AS jsonb), :today)"
_RECOVER: Final = (
    "SELECT funds.recover_of_finding(:county, :finding, CAST(:moves AS jsonb), CAST(:parts AS jsonb), :today)"
)


async def post(
    tx: AsyncSession, county: str, movements: Sequence[Movement], parts: Sequence[Part], *, finding: UUID | None = None
) -> int:
    """Write the movements: draw the lots down, make the new ones, keep entries and counters, all or nothing.

    Recoveries for a `finding` draw first what is quarantined for it. Returns the position of the act that records them;
    `act.record` must follow in the same transaction. Raises `DatedAhead`, `BooksClosed` or `DocumentUsed` with the
    figures.
    """
    must_be_near(one.effective_on for one in movements)
    await _must_be_open(tx, county, movements)
    values = {"county": county, "moves": _moves(movements), "parts": _parts(parts), "today": today()}
    if finding is None:
        posted = await tx.execute(text(_POST), values)
    else:
        posted = await tx.execute(text(_RECOVER), {**values, "finding": finding})
    position: int = posted.scalar_one()
    return position


async def _must_be_open(tx: AsyncSession, county: str, movements: Sequence[Movement]) -> None:
    """Say with figures what `post_movements` refuses without: a closed book, a document that moved money before."""
    forward = [one for one in movements if one.kind != "reverse"]
    if not forward:
        return
    earliest = min(one.effective_on for one in forward)
    used = {(one.source, one.kind, normalise_document(one.document)) for one in forward if one.kind in ONCE_BY_DOCUMENT}
    found = (
        await tx.execute(
            text(
                """
                SELECT c.through, o.id, o.document, o.effective_on, o.amount_fen
                  FROM (SELECT max(through) AS through FROM funds.closing WHERE county_code = :county) c
                  LEFT JOIN LATERAL (
                    SELECT m.id, m.document, m.effective_on,
                           sum(m.amount_fen) OVER (PARTITION BY m.kind, m.document_key)::bigint AS amount_fen
                      FROM unnest(CAST(:sources AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[]))
                           AS asked(source, kind, key)
                      JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = asked.source
                       AND m.document_key = asked.key AND m.kind = asked.kind
                     WHERE NOT EXISTS (SELECT FROM funds.movement r
                                        WHERE r.county_code = :county AND r.reverses_id = m.id)
                     ORDER BY m.id LIMIT 1) o ON true
                """
            ),
            {
                "county": county,
                "sources": [source for source, _, _ in used],
                "kinds": [kind for _, kind, _ in used],
                "keys": [key for _, _, key in used],
            },
        )
    ).one()
    if found.through is not None and earliest <= found.through:
        raise BooksClosed(county, earliest, found.through)
    if found.id is not None:
        raise DocumentUsed(found.document, str(found.id), found.effective_on, found.amount_fen)


async def act_at_once(
    single: Alone, act: Act, county: str, movements: Sequence[Movement], parts: Sequence[Part], recorded: Recorded
) -> None:
    """Claim, post and record in one statement; the database's error when the books have moved on since the look.

    Refuses with `DatedAhead` what is dated too far ahead.
    """
    must_be_near(one.effective_on for one in movements)
    await single.fetchrow(
        "SELECT funds.act($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        county,
        act.actor,
        act.key,
        act.hash_in(county),
        _moves(movements),
        _parts(parts),
        today(),
        new_id(),
        recorded.kind,
        recorded.body,
        act.request_id,
        recorded.outcome,
    )


def as_moved(movement: Movement, draws: Sequence[Draw], parts: Sequence[Part], regions: dict[UUID, str]) -> Moved:
    """The movement as the journal tells it, draw by draw. `regions` gives each account's place."""
    if movement.source is None:
        msg = "a receipt is told as NoticeReceived"
        raise ValueError(msg)
    return Moved(
        movement_id=movement.id,
        kind=movement.kind,
        document=movement.document,
        effective_on=movement.effective_on,
        from_account_id=movement.source,
        to_account_id=movement.target,
        from_region=regions[movement.source],
        to_region=regions[movement.target],
        amount_fen=movement.amount_fen,
        reverses_id=movement.reverses,
        draws=[
            Drawn(
                from_lot_id=draw.lot.id, to_lot_id=part.to_lot, amount_fen=draw.amount_fen, days_rested=draw.days_rested
            )
            for draw, part in zip(draws, parts, strict=True)
        ],
    )
