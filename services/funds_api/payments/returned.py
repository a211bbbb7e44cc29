"""What came back of paid rows and how they were paid again, for the answers about payments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import Moment
from services.funds_api.payments.schemas import Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class Returned:
    """What of one row came back, by which movements, and the payment that paid it again."""

    fen: int
    by: list[UUID]
    reissued_as: str | None


async def of_rows(
    tx: AsyncSession, county: str, batch: UUID, lines: Sequence[int], moment: Moment
) -> dict[int, Returned]:
    """Those of the lines of a batch of which something had come back by that moment."""
    rows = await tx.execute(
        text(
            """
            SELECT r.line, r.fen, r.by, n.batch_id, n.line AS next_line
              FROM (SELECT r.line, sum(r.amount_fen)::bigint AS fen, max(r.position) AS last,
                           array_agg(r.movement_id ORDER BY r.position) AS by
                      FROM funds.payment_return r
                     WHERE r.county_code = :county AND r.batch_id = :batch AND r.line = ANY(:lines)
                       AND r.effective_on <= :as_of AND r.position <= :known
                       AND NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county
                                          AND u.reverses_id = r.movement_id AND u.effective_on <= :as_of
                                          AND u.position <= :known)
                     GROUP BY r.line) r
              LEFT JOIN LATERAL funds.payment_next_then(:county, :batch, r.line, r.last, :as_of, :known) n ON true
            """
        ),
        {"county": county, "batch": batch, "lines": list(lines), **moment.arguments},
    )
    return {
        row.line: Returned(row.fen, list(row.by), f"{row.batch_id}-{row.next_line}" if row.batch_id else None)
        for row in rows
    }


async def of_batch(tx: AsyncSession, county: str, batch: UUID) -> int:
    """How many fen of a batch have come back."""
    found: int = (
        await tx.execute(
            text(
                """
                SELECT coalesce(sum(r.amount_fen), 0)::bigint FROM funds.payment_return r
                 WHERE r.county_code = :county AND r.batch_id = :batch
                   AND NOT EXISTS (SELECT FROM funds.movement u
                                    WHERE u.county_code = :county AND u.reverses_id = r.movement_id)
                """
            ),
            {"county": county, "batch": batch},
        )
    ).scalar_one()
    return found


def told(payments: Iterable[Payment], returned: dict[int, Returned]) -> list[Payment]:
    """The payments with what came back of them; one that came back whole is `returned`, `reissued` once paid again."""
    return [_told(one, returned[one.line]) if one.line in returned else one for one in payments]


def _told(payment: Payment, back: Returned) -> Payment:
    status = payment.status
    if status == PaymentStatus.PAID and back.fen >= payment.amount_fen:
        status = PaymentStatus.REISSUED if back.reissued_as else PaymentStatus.RETURNED
    return payment.model_copy(update={"status": status, "returned_fen": back.fen, "reissued_as": back.reissued_as})
