"""R15: which benefits presuppose a certificate, of which grade; what does not fit, and where the list cannot tell."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.funds_api.flags.rules.r15_no_certificate import RULE, CertificateFacts, grade_for, narrow
from tests.unit.rules.judging import NOBODY, judged, policy, value

LIST = date(2017, 12, 31)
GRADES = {"护理补贴": 2, "生活补贴": 4, "重度护理补贴": 1}
VALUES = policy(certificate_grade_max=GRADES, list_speaks_before_days=365)


def paid(days_before: int = 30, **more: Any) -> CertificateFacts:
    return CertificateFacts(
        **{
            "subject_id": NOBODY,
            "region_code": "990001101201",
            "amount_fen": 10_000,
            "as_of": LIST - timedelta(days=days_before),
            "batch_id": NOBODY,
            "line": 7,
            "document": "西财农〔2017〕8号",
            "entitlement": "残疾人护理补贴2017",
            "per": "person",
            "version_id": NOBODY,
            "version_no": 2,
            "list_on": LIST,
            "entries_n": 0,
            "then_n": 0,
            "ended_n": 0,
            "grade": None,
            "ungraded": False,
            **more,
        }
    )


@pytest.mark.parametrize(("days", "fires"), [(-1, False), (0, True), (365, True), (366, False)])
def test_a_list_speaks_of_its_day_and_so_many_before(days: int, fires: bool) -> None:
    assert (judged(RULE, paid(days), VALUES) is not None) == fires


@pytest.mark.parametrize(("grade", "fires"), [(1, False), (2, False), (3, True), (4, True)])
def test_the_last_grade_that_will_do_will_do(grade: int, fires: bool) -> None:
    assert (judged(RULE, paid(entries_n=1, then_n=1, grade=grade), VALUES) is not None) == fires


@pytest.mark.parametrize(("ended", "fires"), [(0, False), (1, True), (2, True)])
def test_one_that_begins_after_the_payment_may_be_a_renewed_one(ended: int, fires: bool) -> None:
    """Of two certificates none was valid that day; only one that had ended tells something about the day."""
    verdict = judged(RULE, paid(entries_n=2, ended_n=ended), VALUES)
    assert (verdict is not None) == fires
    assert verdict is None or "在发放之日以前已到期" in verdict.explanation


@pytest.mark.parametrize("grade", [None, 3])
def test_where_an_entry_names_no_grade_nothing_is_said(grade: int | None) -> None:
    assert judged(RULE, paid(entries_n=2, then_n=2, grade=grade, ungraded=True), VALUES) is None


def test_other_benefits_presuppose_nothing() -> None:
    assert judged(RULE, paid(entitlement="产业奖补2017"), VALUES) is None


@pytest.mark.parametrize(
    ("entitlement", "grade"), [("困难残疾人生活补贴", 4), ("重度护理补贴甲", 1), ("护理补贴", 2), ("奖补", None)]
)
def test_the_longest_name_that_fits_counts(entitlement: str, grade: int | None) -> None:
    assert grade_for(value("certificate_grade_max", GRADES), entitlement) == grade


def test_the_sentence_says_whose_certificate_and_by_which_list() -> None:
    verdict = judged(RULE, paid(per="household"), VALUES)
    assert verdict is not None
    for figure in (
        "第 7 行",
        "2017-12-01",
        "100.00",
        "残疾人护理补贴2017",
        "该户没有人在名单中",
        "第 2 版",
        "2017-12-31",
    ):
        assert figure in verdict.explanation
    assert verdict.explanation.endswith("，请核实")
    graded = judged(RULE, paid(entries_n=1, then_n=1, grade=3), VALUES)
    assert graded is not None
    assert "三级，该补贴要求二级以上" in graded.explanation
    assert [one.item for one in graded.money] == [f"payment:{NOBODY}:7"]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(certificate_grade_max=GRADES), LIST) is None
    assert judged(RULE, paid(), policy(certificate_grade_max=GRADES)) is None
