"""Leads for tests: inspectors who have declared, a lead between two of them, opinions drawn up and decided."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.callers import Caller, audit_caller

UNIT = "第一镇财政所"
MATTER = "反映该所滞留扶贫资金并以个人账户周转"


def inspector(http: httpx.AsyncClient, county: str, name: str, **claims: Any) -> Caller:
    """One of several inspectors of a county."""
    return audit_caller(http, "inspector", county, subject=f"{name}.{county}", **claims)


def subject(caller: Caller) -> str:
    name: str = caller.claims["subject"]
    return name


async def declared(*callers: Caller, **tie: Any) -> None:
    """Each declares an interest, or that there is none."""
    for caller in callers:
        answer = await caller.post("/audit/v1/interest-declarations", {"kind": "none", **tie})
        assert answer.status_code == 201, answer.text


def lead(county: str, *members: Caller, **more: Any) -> dict[str, Any]:
    return {
        "source": "letter_visit",
        "subject_unit_id": str(uuid4()),
        "subject_unit_name": UNIT,
        "subject_region_code": county + "101",
        "matter": MATTER,
        "received_on": "2019-01-31",
        "members": [subject(one) for one in members],
        **more,
    }


async def referred(county: str, *members: Caller, **more: Any) -> str:
    """A lead whose members have declared that nothing ties them to it; its id."""
    await declared(*members)
    made = await members[0].post("/audit/v1/leads", lead(county, *members, **more))
    assert made.status_code == 201, made.text
    made_id: str = made.json()["id"]
    return made_id


async def leaving(maker: Caller, lead_id: str, person: Caller, **more: Any) -> dict[str, Any]:
    """That somebody leaves a lead, as one member drew it up; the receipt."""
    answer = await maker.post(f"/audit/v1/leads/{lead_id}/departures", {"person": subject(person), **more})
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def decided(checker: Caller, receipt: dict[str, Any], said: str = "agree", **more: Any) -> httpx.Response:
    """What another member says of a departure that was drawn up."""
    url = f"/audit/v1/leads/{receipt['id']}/departures/{receipt['departure_no']}/decision"
    body = {"version_hash": receipt["version_hash"], "decision": said, "opinion": "同意退出", **more}
    return await checker.post(url, body)


async def left(maker: Caller, checker: Caller, lead_id: str, person: Caller, **more: Any) -> None:
    """Somebody leaves a lead, as one member drew up and another agreed."""
    answer = await decided(checker, await leaving(maker, lead_id, person, **more))
    assert answer.status_code == 201, answer.text


async def proposed(maker: Caller, lead_id: str, on: str, **classes: str) -> dict[str, Any]:
    """An opinion that one member drew up; the receipt."""
    answer = await maker.post(f"/audit/v1/leads/{lead_id}/opinions", {"opinion": "拟按此处置", "on": on, **classes})
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def decision(receipt: dict[str, Any], on: str, said: str = "approve") -> dict[str, str]:
    return {"version_hash": receipt["version_hash"], "decision": said, "opinion": "同意", "on": on}


async def disposed(maker: Caller, checker: Caller, lead_id: str, on: str, **classes: str) -> None:
    """An opinion that one member drew up and another approved on the same day."""
    receipt = await proposed(maker, lead_id, on, **classes)
    url = f"/audit/v1/leads/{lead_id}/opinions/{receipt['opinion_no']}/decision"
    answer = await checker.post(url, decision(receipt, on))
    assert answer.status_code == 201, answer.text
