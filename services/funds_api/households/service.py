"""Registering households from a file."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.vault import Vault
from services.funds_api.access import must_hold
from services.funds_api.households import masks, register, store
from services.funds_api.households.register import REASONS, Register
from services.funds_api.households.schemas import Household, ImportAnswer, ImportReason, ImportRejected
from services.funds_api.tables import HouseholdRow
from wire.funds import HouseholdsRegistered

MAX_LISTED: Final = 200


async def register_households(
    tx: AsyncSession, who: Principal, act: Act, vault: Vault, county: str, rows: pl.DataFrame, sha256: bytes
) -> ImportAnswer:
    """Register the valid rows of a file in the caller's county; a known person is sent back, never changed."""
    must_hold(who, county)
    act = act.with_content(sha256)
    await act.claim(tx, county)
    await allow_long_statements(tx)
    rows = await to_thread.run_sync(_with_tokens, rows, vault)
    tokens: list[bytes] = rows["token"].drop_nulls().to_list()
    known = await store.known(tx, county, tokens)
    judged = await to_thread.run_sync(register.judge, rows, await store.villages(tx, county), known)

    if judged.good.height:
        await store.insert(tx, county, await to_thread.run_sync(sealed, judged.good, county, vault))
    answer = _told(county, judged, sha256)
    told = HouseholdsRegistered(county_code=county, registered_n=answer.registered_n, file_sha256=answer.file_sha256)
    await act.record(tx, county, told, answer)
    return answer


def _with_tokens(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    shown = register.valid_numbers(rows)
    pairs = zip(shown["id_number"], shown["valid"], strict=True)
    tokens = [vault.token(number) if valid else None for number, valid in pairs]
    return shown.with_columns(pl.Series("token", tokens, dtype=pl.Binary))


def sealed(good: pl.DataFrame, county: str, vault: Vault) -> list[list[Any]]:
    """The columns of `store.insert`; each person is one cell that opens only in its own row."""
    ids = [new_id() for _ in range(good.height)]
    people = good.select(pl.struct("name", "id_number", "card", "phone").struct.json_encode()).to_series()
    cells = [
        vault.seal("household", "head_cell", f"{county}|{one}", person) for one, person in zip(ids, people, strict=True)
    ]
    return [
        ids,
        good["village"].to_list(),
        good["token"].to_list(),
        cells,
        [int.from_bytes(cell[:2], "big") for cell in cells],
        good["persons_n"].to_list(),
        good["registered_on"].to_list(),
    ]


def _told(county: str, judged: Register, sha256: bytes) -> ImportAnswer:
    return ImportAnswer(
        county_code=county,
        registered_n=judged.good.height,
        rejected_n=len(judged.bad),
        by_reason=judged.by_reason,
        rejected=[
            ImportRejected(line=line, reasons=[ImportReason(code=code, text=REASONS[code]) for code in codes])
            for line, codes in judged.bad[:MAX_LISTED]
        ],
        file_sha256=sha256.hex(),
    )


def household_of(row: HouseholdRow, vault: Vault) -> Household:
    """A household as a list may show it."""
    person = json.loads(vault.open("household", "head_cell", f"{row.county_code}|{row.id}", row.head_cell))
    return Household(
        id=row.id,
        county_code=row.county_code,
        region_code=row.region_code,
        name=masks.name(person["name"]),
        id_number=masks.tail(person["id_number"]),
        card=masks.tail(person["card"]),
        phone=masks.phone(person["phone"]),
        persons_n=row.persons_n,
        registered_on=row.registered_on,
        removed_on=row.removed_on,
    )
