"""The page on published findings: every published row once, only rules that exist, and no drift from its data."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from demo.files import DATA, ROOT
from demo.published_cases import VERDICTS, codes, judged, page, published, yuan_of
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.funds.judge import TITLE_OF_CODE

JUDGED = judged()
FOUND = {name: row for file in published().values() for name, row in file.items()}


def test_every_published_row_is_judged_once() -> None:
    with DATA.joinpath("published-cases.csv").open(encoding="utf-8", newline="") as source:
        ids = [row["id"] for row in csv.DictReader(source)]
    assert [name for name, n in Counter(ids).items() if n > 1] == []
    assert set(ids) == set(FOUND)
    assert [len(rows) for rows in published().values()] == [78, 34, 17]


@pytest.mark.parametrize("row", JUDGED.values(), ids=JUDGED)
def test_a_judgement_names_rules_that_exist_and_what_they_need_or_why_there_is_none(row: dict[str, str]) -> None:
    assert row["verdict"] in VERDICTS
    assert set(codes(row)) <= RULES.keys() | TITLE_OF_CODE.keys()
    assert len(codes(row)) == len(set(codes(row)))
    assert 0 < len(row["found"]) <= 30
    if row["verdict"] == "none":
        assert (row["rules"], row["needs"]) == ("", "")
        assert row["why"]
    else:
        assert codes(row)
        assert row["needs"]
        assert row["why"] or row["verdict"] == "raised", "what is only nearby says what it does not see"


def test_amounts_that_lie_in_others_are_not_added() -> None:
    """Rows that the publisher marks 属…之内 or 须去重, totals beside their parts, and what was rectified."""
    for name, row in FOUND.items():
        marked = "之内" in row.get("note", "") or "去重" in row.get("note", "") or "整改" in row.get("category", "")
        assert not marked or JUDGED[name]["not_added"], name
    added = {name: yuan for name, row in FOUND.items() if (yuan := yuan_of(row)) and not JUDGED[name]["not_added"]}
    assert not added.keys() & {"R01-01", "R01-12", "R07-08", "R10-12", "R10-15", "R15-01", "R15-02", "DO03", "DO16"}
    assert added["R07-03"] == 55_731_300
    assert added["DO31"] == 1_495
    within = {row["not_added"].split(" ")[1].rstrip(";") for row in JUDGED.values() if "within" in row["not_added"]}
    assert within
    assert within <= FOUND.keys()


def test_the_page_is_what_its_data_say() -> None:
    assert ROOT.joinpath("docs", "published-cases.md").read_text(encoding="utf-8") == page(), (
        "python -m demo.published_cases > docs/published-cases.md"
    )
    assert "| all | 129 |" in page()
