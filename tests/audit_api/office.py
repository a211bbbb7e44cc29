"""An audit office in tests: one inspector draws findings and orders up, another confirms and issues them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx

from services.audit_api.findings.content import hash_of
from tests.callers import Caller, audit_caller

CHECKER = "checker"
ORDERS = "/audit/v1/rectification-orders"


@contextlib.contextmanager
def all_there(http: httpx.AsyncClient) -> Iterator[None]:
    """funds_api has whatever is asked about, for as long as the block lasts, and knows no figure of it."""

    def answer(request: httpx.Request) -> httpx.Response:
        items = []
        for one in request.url.params.get_list("named"):
            kind, subject, *line = one.split(":")
            items.append({"kind": kind, "id": subject, "line": int(line[0]) if line else None, "amount_fen": None})
        return httpx.Response(200, json={"items": items})

    state: Any = http.app.state  # type: ignore[attr-defined]
    books = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://funds")
    before, state.ledger = state.ledger, replace(state.ledger, http=books)
    try:
        yield
    finally:
        state.ledger = before


def finding(*alert_ids: str, **more: Any) -> dict[str, Any]:
    """The draft of a finding on alerts, with one recorded fact."""
    return {
        "alert_ids": list(alert_ids),
        "class_code": "F01",
        "title": "第一镇滞留扶贫资金",
        "facts": "截至 2017-10-31，资金滞留 90 天",
        "recorded_facts": [{"what": "资金到账后未拨付", "from_on": "2017-08-02", "to_on": "2017-10-31"}],
        "found_on": "2017-11-01",
        **more,
    }


def decision(drafted: dict[str, Any], choice: str = "confirm", **more: Any) -> dict[str, Any]:
    """What a second person says of a draft, as its receipt names it."""
    return {
        "version_hash": drafted["version_hash"],
        "decision": choice,
        "opinion": "事实清楚",
        "on": drafted["found_on"],
        **more,
    }


def checker(http: httpx.AsyncClient, county: str) -> Caller:
    """The inspector of a county who confirms what others draw up."""
    return audit_caller(http, "inspector", county, subject=CHECKER)


async def confirmed(inspector: Caller, request: dict[str, Any], county: str = "") -> dict[str, Any]:
    """A finding drawn up by `inspector` and confirmed by another; its receipt."""
    place = county or inspector.region
    query = {"county": place}
    drafted = await inspector.post("/audit/v1/findings", request, params=query)
    assert drafted.status_code == 201, drafted.text
    return await confirmed_draft(inspector.http, place, drafted.json())


async def confirmed_draft(http: httpx.AsyncClient, county: str, drafted: dict[str, Any]) -> dict[str, Any]:
    """A draft confirmed by another than whoever drew it up; its receipt."""
    url = f"/audit/v1/findings/{drafted['id']}/reviews"
    answer = await checker(http, county).post(url, decision(drafted))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def issued(inspector: Caller, request: dict[str, Any]) -> dict[str, Any]:
    """An order drawn up by `inspector` and issued by another on the same day; the order as it stood then."""
    query = {"county": request["region_code"][:6]}
    drawn = await inspector.post(ORDERS, request, params=query)
    assert drawn.status_code == 201, drawn.text
    answer = await checker(inspector.http, query["county"]).post(
        f"{ORDERS}/{drawn.json()['id']}/decision", issuing(drawn.json())
    )
    assert answer.status_code == 201, answer.text
    seen = await inspector.get(f"{ORDERS}/{drawn.json()['id']}", params={"as_of": request["on"], **query})
    assert seen.status_code == 200, seen.text
    order: dict[str, Any] = seen.json()
    return order


def issuing(drawn: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a second person says of an order that was drawn up, on the same day."""
    said = {"decision": "issue", "opinion": "同意下达", "on": drawn["drawn_on"]}
    return {"version_hash": drawn["version_hash"], **said, **more}


def respelled(version: dict[str, Any]) -> str:
    """The hash of a version, worked out from what is told of it."""
    return hash_of(
        {
            **version,
            "found_on": date.fromisoformat(version["found_on"]),
            "published": said(version["published"] or {}) or None,
        },
        version["recorded_facts"],
        [{**subject, "subject_id": subject["id"]} for subject in version["subjects"]],
    )


def said(published: dict[str, Any]) -> dict[str, Any]:
    """What was published, without what was not."""
    told = {name: said(value) if isinstance(value, dict) else value for name, value in published.items()}
    return {name: value for name, value in told.items() if value not in (None, False, {})}
