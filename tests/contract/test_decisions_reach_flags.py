"""What inspectors decide moves the records of rules: the real feed of audit_api, followed by the real runner's task."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import cursors
from tests.contract.decided import Both
from tests.funds_api.desk import Desk
from tests.funds_api.test_known_at import now


async def flags(both: Both) -> tuple[dict[str, Any], dict[str, Any]]:
    """The alerts about the money that was handed down: of 300,000 and of 100,000."""
    found = {one["amount_fen"]: one for one in await both.alerts() if one["amount_fen"] in {300_000, 100_000}}
    return found[300_000], found[100_000]


def counts(told: dict[str, Any]) -> tuple[Any, ...]:
    names = ("confirmed_n", "refuted_n", "precision_ppm", "confirmed_fen", "recovered_fen")
    return tuple(told[name] for name in names)


async def test_a_dismissed_alert_refutes_its_flag_without_saying_why(both: Both, admin: asyncpg.Pool) -> None:
    large, small = await flags(both)
    assert counts(await both.record("R19")) == (0, 0, None, 0, 0)
    before = now()
    await both.dismiss(large["id"], reason="张三已说明去向")
    await both.tell()
    [told] = await both.outcomes(large["id"])
    assert (told["outcome"], told["decided_by"], told["confirmed_fen"]) == ("refuted", "qingliu-runner", 0)
    assert "张三" not in json.dumps(told, ensure_ascii=False)
    sealed = await admin.fetchval(
        "SELECT body ->> 'text_sha256' FROM audit.event WHERE stream = $1 AND kind = 'AlertDismissed'", both.county
    )
    assert sealed in told["reason"]
    assert counts(await both.record("R19")) == (0, 1, 0, 0, 0)
    assert counts(await both.record("R19", known_at=before)) == (0, 0, None, 0, 0)
    assert await both.outcomes(small["id"]) == []


async def test_a_finding_confirms_its_flags_of_the_fen_that_it_is_bound_to(both: Both) -> None:
    large, small = await flags(both)
    await both.finding([large["id"], small["id"]], [(large["lot_id"], 120_000)])
    await both.tell()
    told = [(await both.outcomes(one["id"]))[-1] for one in (large, small)]
    assert [(one["outcome"], one["confirmed_fen"]) for one in told] == [("confirmed", 120_000), ("confirmed", 0)]
    assert counts(await both.record("R19")) == (2, 0, 1_000_000, 120_000, 0)
    assert (await both.record("R19"))["confirmed_distinct_fen"] == 120_000


async def test_what_a_person_decided_is_left_and_said_so(both: Both, admin: asyncpg.Pool) -> None:
    large, small = await flags(both)
    body = {"outcome": "refuted", "reason": "实地核查", "document": "核查1号", "decided_on": "2017-12-02"}
    assert (await both.asking.post(f"/funds/v1/flags/{large['id']}/outcome", body)).status_code == 201
    await both.finding([large["id"], small["id"]])
    await both.tell()
    [told] = await both.outcomes(large["id"])
    assert (told["outcome"], told["decided_by"]) == ("refuted", f"inspector.{both.county}")
    assert counts(await both.record("R19")) == (1, 1, 500_000, 100_000, 0)
    event = json.loads(
        await admin.fetchval("SELECT body FROM funds.event WHERE stream = $1 AND kind = 'FlagsDecided'", both.county)
    )
    assert event["left"] == [{"flag_id": large["id"], "stands": "refuted"}]
    assert [one["flag_id"] for one in event["decided"]] == [small["id"]]
    # Asked again by that person, it is open for what the feed tells next, and not before.
    body = {**body, "outcome": "reopened", "decided_on": "2017-12-03"}
    assert (await both.asking.post(f"/funds/v1/flags/{large['id']}/outcome", body)).status_code == 201
    assert counts(await both.record("R19")) == (1, 0, 1_000_000, 100_000, 0)


async def test_what_came_back_was_recovered_and_what_went_on_was_not(both: Both, desk: Desk) -> None:
    large, _ = await flags(both)
    await both.finding([large["id"]])

    async def recovered() -> int:
        await both.hear()
        await both.tell()
        return int((await both.record("R19"))["recovered_fen"])

    assert await recovered() == 0
    paid = await desk.out(100_000, desk.contractor, "2017-12-05", kind="pay", from_account_id=desk.first)
    assert paid.status_code == 201, paid.text
    assert await recovered() == 0
    back = await desk.back(50_000, desk.first, "2017-12-06")
    assert back.status_code == 201, back.text
    assert await recovered() == 50_000
    assert (await desk.back(30_000, desk.first, "2017-12-07")).status_code == 201
    assert await recovered() == 80_000
    # The first return is undone: what it brought was not recovered after all, and the record of that day still says so.
    undone = await desk.undo(back.json()["movements"][0]["id"], "2017-12-08")
    assert undone.status_code == 201, undone.text
    assert await recovered() == 30_000
    assert (await both.record("R19", as_of="2017-12-07"))["recovered_fen"] == 80_000
    told = [(one["outcome"], one["recovered_fen"]) for one in await both.outcomes(large["id"])]
    assert told == [
        ("confirmed", 0),
        ("confirmed", 50_000),
        ("confirmed", 80_000),
        ("reopened", 0),
        ("confirmed", 30_000),
    ]


class Killed(BaseException):
    """The runner's process is gone, in the middle of a transaction."""


