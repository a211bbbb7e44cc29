"""A county at work and its inspectors, each side hearing of the other by the real feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.database import Database
from services.audit_api.extracts import questions
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import finding
from tests.audit_api.test_finding import alerted
from tests.callers import audit_caller
from tests.contract.decided import Both
from tests.contract.extracting import Case, asking
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


@pytest.fixture
async def both(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, desk: Desk, county: str
) -> AsyncIterator[Both]:
    """Two townships sit on 300,000 and 100,000 fen, each asked about once, and the inspectors have heard of it."""
    for fen, to in ((300_000, desk.first), (100_000, desk.second)):
        assert (await desk.out(fen, to, "2017-05-01")).status_code == 201
    async with Both(funds_http, audit_http, county) as opened:
        await run_rules(funds_http, county, "2017-11-30", "R19")
        await opened.hear()
        yield opened


@pytest.fixture
async def case(
    funds_http: httpx.AsyncClient,
    audit_http: httpx.AsyncClient,
    county: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Case]:
    """audit_api that asks funds_api itself; an instant is settled at once, since nobody else writes meanwhile."""
    monkeypatch.setattr(questions, "SETTLED", timedelta(0))
    database: Database = audit_http.app.state.database  # type: ignore[attr-defined]
    app: Any = funds_http.app  # type: ignore[attr-defined]
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(FakeFeed(), database, county, uuid4())
    opened = (await inspector.post("/audit/v1/findings", finding(alert_id))).json()["id"]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://funds") as http:
        with asking(audit_http, http):
            yield Case(funds_http, county, inspector, opened)
