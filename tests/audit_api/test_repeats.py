"""Repeat findings: which earlier ones are alike, and a person who holds one to be the same again."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis import clock
from services.audit_api.repeats.alike import About, alike, is_alike, years_before
from tests.audit_api.feeds import flag, flags
from tests.audit_api.office import confirmed, finding, issued
from tests.audit_api.ordering import ORDERS, Desk, done
from tests.audit_api.test_finding import order, refused
from tests.callers import audit_caller

REPEATS = "/audit/v1/finding-repeats"
UNIT, OTHER = uuid4(), uuid4()
LATER = About(uuid4(), "F01", date(2017, 11, 1), frozenset({UNIT}))


@pytest.mark.parametrize(
    ("class_code", "found_on", "units", "expected"),
    [
        ("F01", date(2014, 11, 1), {UNIT}, True),
        ("F01", date(2014, 10, 31), {UNIT}, False),
        ("F01", date(2017, 10, 31), {UNIT, OTHER}, True),
        ("F01", date(2017, 11, 1), {UNIT}, False),
        ("F02", date(2016, 11, 1), {UNIT}, False),
        ("F01", date(2016, 11, 1), {OTHER}, False),
        ("F01", date(2016, 11, 1), set(), False),
    ],
)
def test_alike_is_one_class_a_common_unit_and_the_years(
    class_code: str, found_on: date, units: set[UUID], *, expected: bool
) -> None:
    earlier = About(uuid4(), class_code, found_on, frozenset(units))
    assert is_alike(LATER, earlier, 3) is expected
    assert (alike(LATER, [earlier], 3) == [earlier]) is expected
    assert alike(LATER, [earlier], 3, linked={earlier.finding_id}) == []


def test_years_before_a_leap_day() -> None:
    assert years_before(date(2020, 2, 29), 3) == date(2017, 2, 28)
    assert years_before(date(2020, 2, 29), 4) == date(2016, 2, 29)


async def found(desk: Desk, unit: UUID, found_on: str, **more: Any) -> str:
    """A confirmed finding on an alert about a unit."""
    one = flag(desk.county, unit_id=unit)
    desk.feed.append(desk.county, flags(desk.county, one))
    await desk.feed.follower(desk.database, desk.county).round()
    opened = await confirmed(desk.inspector, finding(str(one.flag_id), found_on=found_on, **more))
    return str(opened["id"])


async def candidates(desk: Desk, finding_id: str, **query: Any) -> list[str]:
    told = done(await desk.inspector.get(f"{REPEATS}/candidates", params={"finding": finding_id, **query}))
    assert (told["empty_because"] is None) == bool(told["items"])
    return [one["finding_id"] for one in told["items"]]


async def refused_to_decide(desk: Desk, drawn: dict[str, Any]) -> None:
    """Whoever drew it up, who may not, another version, an earlier day; and nobody undoes what nobody has confirmed."""
    undoing = f"{REPEATS}/{drawn['id']}/undoing"
    refused(await desk.third.post(undoing, {"reason": "误", "on": "2017-11-02"}), 409, "repeat-not-standing")
    refused(await desk.decided(desk.inspector, REPEATS, drawn, "confirm", "2017-11-02"), 403, "own-decision")
    refused(await desk.decided(desk.clerk, REPEATS, drawn, "confirm", "2017-11-02"), 403, "forbidden")
    stale = {**drawn, "version_hash": "0" * 64}
    refused(await desk.decided(desk.second, REPEATS, stale, "confirm", "2017-11-02"), 409, "version-changed")
    refused(await desk.decided(desk.second, REPEATS, drawn, "confirm", "2017-11-01"), 409, "dates-out-of-order")


async def test_a_person_links_what_the_years_bring_up(desk: Desk, admin: asyncpg.Pool) -> None:
    unit = uuid4()
    just, too_old = await found(desk, unit, "2014-11-01"), await found(desk, unit, "2014-10-31")
    await found(desk, unit, "2016-11-01", class_code="F05")
    await found(desk, uuid4(), "2016-11-01")
    last = await found(desk, unit, "2017-10-31")
    later = await found(desk, unit, "2017-11-01")
    assert await candidates(desk, later) == [last, just]
    assert await candidates(desk, too_old) == []

    body = {"finding_id": later, "earlier_id": last, "reason": "同一财政所再次滞留", "on": "2017-11-02"}
    drawn = done(await desk.inspector.post(REPEATS, body, key="link-them-once"))
    assert (await desk.inspector.post(REPEATS, body, key="link-them-once")).json() == drawn
    assert (drawn["alike"], drawn["stands"], drawn["undone_on"]) == (True, False, None)
    await refused_to_decide(desk, drawn)
    undoing = f"{REPEATS}/{drawn['id']}/undoing"
    linked = done(await desk.decided(desk.second, REPEATS, drawn, "confirm", "2017-11-02"))
    assert (linked["stands"], linked["checked_by"]) == (True, "inspector.two")
    assert await candidates(desk, later) == [just]
    refused(await desk.second.post(REPEATS, body), 409, "repeat-linked-already")
    refused(
        await desk.inspector.post(REPEATS, {**body, "finding_id": last, "earlier_id": later}), 409, "repeat-not-later"
    )
    refused(await desk.inspector.post(REPEATS, {**body, "earlier_id": later}), 409, "repeat-not-later")
    refused(await desk.inspector.post(REPEATS, {**body, "earlier_id": str(uuid4())}), 404, "not-found")
    refused(
        await desk.inspector.post(REPEATS, {**body, "earlier_id": just, "on": "2017-10-31"}), 409, "dates-out-of-order"
    )
    refused(await desk.clerk.post(REPEATS, body), 403, "forbidden")
    refused(await desk.clerk.get(REPEATS), 403, "forbidden")
    stranger = audit_caller(desk.http, "inspector", "999999")
    refused(await stranger.get(f"{REPEATS}/candidates", params={"finding": later}), 404, "not-found")

    judged = done(await desk.inspector.post(REPEATS, {**body, "earlier_id": too_old}))
    assert judged["alike"] is False  # a person may hold what the years do not bring up
    linked_at = str(
        (
            await admin.fetchval(
                "SELECT max(recorded_at) FROM audit.event WHERE stream = $1 AND kind = 'FindingRepeated'", desk.county
            )
        ).isoformat()
    )
    back = done(await desk.decided(desk.second, REPEATS, judged, "send_back", "2017-11-02"))
    assert (back["stands"], back["decision"]) == (False, "send_back")
    refused(await desk.third.post(undoing, {"reason": "单位已更名", "on": "2017-11-01"}), 409, "dates-out-of-order")
    for own in (desk.inspector, desk.second):
        refused(await own.post(undoing, {"reason": "单位已更名", "on": "2017-11-03"}), 403, "own-decision")
    drawn = done(await desk.third.post(undoing, {"reason": "单位已更名", "on": "2017-11-03"}))
    assert (drawn["stands"], drawn["undone_on"]) == (True, None), "until another has agreed"
    undone = done(await desk.decided(desk.second, undoing, drawn["undoings"][-1], "confirm", "2017-11-03"))
    assert (undone["undone_on"], undone["undone_by"], undone["stands"]) == ("2017-11-03", "inspector.three", False)
    refused(await desk.third.post(undoing, {"reason": "再次", "on": "2017-11-04"}), 409, "repeat-undone")
    assert await candidates(desk, later) == [last, just]

    async def listed(**query: Any) -> dict[str, str | None]:
        query = {"as_of": "2017-12-31", "finding": last, **query}
        return {one["id"]: one["undone_on"] for one in done(await desk.inspector.get(REPEATS, params=query))["items"]}

    assert await listed() == {linked["id"]: "2017-11-03"}
    assert await listed(as_of="2017-11-02") == {linked["id"]: None}
    assert await listed(known_at=linked_at) == {linked["id"]: None}
    assert await listed(as_of="2017-11-01") == {}
    with pytest.raises(asyncpg.CheckViolationError, match="of_another"):
        await admin.execute("UPDATE audit.finding_repeat SET earlier_id = finding_id WHERE id = $1", UUID(linked["id"]))


async def test_a_relapse_that_was_seen_is_linked_with_the_look_back(desk: Desk) -> None:
    unit = uuid4()
    first = await found(desk, unit, "2017-11-01")
    one = (await issued(desk.inspector, order(first, desk.county, unit_id=str(unit))))["id"]
    await desk.closed(one)
    looks = [
        await desk.looked_back(one, {"result": result, "note": "走访", "on": "2018-02-01"})
        for result in ("held", "relapsed")
    ]
    held, relapsed = (one["id"] for one in looks[-1]["look_backs"])
    seen = {"result": "relapsed", "note": "再次走访", "on": "2018-02-02"}
    waits = done(await desk.second.post(f"{ORDERS}/{one}/look-backs", seen))["look_backs"][-1]["id"]
    again = await found(desk, unit, "2018-02-10")
    body = {"finding_id": again, "earlier_id": first, "reason": "回头看发现反弹", "on": "2018-02-11"}
    refused(await desk.inspector.post(REPEATS, {**body, "look_back_id": held}), 404, "not-found")
    refused(await desk.inspector.post(REPEATS, {**body, "look_back_id": waits}), 404, "not-found")
    linked = done(await desk.inspector.post(REPEATS, {**body, "look_back_id": relapsed}))
    assert (linked["look_back_id"], linked["alike"]) == (relapsed, True)


async def test_a_link_that_one_person_made_before_stands_and_can_be_taken_back(desk: Desk, admin: asyncpg.Pool) -> None:
    unit = uuid4()
    earlier, later = await found(desk, unit, "2017-10-31"), await found(desk, unit, "2017-11-01")
    body = {"finding_id": later, "earlier_id": earlier, "reason": "同一财政所再次滞留", "on": "2017-11-02"}
    old = done(await desk.inspector.post(REPEATS, body))["id"]
    # As the migration leaves what was recorded before there were two.
    await admin.execute(
        "UPDATE audit.finding_repeat SET version_hash = NULL, decided_on = linked_on, decided_position = position"
        " WHERE id = $1",
        UUID(old),
    )
    [told] = done(await desk.inspector.get(REPEATS, params={"as_of": "2017-12-31"}))["items"]
    assert (told["stands"], told["version_hash"], told["checked_by"]) == (True, None, None)
    refused(
        await desk.decided(desk.second, REPEATS, {**told, "version_hash": "0" * 64}, "send_back", "2017-11-02"),
        409,
        "decided-already",
    )
    undoing = f"{REPEATS}/{old}/undoing"
    drawn = done(await desk.inspector.post(undoing, {"reason": "误", "on": "2017-11-03"}))["undoings"][-1]
    undone = done(await desk.decided(desk.second, undoing, drawn, "confirm", "2017-11-03"))
    assert (undone["stands"], undone["undone_on"]) == (False, "2017-11-03")


async def test_a_link_is_taken_back_by_two(desk: Desk, admin: asyncpg.Pool) -> None:
    unit = uuid4()
    earlier, later = await found(desk, unit, "2017-10-31"), await found(desk, unit, "2017-11-01")
    body = {"finding_id": later, "earlier_id": earlier, "reason": "同一财政所再次滞留", "on": "2017-11-02"}
    proposed = done(await desk.inspector.post(REPEATS, body))
    linked = done(await desk.decided(desk.second, REPEATS, proposed, "confirm", "2017-11-02"))
    undoing = f"{REPEATS}/{linked['id']}/undoing"
    said = {"reason": "单位已更名", "on": "2017-11-03"}
    drawn = done(await desk.third.post(undoing, said, key="undo-once"))
    assert (await desk.third.post(undoing, said, key="undo-once")).json() == drawn
    [first] = drawn["undoings"]
    refused(await desk.third.post(undoing, {**said, "reason": "再拟"}), 409, "decision-waits")
    refused(await desk.decided(desk.third, undoing, first, "confirm", "2017-11-04"), 403, "own-decision")
    refused(await desk.decided(desk.clerk, undoing, first, "confirm", "2017-11-04"), 403, "forbidden")
    stale = {**first, "version_hash": "0" * 64}
    refused(await desk.decided(desk.second, undoing, stale, "confirm", "2017-11-04"), 409, "version-changed")
    refused(await desk.decided(desk.second, undoing, first, "confirm", "2017-11-02"), 409, "dates-out-of-order")
    nobody = {**first, "id": str(uuid4())}
    refused(await desk.decided(desk.second, undoing, nobody, "confirm", "2017-11-04"), 404, "not-found")
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.finding_repeat_undoing SET decision = 'confirm', opinion = '同意', decided_on = '2017-11-04',"
            " checked_by = made_by WHERE id = $1",
            UUID(first["id"]),
        )

    back = done(await desk.decided(desk.second, undoing, first, "send_back", "2017-11-04"))
    assert (back["stands"], back["undoings"][0]["decision"]) == (True, "send_back")
    refused(await desk.decided(desk.inspector, undoing, first, "confirm", "2017-11-04"), 409, "decided-already")
    again = done(await desk.third.post(undoing, {**said, "reason": "附更名文件", "on": "2017-11-05"}))["undoings"][-1]
    drawn_at = clock.now().isoformat()
    both = await asyncio.gather(
        desk.decided(desk.second, undoing, again, "confirm", "2017-11-06"),
        desk.decided(desk.inspector, undoing, again, "confirm", "2017-11-06"),
    )
    assert sorted(one.status_code for one in both) == [201, 409]

    async def told(**query: Any) -> tuple[bool, list[str | None]]:
        query = {"as_of": "2017-12-31", "finding": later, **query}
        [one] = done(await desk.inspector.get(REPEATS, params=query))["items"]
        return one["stands"], [draft["decision"] for draft in one["undoings"]]

    assert await told() == (False, ["send_back", "confirm"])
    assert await told(known_at=drawn_at) == (True, ["send_back", None])
    assert await told(as_of="2017-11-05") == (True, ["send_back", None])
    assert await told(as_of="2017-11-03") == (True, [None])
    assert await candidates(desk, later) == [earlier]
