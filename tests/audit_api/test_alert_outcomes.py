"""Alerts whose flags a person decided in funds_api: merged ones, refuted ones, and those that repeat."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from tests.audit_api.ordering import Desk, done
from tests.audit_api.test_alerts import ALERTS, raised, seen
from wire.flags import FlagDecided


async def test_a_part_and_a_waiting_refutation_are_decided_meanwhile(desk: Desk) -> None:
    lot = uuid4()
    main, part = await raised(desk, lot=lot), await raised(desk, lot=lot, rule_code="R20")
    done(
        await desk.inspector.post(f"{ALERTS}/{main}/merges", {"alert_ids": [part], "reason": "同", "on": "2017-11-01"})
    )
    url = f"{ALERTS}/{main}/refutations"
    [made] = done(await desk.inspector.post(url, {"reason": "质保金", "on": "2017-11-01"}))["refutations"]
    for alert, outcome in ((part, "confirmed"), (main, "refuted")):
        desk.feed.append(desk.county, told(desk.county, alert, outcome))
    await desk.feed.follower(desk.database, desk.county).round()
    file = await seen(desk, main)
    assert (file["status"], file["refutation_waits"]) == ("decided", True)
    assert (await seen(desk, part))["merged_into"] == main
    confirm = {"version_hash": made["version_hash"], "decision": "confirm", "opinion": "属实", "on": "2017-11-02"}
    done(await desk.second.post(f"{url}/{made['id']}/decision", confirm))
    assert {(await seen(desk, one))["status"] for one in (main, part)} == {"dismissed"}


async def test_a_flag_that_was_refuted_there_does_not_count_as_a_repeat(desk: Desk) -> None:
    unit = uuid4()
    first, last = await raised(desk, unit_id=unit), await raised(desk, unit_id=unit)

    async def repeats() -> int:
        looks = (await seen(desk, last))["proposal"]["looks"]
        return int(next(one["figure"] for one in looks if one["look"] == "triage_repeats_n"))

    assert await repeats() == 1
    for seq, outcome, repeated in ((1, "confirmed", 1), (2, "reopened", 1), (3, "refuted", 0)):
        desk.feed.append(desk.county, told(desk.county, first, outcome, seq))
        await desk.feed.follower(desk.database, desk.county).round()
        assert await repeats() == repeated, outcome


async def test_an_outcome_of_a_flag_that_never_arrived_stops_the_stream(desk: Desk) -> None:
    unknown = str(uuid4())
    desk.feed.append(desk.county, told(desk.county, unknown, "refuted"))
    follower = desk.feed.follower(desk.database, desk.county)
    await follower.round()
    assert follower.stopped == {desk.county: f"flag {unknown} never arrived here"}


def told(county: str, flag: str, outcome: str, seq: int = 1) -> FlagDecided:
    return FlagDecided(
        flag_id=UUID(flag),
        county_code=county,
        region_code=county,
        rule_code="R19",
        rule_version=1,
        seq=seq,
        outcome=outcome,
        document="核查1号",
        decided_on=date(2017, 11, 1),
        amount_fen=100_000,
        recovered_fen=0,
    )
