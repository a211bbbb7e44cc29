"""Payments and rejected rows as people may see them: opened, masked at once, and laid out as files a clerk can open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import xlsxwriter

from chassis.vault import Vault
from services.funds_api.households import masks
from services.funds_api.households.schemas import Role
from services.funds_api.payments.reasons import advice
from services.funds_api.payments.schemas import (
    BatchStatus,
    Payment,
    PaymentStatus,
    Reason,
    RejectedRow,
)
from services.funds_api.tables import PaymentBatchRow, PaymentRow, RejectedRowRow

HEADINGS: Final = ("行号", "姓名", "身份证号", "金额", "原因", "如何处理")
_WIDTHS: Final = (8, 10, 16, 14, 60, 60)
# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n|＝＋－＠")


def harmless(text: str) -> str:
    """Text that no spreadsheet will run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def payee_name(vault: Vault, county: str, batch: UUID, line: int, cell: bytes) -> str:
    """The masked name in a payment's cell."""
    return masks.name(json.loads(vault.open("payment", "payee_cell", f"{county}|{batch}|{line}", cell))["name"])


def status_of(batch: PaymentBatchRow, paid_on: date | None, reversed_on: date | None, as_of: date) -> PaymentStatus:
    """What the money of a batch has done by `as_of`, by the payment and the reversal that are known."""
    if batch.status == BatchStatus.WITHDRAWN:
        return PaymentStatus.WITHDRAWN
    if paid_on is None:
        return PaymentStatus.WAITING
    if reversed_on is not None and reversed_on <= as_of:
        return PaymentStatus.REVERSED
    return PaymentStatus.PAID if paid_on <= as_of else PaymentStatus.SCHEDULED


def payment_of(
    row: PaymentRow, batch: PaymentBatchRow, vault: Vault, as_of: date, paid: Any, roles: Mapping[bytes, Role]
) -> Payment:
    """One payment, masked. `paid` is the disbursement of its batch, or None; `roles` are those of its day by token."""
    place = f"{row.county_code}|{row.batch_id}|{row.line}"
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
        status=status_of(batch, paid.effective_on if paid else None, paid.reversed_on if paid else None, as_of),
        movement_id=paid.id if paid else None,
        payee_role=roles.get(row.payee_token),
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


def _cells(rows: Iterable[RejectedRow]) -> Iterable[tuple[int, list[str]]]:
    for row in rows:
        why = "；".join(one.text for one in row.reasons)
        how = "；".join(dict.fromkeys(one.advice for one in row.reasons))
        yield row.line, [harmless(text) for text in (row.name, row.id_number, row.amount, why, how)]


def as_csv(rows: Sequence[RejectedRow]) -> bytes:
    """UTF-8 with BOM, so that Excel reads the Chinese; formulas neutralised."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADINGS)
    writer.writerows([line, *texts] for line, texts in _cells(rows))
    return b"\xef\xbb\xbf" + sheet.getvalue().encode()


def as_xlsx(rows: Sequence[RejectedRow]) -> bytes:
    """A workbook with one sheet; every text is written as text, never as a formula, a number or a link."""
    book = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(book, options) as workbook:
        sheet = workbook.add_worksheet("退回行")
        bold = workbook.add_format({"bold": True, "bg_color": "#DDEBF7"})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        for at, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, heading, bold)
        sheet.freeze_panes(1, 0)
        for place, (line, texts) in enumerate(_cells(rows), start=1):
            sheet.write_number(place, 0, line, wrapped)
            for at, text in enumerate(texts, start=1):
                sheet.write_string(place, at, text, wrapped)
    return book.getvalue()
