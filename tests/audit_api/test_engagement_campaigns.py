"""Campaigns: eight months, a countdown, and many parts."""

from __future__ import annotations

from typing import Any

from chassis import clock
from tests.audit_api.engaged import PATH, Office, done, period, problem


async def test_a_campaign_of_eight_months_counts_down(office: Office) -> None:
    told = await office.plan(
        kind="campaign",
        auditee_unit_id=None,
        auditee_name=None,
        planned_on="2017-09-20",
        starts_on="2017-10-01",
        ends_on=None,
        team=[{"person": "li", "role": "lead", "from_on": "2017-09-20"}],
    )
    assert told["ends_on"] == "2018-05-31"
    days = {
        day: period(await office.read(as_of=day), "engagement") for day in ("2017-10-01", "2018-05-31", "2018-06-01")
    }
    assert [(one["outcome"], one["days_left"], one["days_over"]) for one in days.values()] == [
        ("running", 242, 0),
        ("running", 0, 0),
        ("overdue", 0, 1),
    ]
    assert days["2017-10-01"]["policy_ref"].startswith("engagement_months.campaign@00@")
    assert problem(await office.start("2017-09-30")) == (409, "engagement-day-refused")
    assert done(await office.start("2017-10-01"))["stage"] == "fieldwork", "an unannounced visit needs no notice"

    async def overdue(day: str, **more: Any) -> list[str]:
        answer = await office.chen.get(PATH, params={"as_of": day, "overdue": "true", **more})
        return [one["id"] for one in answer.json()["items"]]

    assert (await overdue("2018-05-31"), await overdue("2018-06-01")) == ([], [office.id])
    longer = {"ends_on": "2018-07-31", "document": "县整治办〔2018〕3号", "on": "2018-05-20"}
    assert problem(await office.post("period", {**longer, "ends_on": "2017-09-30"})) == (409, "engagement-day-refused")
    before = clock.now().isoformat()
    done(await office.post("period", longer))
    assert (await overdue("2018-06-01"), await overdue("2018-08-01")) == ([], [office.id])
    assert await overdue("2018-06-01", known_at=before) == [office.id]
    assert (await office.read(as_of="2018-05-19"))["ends_on"] == "2018-05-31", "approved on the 20th"
    assert problem(await office.report("2018-06-01")) == (409, "engagement-step-out-of-turn"), "there is nobody to hear"
    done(await office.post("conclusion", {"title": "总结", "content": "销号", "on": "2018-07-31"}))
    assert await overdue("2018-08-01") == []
    assert period(await office.read(as_of="2018-08-01"), "engagement")["outcome"] == "met"
    assert problem(await office.post("period", longer)) == (409, "engagement-step-out-of-turn")
