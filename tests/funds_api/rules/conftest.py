"""A township with money, households and a household account, opened anew for each test."""

from __future__ import annotations

import httpx
import pytest

from tests.funds_api.people import Township


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()
