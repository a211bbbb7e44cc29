"""Plain functions that make a comparison list of generated people the way a department does, and upload it.

`await record(http, county, "dead", [Entry(3, from_on="2017-02-01")], on="2017-12-31")` is all a test of a rule needs:
person 3 is `people.id_number(3)`, whoever of them is registered is hit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from services.funds_api.comparisons import matching, tool
from tests.callers import Caller, funds_caller
from tests.funds_api.people import CSV, id_number

LISTS = "/funds/v1/comparison-lists"
GIVEN = {"source": "虚构县民政局", "document": "虚民函〔2018〕1号"}
_HEADS = {
    "from_on": "起始日期",
    "to_on": "终止日期",
    "category": "类别",
    "amount_fen": "金额",
    "count_n": "数量",
    "ref_token": "关系人身份证号",
    "region_code": "区划代码",
}


@dataclass(frozen=True)
class Entry:
    """What a list says of the `place`-th generated person; `ref` is another one, `amount` is 元 as text."""

    place: int
    from_on: str = ""
    to_on: str = ""
    category: str = ""
    amount: str = ""
    count: str = ""
    ref: int | None = None
    region: str = ""

    def cells(self) -> list[str]:
        ref = "" if self.ref is None else id_number(self.ref)
        return [self.from_on, self.to_on, self.category, self.amount, self.count, ref, self.region]


def key_file(http: httpx.AsyncClient, county: str, folder: Path) -> Path:
    """The county's exchange key as the command writes it for a department."""
    key = matching.exchange_key(http.app.state.vault, county)  # type: ignore[attr-defined]
    file = folder / f"key-{county}.json"
    file.write_text(json.dumps({"key": key.hex(), "county": county, "mark": matching.key_mark(key)}))
    return file


def department_csv(entries: Sequence[Entry]) -> str:
    """A department's own file, with ID numbers: what must never be uploaded."""
    lines = [",".join(["姓名", "身份证号", *_HEADS.values()])]
    lines += [",".join(["张某", id_number(one.place), *one.cells()]) for one in entries]
    return "\n".join(lines)


def made(http: httpx.AsyncClient, county: str, kind: str, entries: Sequence[Entry], on: str, folder: Path) -> str:
    """The list as the department's tool makes it, by the tool's own code."""
    source = folder / "department.csv"
    source.write_text(department_csv(entries))
    may = tool.KINDS[kind][0]
    columns = {field: head if field in may else None for field, head in _HEADS.items()}
    asked = argparse.Namespace(
        file=source, key=key_file(http, county, folder), kind=kind, on=date.fromisoformat(on), id="身份证号", unit="元",
        **columns,
    )  # fmt: skip
    text, _, faults = tool.make(asked)
    assert faults == []
    return text


async def upload(
    inspector: Caller, kind: str, content: str | bytes, given: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    raw = content.encode() if isinstance(content, str) else content
    path = f"{LISTS}/{kind}/versions"
    return await inspector.request("POST", path, content=raw, headers=CSV, params=given or GIVEN, **more)


async def record(
    http: httpx.AsyncClient, county: str, kind: str, entries: Sequence[Entry], folder: Path, on: str = "2017-12-31"
) -> dict[str, Any]:
    """Make a list of these entries and put it in force; the version as it was answered."""
    text = made(http, county, kind, entries, on, folder)
    answer = await upload(funds_caller(http, "inspector", county), kind, text)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["version"])
