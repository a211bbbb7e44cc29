"""The service's data keys: made at the first start, wrapped in the database, opened with the key from outside it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Database
from chassis.vault import Vault, WrappedKey, unwrap, wrap_new_key
from services.funds_api.tables import DataKeyRow

# Cells, tokens of what rests here, tokens that departments make, tokens by which theirs meet ours (ADR 48).
PURPOSES: Final = ("cell", "token", "exchange", "match")


async def open_vault(database: Database, kek: bytes) -> Vault:
    """The vault of this database; the first process to start makes the keys it lacks, the others wait and read them."""
    async with database.writing("") as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('funds.data_key'))"))
        rows = (await session.scalars(select(DataKeyRow))).all()
        keys = [WrappedKey(row.number, row.purpose, row.wrapped) for row in rows]
        for key in keys:
            unwrap(
                kek, key
            )  # a wrong KEK must add nothing: beside the keys of the right one, no KEK would open them all
        lacking = [purpose for purpose in PURPOSES if all(key.purpose != purpose for key in keys)]
        if made := [wrap_new_key(kek, 1, purpose) for purpose in lacking]:
            await session.execute(
                insert(DataKeyRow).values(
                    [{"number": key.number, "purpose": key.purpose, "wrapped": key.wrapped} for key in made]
                )
            )
    return Vault(kek, [*keys, *made])


async def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


Cells = Annotated[Vault, Depends(_vault)]
