"""Judged rows as they rest: each person in one cell that opens only in its own row, laid out for the database.

Good rows become the bytes of a binary COPY, made beside the event loop while PostgreSQL takes the piece before;
rejected rows become arrays. Pure but for the vault's random nonces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final
from uuid import UUID

import polars as pl

from chassis.vault import MARK_BYTES, Vault
from services.funds_api.payments.check import Rejected

# The columns of `payment`, in the order in which `copied` writes them.
PAYMENT_COLUMNS: Final = (
    "county_code",
    "batch_id",
    "line",
    "region_code",
    "household_id",
    "payee_token",
    "payee_cell",
    "amount_fen",
    "cum_fen",
    "card_token",
)
# PostgreSQL's binary COPY: a signature, flags and the length of an extension, both zero; per row the number of fields,
# and before each field its length in bytes; −1 in place of a row ends it (manual of COPY, “Binary Format”).
_START: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_FIELDS: Final = Struct(">h")
_LENGTH: Final = Struct(">i")
_NULL: Final = -1


def _field(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


def payments(good: pl.DataFrame, county: str, batch_id: UUID, vault: Vault) -> bytes:
    """Good rows of a batch as the bytes of one COPY into PAYMENT_COLUMNS."""
    written = good.select(
        place=pl.concat_str(pl.lit(f"{county}|{batch_id}|"), "line").cast(pl.Binary),
        person=pl.struct("name", "id_number", "card").struct.json_encode().cast(pl.Binary),
    )
    cells = vault.seal_all("payment", "payee_cell", written["place"].to_list(), written["person"].to_list())
    digits = good["card"].str.replace_all(r"[^0-9]", "")
    cards = vault.marks("card", (one or None for one in digits.to_list()))
    return copied(good, cells, cards, county, batch_id)


def copied(rows: pl.DataFrame, cells: list[bytes], cards: list[bytes | None], county: str, batch_id: UUID) -> bytes:
    """Rows of one batch (line, household, household_region, token, amount_fen, cum_fen), cells and marks as a COPY."""
    start = _FIELDS.pack(len(PAYMENT_COLUMNS)) + _field(county.encode()) + _field(batch_id.bytes) + _LENGTH.pack(4)
    regions = {region: _field(region.encode()) for region in rows["household_region"].unique()}
    laid: dict[tuple[int, int, bool], Callable[..., bytes]] = {}
    parts = [_START]
    # One call for a row, by a layout kept for its lengths: field by field this took longer than encrypting it.
    for line, region, home, token, cell, amount_fen, cum_fen, card in zip(
        *(rows[name].to_list() for name in ("line", "household_region", "household", "token")),
        cells,
        *(rows[name].to_list() for name in ("amount_fen", "cum_fen")),
        cards,
        strict=True,
    ):
        place, sealed_n = regions[region], len(cell)
        lengths = len(place), sealed_n, card is None
        if (pack := laid.get(lengths)) is None:
            last = "i" if card is None else f"i{MARK_BYTES}s"
            pack = laid[lengths] = Struct(f">{len(start)}si{len(place)}si16si16si{sealed_n}siqiq{last}").pack
        known = (_NULL,) if card is None else (MARK_BYTES, card)
        parts.append(pack(start, line, place, 16, home, 16, token, sealed_n, cell, 8, amount_fen, 8, cum_fen, *known))
    parts.append(_END)
    return b"".join(parts)


def rejected(rows: Iterable[Rejected], county: str, batch_id: UUID, vault: Vault) -> list[tuple[int, str, bytes]]:
    """Rejected rows as line, reasons as JSON in the clear, and what was written as ciphertext."""
    return [
        (
            row.line,
            json.dumps(row.reasons, ensure_ascii=False),
            vault.seal(
                "rejected_row",
                "row_cell",
                f"{county}|{batch_id}|{row.line}",
                json.dumps(row.printed, ensure_ascii=False),
            ),
        )
        for row in rows
    ]
