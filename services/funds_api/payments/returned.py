"""What came back of paid rows, or was recovered, and how they were paid again, for the answers about payments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.payments.schemas import Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class Returned:
    """What of one row came back and what was recovered, by which movements, and the payment that paid it again."""

    fen: int
    recovered_fen: int
    by: list[UUID]
    reissued_as: str | None


async def of_rows(
    tx: AsyncSession, county: str, batch: UUID, lines: Sequence[int], moment: Moment
) -> dict[int, Returned]:
    """Those of the lines of a batch of which something had come back by that moment."""
    found = await of_payments(tx, county, [(batch, line) for line in lines], moment)
    return {line: back for (_, line), back in found.items()}


async def of_payments(
    tx: AsyncSession, county: str, wanted: Sequence[tuple[UUID, int]], moment: Moment
) -> dict[tuple[UUID, int], Returned]:
    """Those of the rows (batch and line) of which something had come back by that moment."""
    rows = await tx.execute(
        text(
            """
            SELECT r.batch_id AS of_batch, r.line, r.fen, r.recovered_fen, r.by, n.batch_id, n.line AS next_line
              FROM (SELECT r.batch_id, r.line, max(r.position) AS last,
                           coalesce(sum(r.amount_fen) FILTER (WHERE r.reason <> 'recovered'), 0)::bigint AS fen,
                           coalesce(sum(r.amount_fen) FILTER (WHERE r.reason = 'recovered'), 0)::bigint
                             AS recovered_fen,
                           array_agg(r.movement_id ORDER BY r.position) AS by
                      FROM unnest(CAST(:batches AS uuid[]), CAST(:lines AS int[])) AS w (batch_id, line)
                      JOIN funds.payment_return r
                        ON r.county_code = :county AND r.batch_id = w.batch_id AND r.line = w.line
                     WHERE r.effective_on <= :as_of AND r.position <= :known
                       AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county
                                          AND u.reverses_id = r.movement_id AND u.effective_on <= :as_of
                                          AND u.position <= :known)
                     GROUP BY r.batch_id, r.line) r
              LEFT JOIN LATERAL funds.payment_next_then(:county, r.batch_id, r.line, r.last, :as_of, :known) n ON true
            """
        ),
        {
            "county": county,
            "batches": [batch for batch, _ in wanted],
            "lines": [line for _, line in wanted],
            **moment.arguments,
        },
    )
    return {
        (row.of_batch, row.line): Returned(
            row.fen, row.recovered_fen, list(row.by), f"{row.batch_id}-{row.next_line}" if row.batch_id else None
        )
        for row in rows
    }


async def of_batch(tx: AsyncSession, county: str, batch: UUID) -> tuple[int, int]:
    """How many fen of the rows of a batch have come back, and how many were recovered."""
    found = (
        await tx.execute(
            text(
                """
                SELECT coalesce(sum(r.amount_fen) FILTER (WHERE r.reason <> 'recovered'), 0)::bigint AS fen,
                       coalesce(sum(r.amount_fen) FILTER (WHERE r.reason = 'recovered'), 0)::bigint AS recovered_fen
                  FROM funds.payment_return r
                 WHERE r.county_code = :county AND r.batch_id = :batch
                   AND NOT EXISTS (SELECT FROM funds.movement u
                                    WHERE u.county_code = :county AND u.reverses_id = r.movement_id)
                """
            ),
            {"county": county, "batch": batch},
        )
    ).one()
    return found.fen, found.recovered_fen


async def at_large(tx: AsyncSession, who: Principal, county: str, movement: UUID, moment: Moment) -> int:
    """Fen that were recovered from the cards out of what one disbursement brought there, and of no row.

    What had left the cards and was undone stands there as lots that restore those it brought.
    """
    async with whole_county(tx, who, county):
        found: int = (
            await tx.execute(
                text(
                    """
                    WITH RECURSIVE stands AS (
                      SELECT l.id, l.account_id FROM funds.lot l
                       WHERE l.county_code = :county AND l.movement_id = :movement
                      UNION ALL
                      SELECT l.id, l.account_id FROM stands s
                        JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = s.id
                         AND l.account_id = s.account_id)
                    SELECT coalesce(sum(d.amount_fen), 0)::bigint FROM stands s
                      JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = s.id
                      JOIN funds.movement k ON k.county_code = :county AND k.id = d.movement_id AND k.kind = 'recover'
                       AND k.effective_on <= :as_of AND k.position <= :known
                     WHERE NOT EXISTS (SELECT FROM funds.payment_return r
                                        WHERE r.county_code = :county AND r.movement_id = k.id)
                       AND NOT EXISTS (SELECT FROM funds.movement u
                                        WHERE u.county_code = :county AND u.reverses_id = k.id
                                          AND u.effective_on <= :as_of AND u.position <= :known)
                    """
                ),
                {"county": county, "movement": movement, **moment.arguments},
            )
        ).scalar_one()
    return found


def told(payments: Iterable[Payment], returned: dict[int, Returned]) -> list[Payment]:
    """The payments with what came back of them; one that came back whole is `returned`, `reissued` once paid again.

    It is `recovered` when any of it was: that money was taken back, and whoever has it again has another payment.
    """
    return [_told(one, returned[one.line]) if one.line in returned else one for one in payments]


def status(stands: PaymentStatus, amount_fen: int, back: Returned) -> PaymentStatus:
    """What became of a paid row, given what came back of it."""
    if stands != PaymentStatus.PAID or back.fen + back.recovered_fen < amount_fen:
        return stands
    if back.recovered_fen:
        return PaymentStatus.RECOVERED
    return PaymentStatus.REISSUED if back.reissued_as else PaymentStatus.RETURNED


def _told(payment: Payment, back: Returned) -> Payment:
    return payment.model_copy(
        update={
            "status": status(payment.status, payment.amount_fen, back),
            "returned_fen": back.fen,
            "recovered_fen": back.recovered_fen,
            "reissued_as": back.reissued_as,
        }
    )
