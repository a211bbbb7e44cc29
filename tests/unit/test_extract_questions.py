"""What is asked of the ledger for an extract, from when on it is settled, and where two answers differ."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.extracts.differences import differences
from services.audit_api.extracts.figures import MOST_RESTED_ON, figures, sentence
from services.audit_api.extracts.questions import SETTLED, NotYetSettled, Question, Subject, names, settled

NOW = datetime(2026, 3, 3, 2, 32, tzinfo=UTC)
ID = "019a0000-0000-7000-8000-000000000001"


def test_an_instant_is_settled_from_its_fifth_second_on() -> None:
    assert settled(None, NOW) == NOW - SETTLED
    assert settled(NOW - SETTLED, NOW) == NOW - SETTLED
    with pytest.raises(NotYetSettled):
        settled(NOW - SETTLED + timedelta(microseconds=1), NOW)


@pytest.mark.parametrize(
    ("what", "about", "right"),
    [
        (Subject.LOT, ID, True),
        (Subject.LOT, ID.upper(), False),
        (Subject.LOT, ID + "\n", False),
        (Subject.BALANCE, ID + "/natures", False),
        (Subject.TRACE, ID + "-12", True),
        (Subject.TRACE, ID, False),
        (Subject.TREE, "420322", True),
        (Subject.TREE, "420322101", True),
        (Subject.TREE, "42", False),
        (Subject.TREE, "42032２", False),
        (Subject.MOVEMENT, ID, True),
        (Subject.MOVEMENT, ID + "-1", False),
        (Subject.HOUSEHOLD, ID, True),
        (Subject.HOUSEHOLD, ID + "/receipts", False),
        (Subject.DOCUMENT, "鄂财农发〔2017〕12号", True),
        (Subject.DOCUMENT, "号", True),
        (Subject.DOCUMENT, "长" * 200, True),
        (Subject.DOCUMENT, "长" * 201, False),
        (Subject.DOCUMENT, " 12号", False),
        (Subject.DOCUMENT, "12号\n", False),
        (Subject.DOCUMENT, "1\u20282号", False),
        (Subject.DOCUMENT, "", False),
    ],
)
def test_a_thing_is_named_by_its_number_and_by_nothing_else(what: Subject, about: str, right: bool) -> None:
    assert names(what, about) is right


def test_a_question_names_its_two_times() -> None:
    place = Question(Subject.TREE, "420322101", "420322", date(2017, 12, 31), NOW)
    assert place.query == {"region": "420322101", "as_of": "2017-12-31", "known_at": "2026-03-03T02:32:00+00:00"}
    lot = Question(Subject.LOT, ID, "420322", date(2017, 12, 31), NOW)
    assert (lot.path, lot.query["county"]) == (f"/funds/v1/lots/{ID}/responsibility", "420322")
    by_number = Question(Subject.DOCUMENT, "A&county=1", "420322", date(2017, 12, 31), NOW)
    assert (by_number.path, by_number.query["document"]) == ("/funds/v1/documents", "A&county=1")
    assert by_number.query["county"] == "420322"
    home = Question(Subject.HOUSEHOLD, ID, "420322", date(2017, 12, 31), NOW)
    about = Question(Subject.FINDING, ID, "420322", date(2017, 12, 31), NOW)
    assert (about.path, about.query["finding"]) == ("/funds/v1/recoveries/bound-money", ID)
    assert (home.path, "document" in home.query) == (f"/funds/v1/households/{ID}/receipts", False)


def test_an_extract_says_its_moment_in_the_time_of_china() -> None:
    lot = Question(Subject.LOT, ID, "420322", date(2017, 12, 31), NOW)
    said = "截至 2017-12-31，按 2026-03-03 10:32:00（北京时间）账本所知（资金账本日志第 7 号）"
    assert sentence(lot, 7) == said


def test_what_an_answer_rests_on_is_told_once_and_bounded() -> None:
    ids = [str(UUID(int=one)) for one in range(MOST_RESTED_ON + 1)]
    proof = {"known_position": 9, "paid_fen": 5, "received_fen": 5, "amount_fen": 5, "unexplained_fen": 1}
    twice = {**proof, "items": [{"movement_id": one} for one in (ids[0], ids[1], ids[0])]}
    told = figures(Subject.HOUSEHOLD, twice)
    assert (told.position, told.total_fen, told.unexplained_fen) == (9, 5, 1)
    assert [str(one) for one in told.rests_on] == ids[:2]
    many = figures(Subject.DOCUMENT, {**proof, "movements": [{"id": one} for one in ids]})
    assert len(many.rests_on) == MOST_RESTED_ON
    assert figures(Subject.MOVEMENT, {**proof, "id": ids[3]}).rests_on == [UUID(ids[3])]
    tree = {"known_position": 1, "root": {"received_fen": 3, "unexplained_fen": 0}}
    assert (figures(Subject.TREE, tree).total_fen, figures(Subject.TREE, tree).rests_on) == (3, [])


@pytest.mark.parametrize(
    ("then", "now", "at"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1, 3]}, ["/a", "/b/1"]),
        ({"b": [1, 2, 3]}, {"b": [1]}, ["/b/1", "/b/2"]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": None}}, ["/a~1b/~0"]),
        ({"a": 1}, {"c": 1}, ["/a", "/c"]),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": {}}, {"a": []}, ["/a"]),
    ],
)
def test_a_difference_is_named_by_its_place(then: object, now: object, at: list[str]) -> None:
    assert differences(json.dumps(then).encode(), json.dumps(now).encode()) == at


def test_the_same_values_in_other_bytes_differ_as_a_whole() -> None:
    assert differences(b'{"a": 1}', b'{"a":1}') == [""]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), st.lists))
def test_an_answer_does_not_differ_from_itself(told: object) -> None:
    raw = json.dumps(told).encode()
    assert differences(raw, bytes(raw)) == []