async def test_an_event_acts_once_whoever_is_killed_and_however_many_follow(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = await flags(both)
    await both.dismiss(large["id"])
    await both.finding([small["id"]])

    async def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(cursors, "move", die)
        with pytest.raises(Killed):
            await both.follower.round()
    assert await both.outcomes(large["id"]) == []
    others = [both.fresh() for _ in range(2)]
    await asyncio.gather(*(one.round() for one in others))
    await both.tell()
    late = both.fresh()
    for envelope in await late._fetch(both.county, both.county, cursors.Cursor(0, cursors.genesis(both.county))):
        await late._apply(envelope)
    assert [one.stopped for one in (*others, late)] == [{}, {}, {}]
    assert [len(await both.outcomes(one["id"])) for one in (large, small)] == [1, 1]
    assert counts(await both.record("R19")) == (1, 1, 500_000, 100_000, 0)


async def test_a_flag_that_was_never_raised_stops_the_stream_and_says_so(both: Both, admin: asyncpg.Pool) -> None:
    large, small = await flags(both)
    await both.dismiss(small["id"])
    await admin.execute(
        "INSERT INTO audit.alert (county_code, id, region_code, rule_code, rule_version, title, subject, subject_id,"
        " lot_id, amount_fen, days, limit_days, as_of, explanation, source, feed_position)"
        " SELECT county_code, gen_random_uuid(), region_code, rule_code, rule_version, '生造的', subject, subject_id,"
        " lot_id, amount_fen, days, limit_days, as_of, explanation, source, feed_position FROM audit.alert"
        " WHERE county_code = $1 AND id = $2",
        both.county,
        large["id"],
    )
    [made_up] = [one for one in await both.alerts() if one["title"] == "生造的"]
    await both.dismiss(made_up["id"])
    await both.dismiss(large["id"])
    await both.follower.round()
    assert list(both.follower.stopped) == [both.county]
    assert made_up["id"] in both.follower.stopped[both.county]
    assert counts(await both.record("R19")) == (0, 1, 0, 0, 0), "what came before it stands; what comes after waits"
    restarted = both.fresh()
    await restarted.round()
    assert list(restarted.stopped) == [both.county]


async def test_a_journal_that_was_rewritten_stops_the_stream(both: Both, admin: asyncpg.Pool) -> None:
    large, small = await flags(both)
    await both.dismiss(large["id"])
    await both.tell()
    await admin.execute(
        "UPDATE audit.event SET hash = sha256(hash) WHERE stream = $1 AND position ="
        " (SELECT position FROM funds.follower_cursor WHERE stream = $1)",
        both.county,
    )
    await both.dismiss(small["id"])
    await both.follower.round()
    assert "another hash" in both.follower.stopped[both.county]


async def test_the_feed_is_read_with_the_right_of_a_feed_reader_alone(
    audit_http: httpx.AsyncClient, both: Both
) -> None:
    for path in ("/audit/v1/alerts", "/audit/v1/findings"):
        with pytest.raises(httpx.HTTPStatusError) as refused:
            await both.follower._get(both.county, {}, path)
        assert refused.value.response.status_code == 403
