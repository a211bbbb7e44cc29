"""Both followers, each behind the real service it follows; inspectors who dismiss alerts or make findings of them."""

from __future__ import annotations

from typing import Any, Self

import httpx

from chassis.database import Database
from chassis.identity import SigningKey
from services.audit_api.follower import ISSUER, Follower
from services.funds_api.access import FOLLOWER
from services.funds_api.follower import AuditFollower
from tests.audit_api.office import confirmed
from tests.callers import FOLLOWER_KEY, RUNNER_KEY, audit_caller, funds_caller


def _database(http: httpx.AsyncClient) -> Database:
    found: Database = http.app.state.database  # type: ignore[attr-defined]
    return found


def _beside(http: httpx.AsyncClient, url: str) -> httpx.AsyncClient:
    app: Any = http.app  # type: ignore[attr-defined]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=url)


class Both:
    """`hear()` carries what happened to money over to the inspectors; `tell()` what they decided to the money."""

    def __init__(self, funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, county: str) -> None:
        self.county, self.audit_http = county, audit_http
        self._to_funds, self._to_audit = _beside(funds_http, "http://funds"), _beside(audit_http, "http://audit")
        self.audit_follower = Follower(
            _database(audit_http), self._to_funds, SigningKey.from_jwk(FOLLOWER_KEY, ISSUER, "internal+jwt"), [county]
        )
        self._funds_database = _database(funds_http)
        self.inspector = audit_caller(audit_http, "inspector", county)
        self.checker = audit_caller(audit_http, "inspector", county, subject=f"checker.{county}")
        self.asking = funds_caller(funds_http, "inspector", county)
        self.follower = self.fresh()

    def fresh(self) -> AuditFollower:
        """A follower of the inspectors that has forgotten everything it knew."""
        key = SigningKey.from_jwk(RUNNER_KEY, FOLLOWER, "internal+jwt")
        return AuditFollower(self._funds_database, self._to_audit, key, [self.county])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._to_funds.aclose()
        await self._to_audit.aclose()

    async def hear(self) -> None:
        await self.audit_follower.round()
        assert self.audit_follower.stopped == {}

    async def tell(self) -> None:
        await self.follower.round()
        assert self.follower.stopped == {}

    async def alerts(self) -> list[dict[str, Any]]:
        answer = await self.inspector.get("/audit/v1/alerts", params={"limit": 200})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def dismiss(self, alert: str, reason: str = "已核实，系退汇在途") -> None:
        """One inspector refutes the alert, another confirms that."""
        url = f"/audit/v1/alerts/{alert}/refutations"
        answer = await self.inspector.post(url, {"reason": reason, "on": "2017-12-01"})
        assert answer.status_code == 201, answer.text
        [made] = answer.json()["refutations"]
        decision = {
            "version_hash": made["version_hash"],
            "decision": "confirm",
            "opinion": "属实",
            "on": "2017-12-01",
        }
        answer = await self.checker.post(f"{url}/{made['id']}/decision", decision)
        assert answer.status_code == 201, answer.text

    async def finding(self, alerts: list[str], lots: list[tuple[str, int]] | None = None) -> dict[str, Any]:
        """A confirmed finding made of these alerts, bound to all that they saw or to these fen of lots."""
        request: dict[str, Any] = {
            "alert_ids": alerts,
            "class_code": "F01",
            "title": "一镇滞留",
            "facts": "资金到账后未拨付",
            "recorded_facts": [{"what": "资金到账后未拨付"}],
            "found_on": "2017-12-01",
        }
        if lots is not None:
            request["lots"] = [{"lot_id": lot, "amount_fen": fen} for lot, fen in lots]
        return await confirmed(self.inspector, request)

    async def outcomes(self, flag: str, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.asking.get(f"/funds/v1/flags/{flag}/outcomes", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def record(self, rule: str, **asked: Any) -> dict[str, Any]:
        answer = await self.asking.get(f"/funds/v1/rules/{rule}/record", params=asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
