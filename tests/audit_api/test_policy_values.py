"""Periods of supervision over HTTP: two people, editions, stated periods, what law above binds, and who may not."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from services.audit_api.policies.keys import KEYS
from tests import policy_book
from tests.callers import audit_caller
from tests.policy_book import problem
from treasury.policy_keys import fault

PATH = "/audit/v1/policy-values"
REPORT = "rectification_report_days"
REPLY = "auditee_reply_days.audit"
ABROAD = (
    "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis, set_by)"
    " VALUES ($1, left($2, 4), $3, '9', '文', 'practice', 'li')"
)


def request(region: str, **more: Any) -> dict[str, Any]:
    """A county's own 45 days from 2017 on, unless something else is said."""
    return {
        "key": REPORT,
        "region": region,
        "valid_from": "2017-01-01",
        "value": 45,
        "source": "县审计局〔2017〕1号第三条",
        "basis": "practice",
        **more,
    }


class Office(policy_book.Level):
    """Two inspectors of a region: one sets, the other confirms."""

    def __init__(self, http: httpx.AsyncClient, region: str) -> None:
        chen, zhao = (audit_caller(http, "inspector", region, subject=one) for one in ("chen", "zhao"))
        super().__init__(PATH, region, chen, zhao, request(region))


@pytest.fixture
def office(audit_http: httpx.AsyncClient, county: str) -> Office:
    return Office(audit_http, county)


async def test_a_value_waits_until_a_second_person_confirms_it(office: Office, admin: asyncpg.Pool) -> None:
    answer = (await office.post()).json()
    assert (answer["state"], answer["known_since"], answer["set_by"]) == ("waits", None, "chen")
    assert answer["ref"] == f"{REPORT}@{office.region}@2017-01-01#1"
    assert (await office.read("2017-06-30"))["value"] == 60, "the nation's, while the county's waits"
    listed = (await office.second.get(f"{PATH}/waiting")).json()["items"]
    assert [one["ref"] for one in listed] == [answer["ref"]]
    assert problem(await office.confirm(answer["ref"], office.first)) == (409, "policy-own-work")

    done = (await office.confirm(answer["ref"])).json()
    assert (done["state"], done["confirmed_by"]) == ("counts", "zhao")
    assert (await office.read("2017-06-30"))["value"] == 45
    assert (await office.read("2016-12-31"))["value"] == 60
    assert problem(await office.confirm(answer["ref"])) == (409, "policy-value-not-waiting")
    kinds = await admin.fetch("SELECT kind FROM audit.event WHERE stream = $1 ORDER BY position", office.region)
    assert [row["kind"] for row in kinds] == ["PolicyValueSet", "PolicyValueConfirmed"]


async def test_a_correction_changes_only_what_is_known_after_it(office: Office) -> None:
    before = clock.now().isoformat()
    await office.lay_down()
    between = clock.now().isoformat()
    await office.lay_down(value=30)
    told = {at: (await office.read("2017-06-30", known_at=at))["value"] for at in (before, between)}
    assert list(told.values()) == [60, 45]
    assert (await office.read("2017-06-30"))["value"] == 30
    assert await office.history() == [("2017-01-01#1", "superseded", None), ("2017-01-01#2", "counts", None)]


async def test_the_same_key_acts_once(office: Office) -> None:
    first = await office.first.post(PATH, request(office.region), key="period-once")
    again = await office.first.post(PATH, request(office.region), key="period-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = await office.first.post(PATH, request(office.region, value=46), key="period-once")
    assert problem(other) == (422, "idempotency-key-reused")
    assert problem(await office.post(value=46)) == (409, "policy-value-waiting")
    taken = await office.second.post(f"{PATH}/withdrawal", {"ref": first.json()["ref"], "reason": "数字有误"})
    assert (taken.status_code, taken.json()["state"]) == (201, "withdrawn")
    assert await office.history() == [("2017-01-01#1", "withdrawn", None)]


async def test_who_may_not(office: Office, audit_http: httpx.AsyncClient) -> None:
    ref = await office.set()
    for role in ("township_clerk", "finance_clerk", "feed_reader"):
        caller = audit_caller(audit_http, role, office.region)
        assert (await caller.post(PATH, request(office.region))).status_code == 403, role
        assert (await office.confirm(ref, caller)).status_code == 403, role
    for region in (office.region[:2], "999999", office.region + "101"):
        other = Office(audit_http, region)
        assert problem(await other.first.post(PATH, request(office.region))) == (403, "policy-region-not-own"), region
        assert problem(await office.confirm(ref, other.second)) == (403, "policy-region-not-own"), region
    township = audit_caller(audit_http, "township_clerk", office.region + "101")
    shown = await township.get(PATH, params={"key": REPLY, "as_of": "2017-06-30"})
    assert shown.json()["items"][0]["value"] == {"days": 10, "counted": "working"}, "numbers of law are public"


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"value": 0}, "policy-value-unfit"),
        ({"value": 366}, "policy-value-unfit"),
        ({"value": "45"}, "policy-value-unfit"),
        ({"value": {"days": 0, "counted": "working"}}, "policy-value-unfit"),
        ({"key": "lead_opinion_months", "value": {"days": 30, "counted": "working"}}, "policy-value-unfit"),
        ({"key": "rectification_reports_days"}, "policy-key-unknown"),
        ({"basis": "law"}, "policy-law-too-low"),
        ({"source": "　"}, "invalid-request"),
        ({"source": None}, "invalid-request"),
        ({"valid_from": None}, "invalid-request"),
        ({"valid_to": "2016-12-31"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_a_value_is_refused_and_nothing_is_set(
    office: Office, more: dict[str, Any], slug: str
) -> None:
    answer = await office.post(**more)
    assert problem(answer) == (422, slug)
    if slug == "policy-key-unknown":
        assert answer.json()["figures"]["near"][0] == REPORT
    assert await office.history() == []


@pytest.mark.parametrize(("value", "fits"), [(1, True), (365, True), ({"days": 40, "counted": "working"}, True)])
async def test_figures_at_their_bounds_fit(office: Office, value: Any, *, fits: bool) -> None:
    assert ((await office.post(value=value)).status_code == 201) is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"days": 10, "counted": "working"}, True),
        ({"days": 9, "counted": "working"}, False),
        (14, True),
        (13, False),
        ({"days": 15, "counted": "working"}, True),
    ],
)
async def test_nobody_gives_an_auditee_less_time_than_the_law(office: Office, value: Any, *, fits: bool) -> None:
    answer = await office.post(key=REPLY, value=value)
    if fits:
        assert answer.status_code == 201, answer.text
    else:
        assert problem(answer) == (409, "policy-looser-than-law")
        assert "第三十九条" in answer.json()["figures"]["law"][0]


