"""Setting policy values over HTTP: two people, editions, periods, and who may not."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests import policy_book
from tests.callers import funds_caller
from tests.funds_api.test_known_at import now
from tests.policy_book import problem

PATH = "/funds/v1/policy-values"


KEY = "idle_flag_days"


STOP = "clock_stop_days.court_freeze"


def request(region: str, **more: Any) -> dict[str, Any]:
    """A county's own line of 90 days from 2017 on, unless something else is said."""
    return {
        "key": KEY,
        "region": region,
        "valid_from": "2017-01-01",
        "value": 90,
        "source": "县财农〔2017〕1号第三条",
        "basis": "practice",
        **more,
    }


class Level(policy_book.Level):
    """A level of government whose clerk sets values and whose reviewer confirms them."""

    def __init__(self, http: httpx.AsyncClient, region: str) -> None:
        clerk = funds_caller(http, "finance_clerk", region, subject="chen")
        reviewer = funds_caller(http, "finance_reviewer", region, subject="zhao")
        super().__init__(PATH, region, clerk, reviewer, request(region))


@pytest.fixture
def level(funds_http: httpx.AsyncClient, county: str) -> Level:
    return Level(funds_http, county)


async def test_a_value_waits_until_a_second_person_confirms_it(level: Level, admin: asyncpg.Pool) -> None:
    answer = await level.post()
    waiting = answer.json()
    assert (answer.status_code, waiting["state"], waiting["known_since"]) == (201, "waits", None)
    assert waiting["ref"] == f"{KEY}@{level.region}@2017-01-01#1"
    assert (waiting["name"], waiting["unit"], waiting["set_by"]) == ("闲置提示线", "日", "chen")
    assert (await level.read("2017-06-30"))["value"] == 180, "the nation's, while the county's waits"

    done = (await level.confirm(waiting["ref"])).json()
    assert (done["state"], done["confirmed_by"], done["ends_on"]) == ("counts", "zhao", None)
    held = await level.read("2017-06-30")
    assert (held["value"], held["ref"], held["known_since"]) == (90, waiting["ref"], done["known_since"])
    assert (await level.read("2016-12-31"))["value"] == 180
    assert (await level.read("2017-06-30", region=level.region + "101"))["value"] == 90, "and below"
    kinds = await admin.fetch("SELECT kind, body FROM funds.event WHERE stream = $1 ORDER BY position", level.region)
    assert [row["kind"] for row in kinds][-2:] == ["PolicyValueSet", "PolicyValueConfirmed"]


async def test_who_may_not(level: Level, funds_http: httpx.AsyncClient) -> None:
    ref = await level.set()
    both = funds_caller(funds_http, ["finance_clerk", "finance_reviewer"], level.region, subject="chen")
    assert problem(await level.confirm(ref, both)) == (409, "policy-own-work")
    for role in ("township_clerk", "inspector", "finance_reviewer", "system_admin", "bank"):
        caller = funds_caller(funds_http, role, level.region)
        assert (await caller.post(PATH, request(level.region))).status_code == 403, role
    assert (await level.confirm(ref, level.first)).status_code == 403
    assert (await level.withdraw(ref, level.second)).status_code == 403
    for region in (level.region[:2], "999999", level.region + "101"):
        other = Level(funds_http, region)
        assert problem(await other.first.post(PATH, request(level.region))) == (403, "policy-region-not-own"), region
        assert problem(await level.confirm(ref, other.second)) == (403, "policy-region-not-own"), region
        assert problem(await level.withdraw(ref, other.first)) == (403, "policy-region-not-own"), region
    assert await level.history() == [("2017-01-01#1", "waits", None)]


async def test_the_same_key_acts_once_and_the_same_value_again_makes_no_edition(level: Level) -> None:
    first = await level.first.post(PATH, request(level.region), key="policy-value-once")
    again = await level.first.post(PATH, request(level.region), key="policy-value-once")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await level.first.post(PATH, request(level.region, value=91), key="policy-value-once")
    assert problem(other) == (422, "idempotency-key-reused")
    assert (await level.post()).json()["ref"] == first.json()["ref"]
    confirmed = await level.second.post(f"{PATH}/confirmation", {"ref": first.json()["ref"]}, key="confirm-once")
    replayed = await level.second.post(f"{PATH}/confirmation", {"ref": first.json()["ref"]}, key="confirm-once")
    assert replayed.json() == confirmed.json()
    assert (await level.post()).json()["state"] == "counts", "what counts says the same already"
    assert await level.history() == [("2017-01-01#1", "counts", None)]


