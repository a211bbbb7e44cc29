"""The 34 published discipline cases enter as leads with their outcome: by classes, with nobody's name or sanction."""

from __future__ import annotations

from collections import Counter

import asyncpg
import httpx

from demo.files import ROOT
from demo.published_outcomes import FORMS, judged, lead_of, page, published
from tests.audit_api.casework import declared, disposed, inspector, subject

READ_ON = "2026-01-05"
# What a lead has no place for: sanctions, and the posts by which a person would be known.
UNTOLD = ("警告", "开除", "撤职", "记过", "诫勉", "留党察看", "免职", "书记", "主任")


def test_every_case_has_its_classes_once_and_the_page_tells_them() -> None:
    assert list(judged()) == list(published())
    assert Counter(one["form"] for one in judged().values()) == {
        "first": 1,
        "second": 11,
        "third": 6,
        "fourth": 4,
        "untold": 12,
    }
    assert {one["form"] for one in judged().values()} == set(FORMS)
    assert (ROOT / "docs" / "published-outcomes.md").read_text("utf-8") == page()


async def test_the_cases_enter_through_the_api(audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    await declared(an, bo)
    for case_id, case in published().items():
        classes = judged()[case_id]
        sent = lead_of(case, classes["source"], county, READ_ON, [subject(an), subject(bo)])
        entered = await an.post("/audit/v1/leads", sent)
        assert entered.status_code == 201, entered.text
        lead_id = entered.json()["id"]
        await disposed(an, bo, lead_id, READ_ON, disposition="preliminary_check")
        await disposed(bo, an, lead_id, READ_ON, outcome=classes["outcome"], form=classes["form"])
    listed = (await an.get("/audit/v1/leads", params={"limit": 200})).json()["items"]
    assert Counter(one["stage"] for one in listed) == {"closed": 34}
    forms = "SELECT form, count(*) AS n FROM audit.lead_opinion WHERE county_code = $1 AND form IS NOT NULL GROUP BY 1"
    kept = {row["form"]: row["n"] for row in await admin.fetch(forms, county)}
    assert kept == Counter(one["form"] for one in judged().values())
    words = await admin.fetch("SELECT l::text AS told FROM audit.lead l WHERE county_code = $1", county)
    assert len(words) == 34
    assert not [row["told"] for row in words if any(word in row["told"] for word in UNTOLD)]
