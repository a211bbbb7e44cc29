"""Treasury orders, invoices and bank results in SQL, and the sums of the quota chain desk by desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.orders.states import Outcome, Told
from services.funds_api.tables import (
    AccountRow,
    LotRow,
    OrderInvoiceRow,
    OrderResultRow,
    TreasuryOrderRow,
    UnitRow,
)

# By which movement, if any, another was reversed at the moment.
_UNDONE: Final = """(SELECT x.id FROM funds.movement x WHERE x.county_code = :county AND x.reverses_id = {column}
                       AND x.effective_on <= :as_of AND x.position <= :known)"""
# The orders that a caller may see, each with its state at a moment. Whether a movement was reversed is asked of the
# whole county, so the caller's own region is a condition here, not only row-level security.
ORDERS: Final = f"""
  SELECT o.*, om.drawn, om.hold_id,
         r.result, r.bank_serial, r.reason_code, r.effective_on AS result_on, r.movement_id AS result_movement_id,
         u.undone_by, CASE WHEN u.undone_by IS NOT NULL THEN 'reversed' ELSE coalesce(r.result, 'issued') END AS state
    FROM funds.treasury_order o
    JOIN funds.movement om ON om.county_code = :county AND om.id = o.movement_id AND om.position <= :known
    JOIN funds.account b ON b.county_code = :county AND b.id = o.bank_account_id
    JOIN funds.unit bu ON bu.county_code = :county AND bu.id = b.unit_id
    CROSS JOIN LATERAL (SELECT {_UNDONE.format(column="o.movement_id")} AS undone_by) u
    LEFT JOIN LATERAL (
      SELECT s.* FROM funds.order_result s
        JOIN funds.movement sm ON sm.county_code = :county AND sm.id = s.movement_id AND sm.position <= :known
       WHERE s.county_code = :county AND s.order_id = o.id AND s.effective_on <= :as_of
         AND {_UNDONE.format(column="s.movement_id")} IS NULL
       ORDER BY s.attempt DESC LIMIT 1) r ON true
   WHERE o.county_code = :county AND o.effective_on <= :as_of
     AND (CAST(:bank AS text) IS NULL OR bu.name = :bank)
     AND ((o.region_code >= :scope AND o.region_code < :scope || '~')
          OR (o.payee_region >= :scope AND o.payee_region < :scope || '~'))"""
# All that is effective by any day and recorded by now.
NOW: Final = Moment(date(2200, 1, 1), EVERYTHING)


async def bank_account(tx: AsyncSession, who: Principal, county: str, account: UUID) -> Row[AccountRow, str] | None:
    """An account with its unit's name, wherever in the county it lies: a township pays through the county's bank."""
    query = (
        select(AccountRow, UnitRow.name)
        .join(UnitRow, (UnitRow.county_code == AccountRow.county_code) & (UnitRow.id == AccountRow.unit_id))
        .where(AccountRow.county_code == county, AccountRow.id == account)
    )
    async with whole_county(tx, who, county):
        return (await tx.execute(query)).one_or_none()


async def numbered(
    tx: AsyncSession, who: Principal, county: str, fiscal_year: int, key: str
) -> tuple[bool, TreasuryOrderRow | None]:
    """Whether any desk of the county has used the number in the year, and its order if the caller may see it."""
    query = select(TreasuryOrderRow).where(
        TreasuryOrderRow.county_code == county,
        TreasuryOrderRow.fiscal_year == fiscal_year,
        TreasuryOrderRow.order_key == key,
    )
    async with whole_county(tx, who, county):
        used = (await tx.scalars(query)).one_or_none()
    seen = used is not None and used.region_code.startswith(who.region)
    return used is not None, used if seen else None


async def record(tx: AsyncSession, row: dict[str, Any], invoices: Sequence[dict[str, Any]]) -> bool:
    """Write an order and its invoices, if its number is free: whether it was."""
    made = await tx.scalars(
        insert(TreasuryOrderRow).values(row).on_conflict_do_nothing().returning(TreasuryOrderRow.id)
    )
    if made.one_or_none() is None:
        return False
    if invoices:
        await tx.execute(insert(OrderInvoiceRow).values(list(invoices)))
    return True


async def record_result(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(OrderResultRow).values(row))


async def orders(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    bank: str | None,
    state: str | None = None,
    account: UUID | None = None,
    fund: str | None = None,
    order: UUID | None = None,
) -> Sequence[Row[Any]]:
    """Visible orders of a day or before, by id, as they stood at the moment; with `bank`, only that bank's."""
    after = window.key(UUID)
    async with whole_county(tx, who, county):
        found = await tx.execute(
            text(
                f"""
                SELECT * FROM ({ORDERS}) o
                 WHERE (CAST(:state AS text) IS NULL OR o.state = :state)
                   AND (CAST(:account AS uuid) IS NULL OR :account IN (o.from_account_id, o.payee_account_id))
                   AND (CAST(:fund AS text) IS NULL OR o.fund_code = :fund OR (o.fund_code IS NULL AND EXISTS (
                          SELECT FROM funds.lot l WHERE l.county_code = :county AND l.movement_id = o.movement_id
                             AND l.fund_code = :fund)))
                   AND (CAST(:order AS uuid) IS NULL OR o.id = :order)
                   AND (CAST(:after AS uuid) IS NULL OR o.id > :after)
                 ORDER BY o.id LIMIT :limit
                """
            ),
            {
                "county": county,
                **moment.arguments,
                "scope": who.region,
                "bank": bank,
                "state": state,
                "account": account,
                "fund": fund,
                "order": order,
                "after": after[0] if after else None,
                "limit": window.limit + 1,
            },
        )
        return found.all()


