"""The published notices, read exactly: counts, fen, dates, numbers, and the two sums that do not come out."""

from __future__ import annotations

from datetime import date

import pytest

from demo import regions
from demo.files import rows
from demo.published import FUND_OF, FUNDS, notices, numbers, published_differences, receipt
from treasury.money import Unit, fen_from_text, wan

NOTICES = {notice.id: notice for notice in notices()}
ACCOUNTS = {county: f"account of {county}" for notice in NOTICES.values() for county in notice.counties}
REQUESTS = {notice.id: notice.request(ACCOUNTS) for notice in NOTICES.values()}


def test_nothing_published_is_lost() -> None:
    assert len(REQUESTS) == 24
    assert sum(len(request["sources"]) for request in REQUESTS.values()) == 39
    assert sum(len(request["lines"]) for request in REQUESTS.values()) == 181


def test_mengjin_is_exact_to_the_fen() -> None:
    line = REQUESTS["A12"]["lines"][1]
    assert line["amount_fen"] == 724_712_484
    assert wan(line["amount_fen"]) == "724.712484"
    assert line["amount_printed"] == "724.712484萬元"
    assert sum(line["amount_fen"] for line in REQUESTS["A12"]["lines"]) == REQUESTS["A12"]["stated_total_fen"]


def test_the_sums_that_do_not_tie_are_the_published_two() -> None:
    differences = {
        notice.id: notice.lines_fen - notice.stated_fen
        for notice in NOTICES.values()
        if notice.has_items and notice.stated_fen is not None and notice.lines_fen != notice.stated_fen
    }
    assert differences == published_differences() == {"A19": 751_330_000, "A29": -407_520_000}


def test_sources_tie_wherever_there_are_any() -> None:
    for notice in NOTICES.values():
        if notice.sources:
            assert notice.sources_fen == notice.stated_fen, notice.id


def test_no_notice_brings_more_than_it_says() -> None:
    for notice in NOTICES.values():
        assert notice.brought_fen == (notice.stated_fen or notice.brought_fen), notice.id
    by_sources = {notice.id for notice in NOTICES.values() if notice.brought_by == "sources"}
    assert by_sources == {"A02", "A16", "A19", "A27", "A29", "A33", "A38"}


def test_subtotals_are_the_sum_of_their_group() -> None:
    checked = 0
    for notice in NOTICES.values():
        for line in REQUESTS[notice.id]["lines"]:
            if line["kind"] == "subtotal":
                items = [
                    one["amount_fen"]
                    for one in REQUESTS[notice.id]["lines"]
                    if one["kind"] == "item" and one["group_no"] == line["group_no"]
                ]
                assert sum(items) == line["amount_fen"], (notice.id, line["group_no"])
                checked += 1
    assert checked == 27


def test_amounts_agree_with_the_published_wan() -> None:
    for line in rows("published", "allocation_lines.csv"):
        assert fen_from_text(line["amount_wan"], Unit.WAN) == fen_from_text(line["amount_yuan"], Unit.YUAN)


@pytest.mark.parametrize(
    ("printed", "year", "expected"),
    [
        ("2019-02-18", "2019", (date(2019, 2, 18), "printed")),
        ("2018-09", "2018", (date(2018, 9, 30), "assumed")),
        ("2020-02", "2020", (date(2020, 2, 29), "assumed")),
        ("", "2018", (date(2018, 12, 31), "assumed")),
        ("", "2017-2020", (date(2020, 12, 31), "assumed")),
    ],
)
def test_the_day_of_receipt_is_printed_or_the_end_of_the_interval(
    printed: str, year: str, expected: tuple[date, str]
) -> None:
    assert receipt(printed, year) == expected


def test_numbers_are_taken_apart_and_the_own_one_is_not_cited() -> None:
    assert numbers("洛财预[2018]148、149、250号;孟脱贫组[2018]34号") == [
        "洛财预[2018]148号",
        "洛财预[2018]149号",
        "洛财预[2018]250号",
        "孟脱贫组[2018]34号",
    ]
    assert NOTICES["A12"].cites == ["洛财预[2018]148号", "洛财预[2018]149号", "洛财预[2018]250号"]
    assert REQUESTS["A28"]["document_number"] == "凤巩领〔2022〕8号"
    assert NOTICES["A28"].cites == ["新财预〔2022〕289号"]
    assert NOTICES["A45"].cites == ["财农[2017]8号"]
    assert REQUESTS["A36"]["cites"] == []
    assert REQUESTS["A02"]["document_number"] is None
    assert REQUESTS["A02"]["cites"] == []
    assert "豫财农﹝2017﹞191号" in NOTICES["A27"].cites
    assert len(NOTICES["A27"].cites) == 10
    for notice in NOTICES.values():
        assert notice.document_number is None or notice.document_number not in notice.cites


def test_each_place_is_a_registered_division_and_each_fund_is_known() -> None:
    known = regions.names()
    for request in REQUESTS.values():
        assert request["region_code"] in known
        assert FUNDS[request["fund_code"]]
        for line in [*request["lines"], *request["sources"]]:
            assert len(line["county_code"]) == 6
            assert line["county_code"] in known
            assert line.get("region_code") is None or line["region_code"] in known
    assert set(FUND_OF) == set(NOTICES)


def test_places_without_a_code_belong_to_their_prefecture() -> None:
    assert REQUESTS["A01"]["lines"][5]["county_code"] == "511900"
    assert NOTICES["A17"].counties[0] == "411400"
    assert NOTICES["A36"].counties == ["410700"]
    assert (REQUESTS["A45"]["region_code"], NOTICES["A45"].counties) == ("00", ["000000"])
