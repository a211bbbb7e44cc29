"""Maker and checker: a version has one name, whoever spells it, and nobody decides on an own or another version."""

from __future__ import annotations

import hashlib

import pytest

from services.audit_api.checking import OwnDecision, VersionChanged, must_be_checked, version_hash


def test_a_version_is_named_by_its_content_however_it_is_spelled() -> None:
    assert version_hash({"b": 1, "a": "滞留"}) == version_hash({"a": "滞留", "b": 1})
    assert version_hash({"a": "滞留", "b": 1}) == hashlib.sha256('{"a":"滞留","b":1}'.encode()).hexdigest()
    assert version_hash({"a": "滞留", "b": 2}) != version_hash({"a": "滞留", "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        version_hash({"a": float("nan")})


def test_another_person_decides_on_the_version_that_stands() -> None:
    makers = frozenset({"甲", "乙"})
    must_be_checked("问题", "丙", makers, "ab", "ab")
    with pytest.raises(OwnDecision, match="问题不能由拟稿人自己审核"):
        must_be_checked("问题", "乙", makers, "ab", "ab")
    with pytest.raises(VersionChanged) as refused:
        must_be_checked("问题", "丙", makers, "ab", "cd")
    assert refused.value.figures() == {"named": "ab", "stands": "cd"}
