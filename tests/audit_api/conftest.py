"""What the tests of audit_api share: the service's database, a feed made by hand, and a finding on its alert."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from chassis.database import Database
from tests.audit_api.engaged import Office
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.journals import books
from tests.audit_api.ordering import Desk


@pytest.fixture
def database(audit_http: httpx.AsyncClient) -> Database:
    return audit_http.app.state.database  # type: ignore[attr-defined]


@pytest.fixture
def feed() -> FakeFeed:
    return FakeFeed()


@pytest.fixture
def office(audit_http: httpx.AsyncClient, county: str) -> Office:
    return Office(audit_http, county)


@pytest.fixture
def no_books(audit_http: httpx.AsyncClient) -> Iterator[list[httpx.URL]]:
    """Books that know no row of what they are asked about; the questions."""
    with books(audit_http) as asked:
        yield asked


@pytest.fixture
def desk(audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> Desk:
    return Desk(audit_http, database, feed, county)
