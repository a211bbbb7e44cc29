"""What a person decides of a flag in funds_api reaches its alert, which waits no more; nothing comes back of it."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.audit_api.ordering import done
from tests.contract.decided import Both
from tests.funds_api.test_known_at import now

REFUTED = {"outcome": "refuted", "reason": "系质保金", "document": "核查1号", "decided_on": "2017-12-01"}
REOPENED = {"outcome": "reopened", "reason": "有新情况", "document": "核查2号", "decided_on": "2017-12-03"}
CONFIRMED = {"outcome": "confirmed", "reason": "属实", "document": "核查3号", "decided_on": "2017-12-04"}
ALERTS = "/audit/v1/alerts"


async def decide(both: Both, flag: str, outcome: dict[str, Any], **more: Any) -> None:
    answer = await both.asking.post(f"/funds/v1/flags/{flag}/outcome", {**outcome, **more})
    assert answer.status_code == 201, answer.text


async def settled(both: Both) -> None:
    """Each side has heard all that the other says of it."""
    for _ in range(3):
        await both.hear()
        await both.tell()


async def one(both: Both, alert: str, **asked: Any) -> dict[str, Any]:
    return done(await both.inspector.get(f"{ALERTS}/{alert}", params=asked))


async def listed(both: Both, **asked: Any) -> set[str]:
    return {one["id"] for one in done(await both.inspector.get(ALERTS, params=asked))["items"]}


async def flags(both: Both) -> list[str]:
    """The alerts about the money that was handed down, the larger first; the others were decided before."""
    found = {one["amount_fen"]: str(one["id"]) for one in await both.alerts()}
    wanted = [found.pop(300_000), found.pop(100_000)]
    for other in found.values():
        await decide(both, other, CONFIRMED)
    await settled(both)
    assert await listed(both, status="new") == set(wanted)
    return wanted


async def heads(admin: asyncpg.Pool, county: str) -> list[int]:
    return [
        await admin.fetchval(f"SELECT position FROM {schema}.stream_head WHERE stream = $1", county)
        for schema in ("funds", "audit")
    ]


async def test_an_alert_leaves_those_that_wait_with_what_was_decided_and_comes_back_when_it_is_asked_again(
    both: Both, admin: asyncpg.Pool
) -> None:
    alert, other = await flags(both)
    before = now()
    await decide(both, alert, REFUTED)
    await settled(both)
    heard = await one(both, alert)
    assert (heard["status"], heard["dismissed_by"]) == ("decided", None)
    assert heard["flag_outcome"] == {
        "seq": 1,
        "outcome": "refuted",
        "document": "核查1号",
        "decided_on": "2017-12-01",
        "decided_by": f"inspector.{both.county}",
        "recovered_fen": 0,
    }
    assert await listed(both, status="new") == {other}
    assert alert in await listed(both, status="decided")
    # By the day, and as it was known.
    assert await listed(both, status="decided", as_of="2017-11-30") == set()
    assert alert in await listed(both, status="new", known_at=before)
    assert (await one(both, alert, known_at=before))["flag_outcome"] is None
    # Nothing of it is told back: both journals rest.
    rest = await heads(admin, both.county)
    await settled(both)
    assert await heads(admin, both.county) == rest
    assert [one["outcome"] for one in await both.outcomes(alert)] == ["refuted"]
    decided_at = now()
    await decide(both, alert, REOPENED)
    await settled(both)
    again = await one(both, alert)
    assert (again["status"], again["flag_outcome"], len(again["outcomes"])) == ("new", None, 2)
    assert (await one(both, alert, known_at=decided_at))["status"] == "decided"
    assert (await one(both, alert, as_of="2017-12-02"))["status"] == "decided"
    await decide(both, alert, CONFIRMED, recovered_fen=1_000)
    await settled(both)
    assert (await one(both, alert))["flag_outcome"]["recovered_fen"] == 1_000
    assert alert in await listed(both, status="decided")


async def test_what_is_decided_there_binds_no_inspector(both: Both) -> None:
    first, second = await flags(both)
    for alert in (first, second):
        await decide(both, alert, REFUTED)
    await settled(both)
    await both.finding([first])
    await both.dismiss(second)
    await settled(both)
    assert [(await one(both, alert))["status"] for alert in (first, second)] == ["taken_up", "dismissed"]
    # Nor does it undo what they decided, however often the flag is asked again.
    for alert in (first, second):
        await decide(both, alert, REOPENED)
        await decide(both, alert, CONFIRMED)
    await settled(both)
    assert [(await one(both, alert))["status"] for alert in (first, second)] == ["taken_up", "dismissed"]
    assert [len((await one(both, alert))["outcomes"]) for alert in (first, second)] == [3, 3]
    assert (await one(both, first))["flag_outcome"]["outcome"] == "confirmed"
