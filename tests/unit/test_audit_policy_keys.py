"""The catalogue of the periods of supervision: each key stands once, and says its unit in its name."""

from __future__ import annotations

from services.audit_api.policies.keys import CATALOGUE, KEYS
from treasury.policy_keys import Shape


def test_each_key_stands_once_and_says_what_it_is() -> None:
    assert len({one.key for one in CATALOGUE}) == len(CATALOGUE)
    for one in CATALOGUE:
        assert all((one.name, one.unit, one.read_by)), one.key
        assert one.lowest < one.highest, one.key
        assert ("ppm" in one.key) == (one.shape == Shape.RATIO), "a name says its unit"
        assert one.lowest > 0, "no period of supervision is nothing"


def test_a_slip_is_told_what_looks_like_it() -> None:
    assert KEYS.entry("auditee_reply_days") is None
    assert KEYS.near("auditee_reply_day.audit")[0] == "auditee_reply_days.audit"