async def test_a_correction_changes_only_what_is_known_after_it(level: Level) -> None:
    before_all = now()
    first = await level.lay_down()
    between = now()
    second = await level.set(value=60, source="县财农〔2017〕1号第三条（更正）")
    assert second.endswith("@2017-01-01#2")
    assert (await level.read("2017-06-30"))["ref"] == first, "a correction that waits corrects nothing yet"
    waiting = now()
    assert (await level.confirm(second)).status_code == 201
    told = {at: (await level.read("2017-06-30", known_at=at))["value"] for at in (before_all, between, waiting, now())}
    assert list(told.values()) == [180, 90, 90, 60]
    assert await level.history() == [("2017-01-01#1", "superseded", None), ("2017-01-01#2", "counts", None)]


async def test_a_stored_reference_is_read_years_later(level: Level) -> None:
    first = await level.lay_down()
    await level.lay_down(value=60)
    release = f"{KEY}@00@2015-01-01#1"
    for ref, value in ((first, 90), (release, 180)):
        found = (await level.first.get(f"{PATH}/edition", params={"ref": ref})).json()
        assert (found["ref"], found["value"]) == (ref, value)
    waiting = await level.set(valid_from="2018-01-01", value=70)
    for ref in (waiting, f"{KEY}@00@2015-01-01#7", f"{KEY}@00@2015-02-30#1"):
        answer = await level.first.get(f"{PATH}/edition", params={"ref": ref})
        assert answer.status_code == 404, "a value that never counted judged nothing"


async def test_a_value_is_ended_by_the_next_and_a_stated_end_lets_the_level_above_be_heard(level: Level) -> None:
    await level.lay_down(valid_from="2016-01-01", value=100)
    await level.lay_down(valid_from="2017-01-01", valid_to="2017-06-30", value=90)
    await level.lay_down(valid_from="2017-07-01", valid_to="2017-07-01", value=80)
    assert await level.history() == [
        ("2016-01-01#1", "counts", "2016-12-31"),
        ("2017-01-01#1", "counts", "2017-06-30"),
        ("2017-07-01#1", "counts", "2017-07-01"),
    ]
    days = ("2015-12-31", "2016-01-01", "2016-12-31", "2017-01-01", "2017-06-30", "2017-07-01", "2017-07-02")
    assert [(await level.read(day))["value"] for day in days] == [180, 100, 100, 90, 90, 80, 180]


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2016-06-01", "2016-12-31", True),
        ("2016-06-01", "2017-01-01", False),
        ("2016-06-01", None, True),
        ("2016-06-01", "2018-06-30", False),
        ("2017-03-01", "2017-04-01", False),
        ("2017-03-01", None, False),
        ("2017-06-30", "2018-06-30", False),
        ("2017-06-30", None, False),
        ("2017-07-01", "2018-06-30", True),
        ("2017-07-01", None, True),
        ("2017-01-01", "2018-06-30", True),
    ],
)
async def test_a_stated_period_lets_no_other_begin_in_it(
    level: Level, admin: asyncpg.Pool, start: str, end: str | None, *, fits: bool
) -> None:
    """January to June is recorded and waits; touching periods fit, and another edition of its first day replaces it."""
    held = await level.set(valid_to="2017-06-30")
    if start == "2017-01-01":
        await level.confirm(held)
    answer = await level.post(valid_from=start, valid_to=end, value=60)
    if fits:
        assert answer.status_code == 201, answer.text
    else:
        told = answer.json()
        assert problem(answer) == (409, "policy-periods-overlap")
        period = f"{start} 至 {end}" if end else f"{start} 起"
        recorded = f"2017-01-01 至 2017-06-30（{held}）"
        assert (told["figures"]["period"], told["figures"]["overlaps"]) == (period, [recorded])
        assert period in told["detail"]
        assert recorded in told["detail"]
        assert len(await level.history()) == 1, "nothing was set"

    row = "INSERT INTO funds.policy_value (key, region_code, valid_from, valid_to, value, source, basis)"
    insert = f"{row} VALUES ($1, $2, $3::text::date, $4::text::date, '50', '县办法', 'practice')"
    if not fits:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await admin.execute(insert, KEY, level.region, start, end)


async def test_an_end_is_corrected_before_the_next_period_begins_in_it(level: Level) -> None:
    await level.lay_down(valid_to="2017-12-31")
    july = {"valid_from": "2017-07-01", "value": 60}
    assert problem(await level.post(**july)) == (409, "policy-periods-overlap")
    shorter = await level.set(valid_to="2017-06-30")
    assert problem(await level.post(**july)) == (409, "policy-periods-overlap"), "the longer one still counts"
    await level.confirm(shorter)
    assert (await level.post(**july)).status_code == 201


