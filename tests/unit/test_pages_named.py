"""The pages name nothing that is not there: files, folders, targets of make, modules that are run, and endpoints."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "deploy" / "README.md",
    }
)
ENDINGS = "py|md|toml|lock|in|json|csv|sql|sh|conf|yaml|yml|typ|ini|html|js|css"
# A file or folder in backticks: with a slash in it or a known ending, and nothing that only stands for a name.
NAMED = re.compile(rf"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:{ENDINGS}))?|[\w-]+\.py)`")
# What a run makes, what another office has, and files of other programs.
ELSEWHERE = re.compile(r"^(?:var|build|backups|secrets|\.venv)/|_what_it_|^pgledger\.sql$")
MADE = {"var", "build", "backups"}
ENDPOINT = re.compile(r"(?<![\w.])/(?:funds|audit)/v1/[\w/{}.-]*[\w}]")


@cache
def files() -> frozenset[str]:
    """Every file of the project, and every folder with a slash behind it."""
    found = set[str]()
    for folder, inner, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        inner[:] = [one for one in inner if not one.startswith((".", "__")) and one not in MADE]
        found |= {(here / one).as_posix() for one in names} | {f"{(here / one).as_posix()}/" for one in inner}
    return frozenset(found | {f".ci/{one.name}" for one in (ROOT / ".ci").iterdir()})


def there(name: str) -> bool:
    """Pages say `lots/service.py` for the one of the service they are about: the end of a path is enough."""
    return any(one == name or one.endswith(f"/{name}") for one in files())


@cache
def paths() -> frozenset[tuple[str, ...]]:
    """The addresses of both services, with all parts that stand before them; what is filled in is {}."""
    found = set[tuple[str, ...]]()
    for schema in ("funds", "audit"):
        for path in json.loads((ROOT / "docs" / "openapi" / f"{schema}.json").read_text())["paths"]:
            parts = shape(path)
            found |= {parts[:n] for n in range(1, len(parts) + 1)}
    return frozenset(found)


def shape(path: str) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in path.strip("/").split("/"))


def answered(path: str) -> bool:
    """Whether an address is one of ours, or stands before some of them; an id may be spelled out."""
    asked = shape(path)
    return any(
        len(one) == len(asked) and all(part in (said, "{}") for part, said in zip(one, asked, strict=True))
        for one in paths()
    )


@cache
def functions() -> frozenset[str]:
    """What the migrations made in the database, by schema and name: functions, tables, columns, triggers, indexes."""
    made = "\n".join(path.read_text() for path in (ROOT / "migrations").rglob("*.py"))
    return frozenset(re.findall(r"(?:\b(?:funds|audit|identity)|\{schema\})\.\w+", made))


@cache
def settings() -> str:
    """The sources that read the environment; a setting of a service stands there as a field without its prefix."""
    folders = ("services", "deploy", "benchmarks", "tests")
    return "\n".join(path.read_text() for one in folders for path in (ROOT / one).rglob("*.py"))


def read(setting: str) -> bool:
    field = setting.split("_", 1)[1].lower()
    return setting in settings() or re.search(rf"^    {field}\b", settings(), re.MULTILINE) is not None


def test_the_walks_find_what_there_is() -> None:
    told = "\n".join(page.read_text() for page in PAGES)
    assert len(PAGES) > 80
    assert len(set(NAMED.findall(told))) > 200
    assert len(set(ENDPOINT.findall(told))) > 50
    assert len(paths()) > 200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_what_is_there(page: Path) -> None:
    text = re.sub(r"`[^`]+` is gone", "", page.read_text())
    links = [one.split("#")[0] for one in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", text)]
    assert [one for one in links if not (page.parent / one).exists()] == []
    assert [one for one in sorted(set(NAMED.findall(text))) if not ELSEWHERE.search(one) and not there(one)] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) - targets == set()
    modules = re.findall(r"python3? -m ((?:services|deploy|demo|benchmarks|chaos|tests)[\w.]*)", text)
    assert [one for one in modules if find_spec(one) is None] == []
    variables = re.findall(r"\b(?:QINGLIU|FUNDS|AUDIT|GATEWAY)_[A-Z_]+[A-Z]\b", text)
    assert [one for one in sorted(set(variables)) if not read(one)] == []
    assert [one for one in sorted(set(ENDPOINT.findall(text))) if not answered(one)] == []
    named = re.findall(r"`((?:funds|audit|identity)\.[a-z_]+)(?:\(|`)", text)
    assert [one for one in sorted(set(named)) if not {one, re.sub(r"^\w+", "{schema}", one)} & functions()] == []
