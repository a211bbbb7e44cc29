"""Orders for tests: a finding on its alert, an order on it, and the two people who ask for closure and review it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from chassis.database import Database
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.test_finding import alerted, ordered
from tests.callers import Caller, audit_caller

ORDERS = "/audit/v1/rectification-orders"
STAGES = [
    {"task": "制定方案", "deadline": "2017-11-05"},
    {"task": "拨付到户", "deadline": "2017-11-15"},
]


class Desk:
    """One county's desk: three inspectors, a clerk of the township that is addressed, and one of its neighbour."""

    def __init__(self, http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> None:
        self.http, self.database, self.feed, self.county = http, database, feed, county
        self.inspector = audit_caller(http, "inspector", county)
        self.second = audit_caller(http, "inspector", county, subject="inspector.two")
        self.third = audit_caller(http, "inspector", county, subject="inspector.three")
        self.clerk = audit_caller(http, "township_clerk", county + "101")
        self.neighbour = audit_caller(http, "township_clerk", county + "102")
        self.bureau = audit_caller(http, "finance_clerk", county)

    async def ordered(self, **more: Any) -> tuple[str, str]:
        """A finding with one order of 2017-11-02 to be done by 2017-11-17; (finding, order)."""
        [alert_id] = await alerted(self.feed, self.database, self.county, uuid4())
        return await ordered(self.inspector, self.county, alert_id, **more)

    async def seen(self, order_id: str, **query: Any) -> dict[str, Any]:
        """The order as the inspector reads it; by default at the end of 2017."""
        return done(await self.inspector.get(f"{ORDERS}/{order_id}", params={"as_of": "2017-12-31", **query}))

    async def asked(self, order_id: str, on: str = "2017-11-10", **more: Any) -> dict[str, Any]:
        """Closure asked for by the clerk."""
        body = {"explanation": "已全部拨付", "on": on, **more}
        return done(await self.clerk.post(f"{ORDERS}/{order_id}/closure-requests", body))

    async def closed(self, order_id: str, on: str = "2017-11-11", *, asked_on: str | None = None) -> dict[str, Any]:
        """Closure asked for by the clerk and agreed to by the inspector."""
        asked = await self.asked(order_id, asked_on or on)
        return done(await self.reviewed(self.inspector, asked, on))

    async def decided(self, who: Caller, url: str, drawn: Mapping[str, Any], decision: str, on: str) -> httpx.Response:
        """A decision on what was drawn up, over its version."""
        body = {"version_hash": drawn["version_hash"], "decision": decision, "opinion": "属实", "on": on}
        return await who.post(f"{url}/{drawn['id']}/decision", body)

    async def supervised(self, order_id: str, notice: dict[str, Any]) -> dict[str, Any]:
        """A notice that the inspector drew up and the second sent on the same day; the order."""
        url = f"{ORDERS}/{order_id}/supervisions"
        drawn = done(await self.inspector.post(url, notice))["supervisions"][-1]
        return done(await self.decided(self.second, url, drawn, "send", notice["on"]))

    async def looked_back(self, order_id: str, seen: dict[str, Any]) -> dict[str, Any]:
        """What the second saw at an order that the inspector closed, and the third confirmed; the order."""
        url = f"{ORDERS}/{order_id}/look-backs"
        drawn = done(await self.second.post(url, seen))["look_backs"][-1]
        return done(await self.decided(self.third, url, drawn, "confirm", seen["on"]))

    async def reviewed(self, who: Caller, asked: Mapping[str, Any], on: str, decision: str = "close") -> httpx.Response:
        body = {"version_hash": asked["version_hash"], "decision": decision, "opinion": "属实", "on": on}
        return await who.post(f"{ORDERS}/{asked['id']}/reviews", body)


def done(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code in {200, 201}, response.text
    answer: dict[str, Any] = response.json()
    return answer
