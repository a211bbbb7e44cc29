"""What the terms of its money would say of a roster if it were approved now: told at the check, refused at approval.

Which lots a batch draws is decided by its approval alone, so the check refuses nothing; caps of people are another
matter (`yearly`), and publicity can only come once the list is checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.funds import guard
from services.funds_api.funds.judge import Breach, Facts
from services.funds_api.tables import PaymentBatchRow
from services.funds_api.units.schemas import UnitKind


async def hear(
    tx: AsyncSession, batch: PaymentBatchRow, available: Iterable[tuple[int, int]], total_fen: int
) -> list[Breach]:
    """Every breach of uses and payees of the budget years that `total_fen` would draw out of what is `available`.

    `available` is (budget year, fen) in the order in which it is drawn.
    """
    drawn: dict[int, int] = defaultdict(int)
    for year, fen in available:
        if (taken := min(fen, total_fen)) > 0:
            drawn[year] += taken
            total_fen -= taken
    parts = [
        Facts("disburse", batch.fund_code, year, fen, batch.use_code, UnitKind.HOUSEHOLDS)
        for year, fen in drawn.items()
    ]
    return await guard.foreseen(tx, batch.county_code, parts, batch.effective_on)
