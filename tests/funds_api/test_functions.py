"""Every SQL function has somebody who calls it: one that only an earlier release called is dropped by a migration."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = """
SELECT p.proname AS name, p.prosrc AS body, p.oid::regprocedure::text AS signature,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid) AS triggered
  FROM pg_proc p WHERE p.pronamespace = $1::regnamespace AND p.prokind IN ('f', 'p')"""


def _named(source: str, schema: str) -> set[str]:
    """What a source names with the schema before it, or with one that it is told."""
    return set(re.findall(rf"(?:\b{schema}|\}})\.(\w+)", source))


@pytest.mark.parametrize("schema", ["funds", "audit", "identity"])
async def test_every_function_is_called(admin: asyncpg.Pool, schema: str) -> None:
    functions = await admin.fetch(FUNCTIONS, schema)
    assert functions
    sources = [path for folder in ("services", "chassis", "deploy") for path in (ROOT / folder).rglob("*.py")]
    called = set.union(*(_named(path.read_text(), schema) for path in sources))
    for one in functions:
        called |= set(re.findall(r"\b(\w+)\s*\(", one["body"])) - {one["name"]}
    uncalled = [one["signature"] for one in functions if one["name"] not in called and not one["triggered"]]
    assert uncalled == []


@pytest.mark.parametrize("schema", ["funds", "audit", "identity"])
async def test_no_function_stands_beside_an_earlier_one_of_its_name(admin: asyncpg.Pool, schema: str) -> None:
    names = [one["name"] for one in await admin.fetch(FUNCTIONS, schema)]
    assert sorted(names) == sorted(set(names))
