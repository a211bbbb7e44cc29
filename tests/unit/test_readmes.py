"""README.md and README.zh-CN.md say the same, and nothing that is not there: commands, links, files, chapters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from demo.__main__ import CHAPTERS
from services.funds_api.flags.rules.catalogue import RULES

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md")}
MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def found(pattern: str) -> dict[str, set[str]]:
    return {name: set(re.findall(pattern, page, re.MULTILINE)) for name, page in PAGES.items()}


def same(told: Iterable[set[str]]) -> set[str]:
    """What both pages tell; it is the same, and more than nothing."""
    english, chinese = told
    assert english == chinese
    assert english
    return english


@pytest.mark.parametrize(
    "pattern",
    [r"`make (\w+)", r"NAME=(\w+)", r"`([\w/]+\.py)`", r"-m ([\w.]+)", r"(QINGLIU_[A-Z_]+)", r"^(✓.*)$"],
)
def test_both_languages_say_the_same(pattern: str) -> None:
    same(found(pattern).values())


def test_sections_stand_in_the_same_order_with_the_same_commands() -> None:
    """What a shell is given, what is linked and what is shown of the demo, section by section; comments differ."""
    english, chinese = (re.split(r"^## ", page, flags=re.MULTILINE) for page in PAGES.values())
    assert len(english) == len(chinese) > 10
    for one, other in zip(english, chinese, strict=True):
        told, tells = one.splitlines()[0], other.splitlines()[0]
        for pattern in (r"`(make [a-z]+)", r"\]\((?!README)([^)]+)\)", r"^([✓│].*)$", r"`(/[\w/{}-]+)`"):
            assert set(re.findall(pattern, one, re.MULTILINE)) == set(re.findall(pattern, other, re.MULTILINE)), (
                told,
                tells,
            )
        assert commands(one) == commands(other), (told, tells)


def commands(page: str) -> list[str]:
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if not line.startswith("# ")]


def test_links_lead_somewhere_and_the_same_way() -> None:
    links = found(r"\]\(([^)]+)\)")
    shared = same(told - {"README.md", "README.zh-CN.md"} for told in links.values())
    assert [one for one in shared if not (ROOT / one).exists()] == []


def test_what_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert same(found(r"`make (\w+)").values()) <= targets
    assert [one for one in same(found(r"`([\w/]+\.py)`").values()) if not (ROOT / one).is_file()] == []
    assert [
        one for one in same(found(r"NAME=(\w+)").values()) if not (ROOT / "benchmarks" / f"{one}.py").is_file()
    ] == []


def test_chapters_are_shown_under_their_titles() -> None:
    for name, page in PAGES.items():
        shown = re.findall(rf"^([{MARKS}]) (.+)$", page, re.MULTILINE)
        assert len(shown) >= 10, name
        for mark, title in shown:
            assert title == CHAPTERS[MARKS.index(mark)].TITLE, name


def test_as_many_chapters_are_told_as_there_are() -> None:
    for page, told in zip(PAGES.values(), ("{} chapters, in Chinese", "共 {} 章"), strict=True):
        assert told.format(len(CHAPTERS)) in page


def test_as_many_rules_are_told_as_there_are() -> None:
    assert {name for name, page in PAGES.items() if f"全县 {len(RULES)} 条规则" in page} == set(PAGES)