@pytest.mark.parametrize(("start", "fits"), [("2017-06-30", False), ("2017-07-01", True), ("2016-12-31", True)])
async def test_a_stated_period_lets_no_other_begin_in_it(
    office: Office, admin: asyncpg.Pool, start: str, *, fits: bool
) -> None:
    await office.set(valid_to="2017-06-30")
    answer = await office.post(valid_from=start, value=50)
    if fits:
        assert answer.status_code == 201, answer.text
        return
    assert problem(answer) == (409, "policy-periods-overlap")
    with pytest.raises(asyncpg.ExclusionViolationError):
        await admin.execute(
            "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ($1, $2, $3, '50', '县办法', 'practice')",
            REPORT,
            office.region,
            date.fromisoformat(start),
        )


async def test_the_database_lets_nobody_edit_a_value_or_set_one_for_others(
    office: Office, urls: dict[str, str]
) -> None:
    ref = await office.set()
    counting = await office.lay_down(valid_from="2018-01-01")
    role = await asyncpg.connect(urls["audit"])
    place = "key = $1 AND region_code = $2 AND valid_from = $3"
    waits, counts = ([REPORT, office.region, date.fromisoformat(one.split("@")[2][:10])] for one in (ref, counting))
    try:
        await role.execute("SELECT set_config('app.region', $1, false)", office.region)
        for statement, values, state in (
            (f"UPDATE audit.policy_value SET value = '9' WHERE {place}", waits, "42501"),
            (f"DELETE FROM audit.policy_value WHERE {place}", waits, "42501"),
            (f"UPDATE audit.policy_value SET confirmed_by = 'chen' WHERE {place}", waits, "23514"),
            (
                f"UPDATE audit.policy_value SET withdrawn_by = 'x', withdrawn_because = '误' WHERE {place}",
                counts,
                "QL447",
            ),
            (
                ABROAD,
                waits,
                "42501",
            ),
        ):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await role.execute(statement, *values)
            assert refused.value.sqlstate == state, statement
        await role.execute("SELECT set_config('app.region', $1, false)", office.region + "101")
        told = await role.execute(f"UPDATE audit.policy_value SET confirmed_by = 'li' WHERE {place}", *waits)
        assert told == "UPDATE 0", "a value is answered by its own level"
    finally:
        await role.close()


async def test_every_value_of_the_release_fits_its_key_and_names_its_source(
    office: Office, admin: asyncpg.Pool, audit_http: httpx.AsyncClient
) -> None:
    answer = await office.first.get(PATH, params={"as_of": "2022-06-30", "region": "99"})
    items = {one["key"]: one for one in answer.json()["items"]}
    assert items["engagement_notice_days.audit"]["value"] == {"days": 3, "counted": "working"}
    assert "第四十二条" in items["engagement_notice_days.audit"]["source"]
    assert "第三十八条" in (await office.read("2021-12-31", "engagement_notice_days.audit"))["source"]
    for key, one in items.items():
        about = KEYS.entry(key)
        assert about is not None, key
        assert fault(about, one["value"]) is None, key
        assert one["name"] == about.name
        assert len(one["source"]) > 10, key
    catalogue = (await audit_caller(audit_http, "inspector", "99").get(f"{PATH}/keys")).json()["items"]
    assert len(catalogue) == len({one["key"] for one in catalogue}) == len(KEYS.catalogue)
    empty = (await office.first.get(PATH, params={"key": "zzz"})).json()
    assert empty["items"] == []
    assert "/audit/v1/policy-values/keys" in empty["empty_because"]
    unknown = await office.first.get(f"{PATH}/history", params={"key": "zzz"})
    assert problem(unknown) == (422, "policy-key-unknown")
