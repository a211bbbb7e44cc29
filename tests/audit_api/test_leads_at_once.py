"""Members who act at once: whoever is quicker, a lead is never left to nobody and nobody who is tied to it stays."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import httpx

from tests.audit_api.casework import decided, decision, declared, inspector, leaving, proposed, referred, subject

STANDING = "SELECT person FROM audit.lead_member WHERE lead_id = $1::uuid AND until_on IS NULL ORDER BY person"


async def standing(admin: asyncpg.Pool, lead_id: str) -> list[str]:
    return [row["person"] for row in await admin.fetch(STANDING, lead_id)]


async def test_of_two_last_members_one_stays(audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    for _ in range(5):
        lead_id = await referred(county, an, bo)
        leave_an, leave_bo = await leaving(an, lead_id, an), await leaving(bo, lead_id, bo)
        both = await asyncio.gather(decided(bo, leave_an), decided(an, leave_bo))
        assert sorted(one.status_code for one in both) == [201, 404], "who has left decides nothing"
        assert len(await standing(admin, lead_id)) == 1


async def test_of_two_who_declare_the_same_tie_one_needs_a_successor(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    for number in range(5):
        an, bo = (inspector(audit_http, county, f"{name}{number}") for name in ("an", "bo"))
        unit = str(uuid4())
        lead_id = await referred(county, an, bo, subject_unit_id=unit)
        tie = {"kind": "unit", "related_unit_id": unit, "related_unit_name": "他名", "relation": "kin"}
        both = await asyncio.gather(*(one.post("/audit/v1/interest-declarations", tie) for one in (an, bo)))
        assert sorted(one.status_code for one in both) == [201, 409]
        kept = await standing(admin, lead_id)
        assert len(kept) == 1
        refused = both[[subject(an), subject(bo)].index(kept[0])]
        assert refused.json()["type"] == "/problems/last-member"


async def test_nobody_who_declares_a_tie_while_being_appointed_stays(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    an = inspector(audit_http, county, "an")
    for number in range(8):
        cai = inspector(audit_http, county, f"cai{number}")
        await declared(cai)
        unit = str(uuid4())
        lead_id = await referred(county, an, subject_unit_id=unit)
        tie = {"kind": "unit", "related_unit_id": unit, "related_unit_name": "他名", "relation": "kin"}
        appointed, told = await asyncio.gather(
            an.post(f"/audit/v1/leads/{lead_id}/members", {"person": subject(cai)}),
            cai.post("/audit/v1/interest-declarations", tie),
        )
        assert {appointed.status_code, told.status_code} <= {201, 403, 409}
        assert 201 in {appointed.status_code, told.status_code}
        if told.status_code == 201:
            assert await standing(admin, lead_id) == [subject(an)]
        else:
            assert (await cai.post("/audit/v1/interest-declarations", tie)).json()["ended_leads"] == [lead_id]


async def test_an_opinion_is_decided_once(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo, cai = (inspector(audit_http, county, name) for name in ("an", "bo", "cai"))
    lead_id = await referred(county, an, bo, cai)
    receipt = await proposed(an, lead_id, "2019-02-01", disposition="preliminary_check")
    url = f"/audit/v1/leads/{lead_id}/opinions"
    both = await asyncio.gather(
        bo.post(f"{url}/1/decision", decision(receipt, "2019-02-01")),
        cai.post(f"{url}/1/decision", decision(receipt, "2019-02-01", "send_back")),
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    drawn = {"opinion": "拟", "on": "2019-02-01", "disposition": "closed"}
    several = await asyncio.gather(*(one.post(url, drawn) for one in (an, bo, cai)))
    assert sorted(one.status_code for one in several) == [201, 409, 409]