async def order(
    tx: AsyncSession, who: Principal, county: str, order_id: UUID, *, bank: str | None, moment: Moment = NOW
) -> Row[Any] | None:
    """One visible order as it stands."""
    rows = await orders(tx, who, county, Window(after=None, limit=1), moment=moment, bank=bank, order=order_id)
    return rows[0] if rows else None


async def invoices(tx: AsyncSession, county: str, order_id: UUID) -> Sequence[OrderInvoiceRow]:
    query = (
        select(OrderInvoiceRow)
        .where(OrderInvoiceRow.county_code == county, OrderInvoiceRow.order_id == order_id)
        .order_by(OrderInvoiceRow.invoice_key)
    )
    return (await tx.scalars(query)).all()


async def by_fund(tx: AsyncSession, who: Principal, county: str, movement: UUID) -> Sequence[Row[str, int]]:
    """What each fund gave to the order of this movement, by fund code."""
    async with whole_county(tx, who, county):
        found = await tx.execute(
            select(LotRow.fund_code, func.sum(LotRow.amount_fen).cast(BigInteger).label("amount_fen"))
            .where(LotRow.county_code == county, LotRow.movement_id == movement)
            .group_by(LotRow.fund_code)
            .order_by(LotRow.fund_code)
        )
        return found.all()


async def reissued_by(tx: AsyncSession, county: str, order_id: UUID) -> UUID | None:
    query = select(TreasuryOrderRow.id).where(
        TreasuryOrderRow.county_code == county, TreasuryOrderRow.reissues_id == order_id
    )
    return (await tx.scalars(query)).one_or_none()


async def results(tx: AsyncSession, county: str, order_id: UUID) -> list[Told]:
    """What the bank reported of an order, in the order of reports."""
    found = await tx.execute(
        text(
            f"""
            SELECT r.*, {_UNDONE.format(column="r.movement_id")} IS NOT NULL AS undone FROM funds.order_result r
             WHERE r.county_code = :county AND r.order_id = :order ORDER BY r.attempt
            """
        ),
        {"county": county, "order": order_id, **NOW.arguments},
    )
    return [_told(row) for row in found]


async def by_serial(tx: AsyncSession, county: str, bank_account: UUID, serial: str) -> Told | None:
    """What this serial of the bank has said, of whatever order."""
    found = await tx.execute(
        text(
            """
            SELECT r.*, false AS undone FROM funds.order_result r
             WHERE r.county_code = :county AND r.bank_account_id = :bank AND r.bank_serial = :serial
            """
        ),
        {"county": county, "bank": bank_account, "serial": serial},
    )
    row = found.one_or_none()
    return None if row is None else _told(row)


def _told(row: Row[Any]) -> Told:
    return Told(
        order_id=str(row.order_id),
        outcome=Outcome(row.result),
        serial=row.bank_serial,
        effective_on=row.effective_on,
        content=bytes(row.content_hash),
        undone=row.undone,
    )


async def lots_in(tx: AsyncSession, county: str, account: UUID, movement: UUID) -> list[UUID]:
    """The lots of an account that a movement made, and those that stand for them after a reversal or carry-over."""
    found = await tx.execute(
        text(
            """
            WITH RECURSIVE standing AS (
              SELECT l.id FROM funds.lot l
               WHERE l.county_code = :county AND l.movement_id = :movement AND l.account_id = :account
              UNION
              SELECT l.id FROM standing s
                JOIN funds.lot l ON l.county_code = :county AND l.account_id = :account AND l.restores_lot_id = s.id)
            SELECT s.id FROM standing s JOIN funds.lot l ON l.county_code = :county AND l.id = s.id
             WHERE l.remaining_fen > 0 ORDER BY s.id
            """
        ),
        {"county": county, "account": account, "movement": movement},
    )
    return list(found.scalars())
