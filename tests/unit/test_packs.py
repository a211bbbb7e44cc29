"""A case pack on its way to the disk: evidence comes in pieces, and the folder is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.audit_api.record import notes, pack
from services.audit_api.record.verify import KEYS_FORMAT
from tests.callers import LOG

FINDING = str(UUID(int=1))
PIECE = b"x" * (1 << 20)
PIECES = 6


class Office:
    """Serves a bundle whose evidence has these contents; None was forgotten. How much was on the disk is looked at."""

    def __init__(self, folder: Path, *contents: bytes | None, more: int = 0) -> None:
        self.folder = folder
        self.contents = contents
        self.more = more  # bytes that come behind what was kept
        self.asked: list[str] = []
        self.on_disk: list[int] = []
        self.changes: list[dict[str, Any]] = []
        self.evidence = [
            {
                "evidence_id": str(UUID(int=at)),
                "file_name": f"{at}.pdf",
                "sha256": hashlib.sha256(one or b"forgotten").hexdigest(),
                "size_bytes": len(one or b"forgotten"),
            }
            for at, one in enumerate(contents)
        ]

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://audit")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == "/audit/v1/record/keys":
            return httpx.Response(200, json={"format": KEYS_FORMAT, "size": 7, "changes": self.changes})
        if request.url.path.startswith("/audit/v1/record/findings/"):
            note = notes.checkpoint(LOG, 7, b"r" * 32)
            return httpx.Response(200, json={"about": FINDING, "checkpoint": note, "evidence": self.evidence})
        content = self.contents[UUID(request.url.path.split("/")[4]).int]
        if content is None:
            return httpx.Response(410)
        return httpx.Response(200, content=self._pieces(content + b"!" * self.more))

    async def _pieces(self, content: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(content), len(PIECE)):
            files = self.folder.parent.glob("*/evidence/*")
            self.on_disk.append(sum(one.stat().st_size for one in files))
            yield content[at : at + len(PIECE)]

    async def fetch(self) -> dict[str, Any]:
        async with self.http() as http:
            return await pack.fetch(http, FINDING, self.folder, {})


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_evidence_is_on_the_disk_as_it_comes(tmp_path: Path) -> None:
    office = Office(tmp_path / "deep" / "pack", PIECE * PIECES, b"small", None)
    told = await office.fetch()
    large = office.on_disk[:PIECES]
    assert all(found >= (at - 1) * len(PIECE) for at, found in enumerate(large)), large
    assert sorted(one.name for one in office.folder.iterdir()) == ["bundle.json", "evidence", "verify.py", "说明.txt"]
    kept = {one.name: one.read_bytes() for one in (office.folder / "evidence").iterdir()}
    assert kept == {one["sha256"]: office.contents[at] for at, one in enumerate(office.evidence[:2])}
    assert json.loads((office.folder / "bundle.json").read_bytes()) == told
    assert list(office.folder.parent.iterdir()) == [office.folder], "nothing is left beside it"


async def test_changes_of_the_key_go_along_where_there_are_any(tmp_path: Path) -> None:
    office = Office(tmp_path / "pack")
    office.changes = [{"note": "…"}]
    await office.fetch()
    assert json.loads((office.folder / "keys.json").read_bytes())["changes"] == office.changes


@pytest.mark.parametrize("more", [1, 5 * len(PIECE)])
async def test_more_than_was_kept_is_not_read_to_its_end_and_nothing_stays(more: int, tmp_path: Path) -> None:
    office = Office(tmp_path / "pack", PIECE, more=more)
    with pytest.raises(ValueError, match=r"0\.pdf: not the content that was kept"):
        await office.fetch()
    assert len(office.on_disk) <= 3
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("wrong", [b"firsX", b"firs"])
async def test_another_content_or_less_of_it_leaves_nothing(wrong: bytes, tmp_path: Path) -> None:
    office = Office(tmp_path / "pack", b"first")
    office.contents = (wrong,)
    with pytest.raises(ValueError, match="not the content that was kept"):
        await office.fetch()
    assert left_in(tmp_path) == []


async def test_a_folder_that_is_there_is_left_as_it_is_and_no_evidence_is_looked_at(tmp_path: Path) -> None:
    office = Office(tmp_path / "pack", b"first")
    office.folder.mkdir()
    with pytest.raises(FileExistsError):
        await office.fetch()
    assert list(office.folder.iterdir()) == []
    assert not any(path.startswith("/audit/v1/evidence/") for path in office.asked), "each look is recorded"


async def test_a_digest_that_is_none_names_no_file(tmp_path: Path) -> None:
    office = Office(tmp_path / "pack", b"first")
    office.evidence[0]["sha256"] = "../../outside"
    with pytest.raises(ValueError, match="non-hexadecimal"):
        await office.fetch()
    assert left_in(tmp_path) == []
