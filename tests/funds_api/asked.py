"""Asking the rules in tests: over HTTP with the real runner, or one rule's query beside its judgement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import httpx

from chassis import clock
from services.funds_api.flags.asking import Judged, ask
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Policy, Rule
from services.funds_api.flags.store import Place
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.policies import store as policies
from services.funds_api.runs.runner import Runner
from tests.callers import funds_caller


def database(http: httpx.AsyncClient) -> Any:
    """The service's own database, as its role sees it."""
    return http.app.state.database  # type: ignore[attr-defined]


def runner(http: httpx.AsyncClient, county: str, at: datetime | None = None) -> Runner:
    """The real runner, of one county, on its own clock or at an instant."""
    return Runner(database(http), [county], every_day=False, now=clock.now if at is None else lambda: at)


async def run_rules(
    http: httpx.AsyncClient,
    county: str,
    as_of: str,
    *rules: str,
    role: str = "inspector",
    region: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """Ask for a run, let the runner finish it (now, or at an instant), and read what it found."""
    who = funds_caller(http, role, county)
    body: dict[str, Any] = {"as_of": as_of, "rules": list(rules) or None, "region": region or None}
    answer = await who.post("/funds/v1/rule-runs", {name: value for name, value in body.items() if value})
    assert answer.status_code == 202, answer.text
    await runner(http, county, at).round()
    found = await who.get(f"/funds/v1/rule-runs/{answer.json()['id']}")
    assert found.status_code == 200, found.text
    assert found.json()["ended_at"], found.text
    return dict(found.json())


async def flags_of(http: httpx.AsyncClient, county: str, rule: str, **asked: Any) -> list[dict[str, Any]]:
    """All flags of a rule that the county's inspector sees."""
    answer = await funds_caller(http, "inspector", county).get(
        "/funds/v1/flags", params={"rule": rule, "limit": 200, **asked}
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def ask_rule(
    http: httpx.AsyncClient, county: str, code: str | Rule, as_of: str, region: str = "", known: int = EVERYTHING
) -> Judged:
    """What one rule sees and says by what was known at a position of the journal, with nothing written."""
    rule = RULES[code] if isinstance(code, str) else code
    async with database(http).reading(county) as tx:
        policy = Policy(await policies.values(tx), county)
        moment = Moment(date.fromisoformat(as_of), known)
        return await ask(tx, rule, Place(county, region or county), moment, policy)
