"""The cap of a household for one entitlement (每户上限): a dated policy value, and who goes beyond it.

All people of a household count, whichever rosters pay them: at the check row by row, at the approval for the whole
batch, and when money that had come back is the household's again. Refuses; what is to be done a person decides.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from services.funds_api.payments.check import ENTITLED, Facts
from services.funds_api.payments.refusals import OverHouseholdCap
from services.funds_api.policies import store as policies
from services.funds_api.tables import PaymentBatchRow
from treasury.policy import PolicyValue, in_force

CAP = "household_cap_fen"


async def of_batch(tx: AsyncSession, batch: PaymentBatchRow) -> PolicyValue | None:
    """The most one household may get on the day of a batch: the fund's own value if it has one, else the general."""
    values = await policies.values(tx, CAP, region=batch.region_code)
    own = in_force(values, f"{CAP}.{batch.fund_code}", batch.region_code, batch.effective_on)
    return own or in_force(values, CAP, batch.region_code, batch.effective_on)


def asked_of_others(facts: Facts) -> bool:
    """Whether what other rosters pay counts: of an entitlement of households no household is paid twice anyway."""
    return facts.cap is not None and facts.per == "person"


async def paid(tx: AsyncSession, batch: PaymentBatchRow, people: pl.DataFrame) -> pl.DataFrame:
    """What other batches pay the households of these people of the same entitlement, or are about to (`ENTITLED`)."""
    found = await (await driver(tx)).fetch(
        "SELECT uuid_send(household_id), fen FROM funds.paid_to_homes($1, $2, $3)",
        batch.county_code,
        batch.id,
        [UUID(bytes=home) for home in people["household"].drop_nulls().unique()],
    )
    return pl.DataFrame([tuple(row) for row in found], schema=ENTITLED, orient="row")


async def hear(tx: AsyncSession, batch: PaymentBatchRow) -> None:
    """Refuse a batch that takes households beyond the cap with all that was posted; its entitlement is held before."""
    cap = await of_batch(tx, batch)
    if cap is None:
        return
    found = await tx.execute(
        text("SELECT homes_n, first_line, over_fen FROM funds.beyond_cap(:county, :batch, :cap)"),
        {"county": batch.county_code, "batch": batch.id, "cap": cap.number},
    )
    row = found.one()
    if row.homes_n:
        raise _refused(batch, cap, row.homes_n, row.first_line, row.over_fen)


async def hear_row(tx: AsyncSession, batch: PaymentBatchRow, line: int, on: date) -> None:
    """Refuse that a row which had come back is its household's again, if others were paid up to the cap meanwhile."""
    cap = await of_batch(tx, batch)
    if cap is None or batch.per != "person":
        return
    has_fen = await tx.scalar(
        text("SELECT funds.paid_to_home_of_row(:county, :batch, :line, :on)"),
        {"county": batch.county_code, "batch": batch.id, "line": line, "on": on},
    )
    if has_fen > cap.number:
        raise _refused(batch, cap, 1, line, has_fen - cap.number)


def _refused(
    batch: PaymentBatchRow, cap: PolicyValue, homes_n: int, first_line: int, over_fen: int
) -> OverHouseholdCap:
    return OverHouseholdCap(str(batch.id), batch.entitlement, homes_n, first_line, cap.number, over_fen, cap.source)
