"""A county whose inspectors draw extracts of its real books, and what they ask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx

from chassis.identity import SigningKey
from services.audit_api.ledger import ISSUER, Ledger
from tests.callers import AUDIT_KEY, Caller, funds_caller
from tests.factories import open_account, receive


class Case:
    """A county with money of March, an inspector with a finding, and the finding's extracts."""

    def __init__(self, funds: httpx.AsyncClient, county: str, inspector: Caller, finding_id: str) -> None:
        self.funds, self.county, self.inspector = funds, county, inspector
        self.path = f"/audit/v1/findings/{finding_id}/extracts"
        self.finding_id = finding_id

    async def draw(self, what: str, about: str, **more: Any) -> httpx.Response:
        asked = {"what": what, "about": about, "as_of": "2017-12-31", **more.pop("asked", {})}
        return await self.inspector.post(self.path, asked, **more)

    async def recheck(self, extract: str) -> dict[str, Any]:
        answer = await self.inspector.get(f"{self.path}/{extract}/recheck")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextlib.contextmanager
def asking(audit_http: httpx.AsyncClient, http: httpx.AsyncClient) -> Iterator[None]:
    """audit_api asks whoever is behind `http` for as long as the block lasts."""
    state: Any = audit_http.app.state  # type: ignore[attr-defined]
    before, state.ledger = state.ledger, Ledger(http, SigningKey.from_jwk(AUDIT_KEY, ISSUER, "internal+jwt"))
    try:
        yield
    finally:
        state.ledger = before


async def resting(case: Case) -> tuple[str, str, str]:
    """400,000 fen in the county's treasury: its account, its tranche and its lot."""
    treasury = await open_account(case.funds, case.county, "treasury", "县国库")
    await receive(case.funds, case.county, treasury, 400_000, "2017-03-01")
    clerk = funds_caller(case.funds, "finance_clerk", case.county)
    [tranche] = (await clerk.get("/funds/v1/tranches")).json()["items"]
    [lot] = (await clerk.get("/funds/v1/lots")).json()["items"]
    return treasury, tranche["id"], lot["id"]