async def test_a_stated_end_that_nothing_follows_says_that_what_it_replaced_does_not_come_back(level: Level) -> None:
    """A month's exception from a value without an end: afterwards the level above is heard, not that value."""
    open_ended = (await level.post()).json()
    assert open_ended["afterwards"] is None
    await level.confirm(open_ended["ref"])
    month = (await level.post(valid_from="2017-07-01", valid_to="2017-07-31", value=60)).json()
    assert month["afterwards"].startswith("2017-08-01 起本区划没有数值：此前被接替的数值不会恢复")
    assert (await level.confirm(month["ref"])).json()["afterwards"] == month["afterwards"]
    waiting = await level.set(valid_from="2017-08-02", value=50)  # a day too late
    told = (await level.first.get(f"{PATH}/history", params={"key": KEY})).json()["items"]
    assert [one["afterwards"] for one in told] == [None, month["afterwards"], None]
    await level.withdraw(waiting)
    await level.set(valid_from="2017-08-01", value=50)
    told = (await level.first.get(f"{PATH}/history", params={"key": KEY})).json()["items"]
    assert {one["afterwards"] for one in told} == {None}


async def test_of_two_overlapping_periods_set_at_once_one_stands(level: Level) -> None:
    starts = ("2017-01-01", "2017-02-01", "2017-03-01")
    answers = await asyncio.gather(*(level.post(valid_from=one, valid_to="2017-12-31") for one in starts))
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert len(await level.history()) == 1


async def test_what_waits_is_answered_once_and_alone(level: Level) -> None:
    ref = await level.set()
    other = await level.post(value=60)
    assert problem(other) == (409, "policy-value-waiting")
    assert other.json()["figures"] == {"waiting": ref, "set_by": "chen"}
    taken = (await level.withdraw(ref)).json()
    assert (taken["state"], taken["withdrawn_by"], taken["withdrawn_because"]) == ("withdrawn", "chen", "数字有误")
    for answer in (await level.withdraw(ref), await level.confirm(ref)):
        assert problem(answer) == (409, "policy-value-not-waiting")
        assert answer.json()["figures"] == {"ref": ref, "confirmed_by": None, "withdrawn_by": "chen"}
    again = await level.set()
    assert again.endswith("#2")
    assert (await level.confirm(again)).status_code == 201
    assert problem(await level.confirm(again)) == (409, "policy-value-not-waiting")
    assert problem(await level.withdraw(again)) == (409, "policy-value-not-waiting")
    assert await level.history() == [("2017-01-01#1", "withdrawn", None), ("2017-01-01#2", "counts", None)]
    for unknown in (f"{KEY}@{level.region}@2017-01-01#3", f"{KEY}@{level.region}@2017-02-30#1"):
        assert (await level.confirm(unknown)).status_code == 404


async def test_of_a_confirmation_and_a_withdrawal_at_once_one_stands(level: Level) -> None:
    ref = await level.set()
    answers = await asyncio.gather(level.confirm(ref), level.withdraw(ref))
    assert sorted(one.status_code for one in answers) == [201, 409]
    state = "counts" if answers[0].status_code == 201 else "withdrawn"
    assert await level.history() == [("2017-01-01#1", state, None)]


async def test_who_confirms_is_told_what_waits(level: Level) -> None:
    async def waiting(**more: str) -> dict[str, Any]:
        answer = await level.second.get(f"{PATH}/waiting", params=more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert (await waiting())["empty_because"] == "该区划没有等待确认的政策数值"
    first = await level.set(key="idle_bands_days", value=[30, 60])
    second, third = await level.set(), await level.set(valid_from="2018-01-01")
    page = await waiting(limit="2")
    assert [one["ref"] for one in page["items"]] == [first, second]
    assert [one["state"] for one in page["items"]] == ["waits", "waits"]
    rest = await waiting(limit="2", after=page["next"])
    assert ([one["ref"] for one in rest["items"]], rest["next"]) == ([third], None)
    await level.confirm(first)
    await level.withdraw(second)
    assert [one["ref"] for one in (await waiting())["items"]] == [third]
    assert (await waiting(region="970099"))["items"] == []


async def test_a_value_of_a_release_for_a_day_that_has_one_is_its_next_edition(
    level: Level, admin: asyncpg.Pool
) -> None:
    """A release must not fail on what an office has set; its number counts at once, theirs stays on record."""
    await level.lay_down()
    row = "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
    await admin.execute(f"{row} VALUES ($1, $2, '2017-01-01', '70', '县办法', 'practice')", KEY, level.region)
    assert await level.history() == [("2017-01-01#1", "superseded", None), ("2017-01-01#2", "counts", None)]
    assert (await level.read("2017-06-30"))["value"] == 70


async def test_where_no_value_is_in_force_the_answer_says_so(level: Level) -> None:
    await level.lay_down()
    for asked, empty in (
        ({"key": KEY, "as_of": "2017-01-01"}, False),
        ({"key": "handdwon", "as_of": "2017-01-01"}, True),
    ):
        told = (await level.first.get(PATH, params=asked)).json()
        assert (told["items"] == [], told["empty_because"] is not None) == (empty, empty), asked
    before = (await level.first.get(PATH, params={"key": KEY, "as_of": "1949-10-01"})).json()
    assert (before["items"], before["empty_because"] is not None) == ([], True)
