"""Every rule is whole: its file bears its code, its law and its numbers have a name, and older versions are kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.funds_api.flags import rules
from services.funds_api.flags.population import COUNTS
from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from services.funds_api.flags.rules.rule import Population, Rule

FOLDER = Path(rules.__file__).parent


def test_each_file_is_one_rule_of_its_code() -> None:
    named = {file.name[:3].upper() for file in FOLDER.glob("[a-z][0-9][0-9]_*.py")}
    assert named == set(RULES)
    assert len(RULES) >= 3


@pytest.mark.parametrize("rule", VERSIONS.values(), ids=[f"{code}v{version}" for code, version in VERSIONS])
def test_a_rule_says_what_it_looks_at_and_by_which_law(rule: Rule) -> None:
    assert rule.title
    assert rule.legal_basis
    assert rule.looks_at
    assert bool(rule.query) != bool(rule.lines), "a rule has a set query, or lines that lots cross"
    if rule.query:
        assert ":county" in rule.query
        assert ":scope" in rule.query, "a rule looks at the place it is asked about and no further"
        assert ":as_of" in rule.query
        assert ":known" in rule.query, "a rule is asked about what was known then"


def test_versions_rise() -> None:
    for code, rule in RULES.items():
        others = [version for named, version in VERSIONS if named == code and version != rule.version]
        assert all(version < rule.version for version in others)


def test_a_later_version_is_not_of_an_earlier_day() -> None:
    days = {code: [VERSIONS[code, n].since for n in range(1, rule.version + 1)] for code, rule in RULES.items()}
    assert {code: since for code, since in days.items() if since != sorted(since)} == {}
    assert min(since for one in days.values() for since in one) >= date(2026, 11, 22), "the first was laid down then"


def test_every_population_can_be_counted() -> None:
    assert set(COUNTS) == set(Population)
