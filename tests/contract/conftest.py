"""A county at work and its inspectors, each side hearing of the other by the real feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.contract.decided import Both
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
