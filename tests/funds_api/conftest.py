"""The county at work, opened anew for each test."""

from __future__ import annotations

import httpx
import pytest

from tests.funds_api.desk import Desk


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()
