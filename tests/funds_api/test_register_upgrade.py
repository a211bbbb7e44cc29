"""Households of the first release become households with people, days and acts; their cells still open."""

from __future__ import annotations

import json
import os
from datetime import date

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.vault import CellUnreadable, Vault, wrap_new_key
from deploy.onebox.bootstrap import alembic, make_room
from services.funds_api.households import people
from services.funds_api.tables import PersonRow

KEK = b"k" * 32
COUNTY = "990001"


async def test_registered_heads_become_persons_who_open_as_before(server: str) -> None:
    name = f"qingliu_upgrade_{os.getpid()}"
    url = await make_room(server, name)
    alembic(url, "funds", "upgrade", "0005")
    vault = Vault(KEK, [wrap_new_key(KEK, 1, "cell"), wrap_new_key(KEK, 1, "token")])
    connection = await asyncpg.connect(url)
    told = {"name": "张三", "id_number": "99", "card": None, "phone": None}
    ids = [new_id(), new_id()]
    for at, (one, removed) in enumerate(zip(ids, (None, date(2017, 5, 1)), strict=True)):
        cell = vault.seal("household", "head_cell", f"{COUNTY}|{one}", json.dumps(told))
        await connection.execute(
            "INSERT INTO funds.household (county_code, id, region_code, head_token, head_cell, key_number, persons_n,"
            " registered_on, removed_on) VALUES ($1, $2, $3, $4, $5, 1, 3, '2016-01-01', $6)",
            COUNTY, one, COUNTY + "101201", vault.token(str(at)), cell, removed,
        )  # fmt: skip
    await connection.close()
    alembic(url, "funds", "upgrade", "0054")
    connection = await asyncpg.connect(url)  # as a register left people whom it brought into a household that was gone
    await connection.execute("UPDATE funds.person SET settled_on = since_on, region_code = $1", COUNTY + "102201")
    await connection.close()
    alembic(url, "funds", "upgrade", "head")
    connection = await asyncpg.connect(url)
    try:
        persons = await connection.fetch("SELECT * FROM funds.person ORDER BY id")
        assert [(row["id"], row["household_id"], row["role"]) for row in persons] == [
            (one, one, "head") for one in sorted(ids)
        ]
        for row in persons:
            assert people.opened(vault, PersonRow(**dict(row))) == told
        with pytest.raises(CellUnreadable):
            people.opened(
                vault, PersonRow(**{**dict(persons[0]), "id": ids[0] if persons[0]["id"] != ids[0] else ids[1]})
            )
        assert {row["region_code"] for row in persons} == {COUNTY + "101201"}
        assert {row["settled_on"] for row in persons} == {date(2016, 1, 1), None}
        stands = await connection.fetch(
            "SELECT h.id, h.standing, h.settled_on, s.from_on FROM funds.household h"
            " LEFT JOIN funds.standing s ON s.household_id = h.id ORDER BY h.removed_on NULLS FIRST"
        )
        assert [tuple(row)[1:] for row in stands] == [
            ("registered", date(2016, 1, 1), None),
            ("removed", date(2017, 5, 1), date(2017, 5, 1)),
        ]
        assert (
            await connection.fetchval(
                "SELECT count(*) FROM funds.membership m JOIN funds.registry_act USING (county_code)"
            )
            == 2
        )
    finally:
        await connection.close()
        admin = await asyncpg.connect(server)
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()
