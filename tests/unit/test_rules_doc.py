"""docs/rules.md tells every rule in force: its title, the values that it reads, and the lists that it needs."""

from __future__ import annotations

import re
from pathlib import Path

from services.funds_api.flags.rules.catalogue import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
ROWS = {found.group(1): found.group(0) for found in re.finditer(r"^\| ([A-Z]\d\d) \|.*$", PAGE, re.MULTILINE)}


def test_every_rule_has_its_row_and_every_row_its_rule_in_order() -> None:
    assert list(ROWS) == sorted(RULES)


def test_a_row_names_what_its_rule_reads() -> None:
    untold = {
        code: missing
        for code, rule in RULES.items()
        if (
            missing := [
                name
                for name in (rule.title, *(key.split(".")[0] for key in rule.policy_keys), *rule.lists)
                if name not in ROWS[code]
            ]
        )
    }
    assert untold == {}
