"""The glossary says a word once, CHANGELOG.md ends its sentences, docs/architecture.md names the SQL in force."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_word_stands_in_the_glossary_once() -> None:
    rows = re.findall(
        r"^\| ([^|,]+?)(?:,[^|]*)? \| ([^|]+?) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE
    )
    words = Counter(row for row in rows if row[0] not in {"English", "---"})
    assert len(words) > 100
    assert [word for word, times in words.items() if times > 1] == []


def test_every_line_of_the_changelog_ends_its_sentence() -> None:
    told = re.split(r"^(?=[-#] |#+ )", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    lines = [one.strip() for one in told if one.startswith("- ")]
    assert len(lines) > 100
    assert [one for one in lines if not one.endswith(".")] == []


def test_a_function_is_named_with_the_file_that_defines_it_last() -> None:
    """A version that was replaced reads as well as the one in force, and is not what runs."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = dict(re.findall(r"`funds\.(\w+)`\s+\(`migrations/(\w+)\.py`\)", page))
    assert named
    for function, file in named.items():
        defines = re.compile(rf"FUNCTION funds\.{function}\(")
        versions = {
            int(one.stem.rpartition("_v")[2]): one.stem
            for one in (ROOT / "migrations").glob("*_v*.py")
            if defines.search(one.read_text())
        }
        assert file == versions[max(versions)], function
