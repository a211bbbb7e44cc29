"""Payments and rejected rows as people may see them: opened, and masked at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.vault import Vault
from services.funds_api.households import masks
from services.funds_api.households.schemas import Role
from services.funds_api.moments import Moment
from services.funds_api.payments.reasons import advice
from services.funds_api.payments.schemas import (
    Batch,
    BatchStatus,
    Payment,
    PaymentStatus,
    Reason,
    RejectedRow,
)
from services.funds_api.tables import PaymentBatchRow, PaymentRow, RejectedRowRow


def batch_of(row: PaymentBatchRow) -> Batch:
    held = {name: getattr(row, name) for name in Batch.model_fields if name != "use"}
    hashes = {name: held[name].hex() if held[name] else None for name in ("file_sha256", "list_sha256")}
    return Batch(**{**held, **hashes}, use=row.use_code)


def payee_name(vault: Vault, county: str, batch: UUID, line: int, cell: bytes) -> str:
    """The masked name in a payment's cell; `batch` is the one it was sealed for: of a part, the whole list."""
    return masks.name(json.loads(vault.open("payment", "payee_cell", f"{county}|{batch}|{line}", cell))["name"])


def is_divided(batch: PaymentBatchRow, moment: Moment) -> bool:
    """Whether it was known at that moment that the rows of a list go on in parts."""
    known = moment.known_at is None or (batch.approved_at is not None and batch.approved_at <= moment.known_at)
    return batch.status == BatchStatus.DIVIDED and known


def status_of(
    paid_on: date | None, reversed_on: date | None, as_of: date, *, withdrawn: bool, divided: bool
) -> PaymentStatus:
    """What the money of a batch has done by `as_of`, by the withdrawal, the payment and the reversal that are known.

    The rows of a divided batch do nothing more; those of its parts do.
    """
    if divided:
        return PaymentStatus.DIVIDED
    if withdrawn:
        return PaymentStatus.WITHDRAWN
    if paid_on is None:
        return PaymentStatus.WAITING
    if reversed_on is not None and reversed_on <= as_of:
        return PaymentStatus.REVERSED
    return PaymentStatus.PAID if paid_on <= as_of else PaymentStatus.SCHEDULED


def payment_of(
    row: PaymentRow,
    batch: PaymentBatchRow,
    vault: Vault,
    moment: Moment,
    paid: Any,
    roles: Mapping[bytes, Role],
    *,
    withdrawn: bool,
    part: UUID | None = None,
) -> Payment:
    """One payment, masked. `paid` is the disbursement of its batch, or None; `roles` are those of its day by token.

    `part` is the batch in which a row of a divided list goes on.
    """
    place = f"{row.county_code}|{batch.part_of or row.batch_id}|{row.line}"
    person = json.loads(vault.open("payment", "payee_cell", place, row.payee_cell))
    return Payment(
        id=f"{row.batch_id}-{row.line}",
        county_code=row.county_code,
        region_code=row.region_code,
        batch_id=row.batch_id,
        line=row.line,
        household_id=row.household_id,
        name=masks.name(person["name"]),
        id_number=masks.tail(person["id_number"]),
        card=masks.tail(person["card"]),
        amount_fen=row.amount_fen,
        entitlement=batch.entitlement,
        fund_code=batch.fund_code,
        document=batch.document,
        effective_on=batch.effective_on,
        status=status_of(
            paid.effective_on if paid else None,
            paid.reversed_on if paid else None,
            moment.as_of,
            withdrawn=withdrawn,
            divided=is_divided(batch, moment),
        ),
        movement_id=paid.id if paid else None,
        payee_role=roles.get(row.payee_token),
        continues_as=f"{part}-{row.line}" if part else None,
    )


def rejected_of(row: RejectedRowRow, vault: Vault) -> RejectedRow:
    """One rejected row, masked, with what can be done about each reason."""
    place = f"{row.county_code}|{row.batch_id}|{row.line}"
    printed = json.loads(vault.open("rejected_row", "row_cell", place, row.row_cell))
    return RejectedRow(
        line=row.line,
        name=masks.name(printed["name"]),
        id_number=masks.tail(printed["id_number"]),
        amount=masks.free_text(printed["amount"]),
        reasons=[Reason(**one, advice=advice(one["code"])) for one in row.reasons],
    )
