"""A finding's case pack in a folder: the bundle, the files of its evidence, and the verifier, to be carried elsewhere.

`python -m services.audit_api.record.pack --url … --username … --finding ID --to FOLDER`; the password comes from the
environment (`QINGLIU_PASSWORD`). Each file of evidence that is fetched is a look that the journal records.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from services.audit_api.record import verify

_PIECE_BYTES: Final = 1 << 20
_READ_ME: Final = """案卷：问题 {about}
核验（只需 Python 3.9 以上，无需联网）：python3 verify.py --key 日志公钥 .
日志公钥须从案卷以外的途径取得（纸质文件或见证机关）。
"""


async def fetch(http: httpx.AsyncClient, finding: str, folder: Path, query: dict[str, str]) -> dict[str, Any]:
    """Fetch the pack of a finding into `folder`, which is made and must not be there; the bundle.

    The files of evidence go to the disk piece by piece, and the folder is there when it is whole or not at all.
    Where the log's key was ever changed, its changes go along: with them the pack is verified by any one of the keys.
    """
    answer = await http.get(f"/audit/v1/record/findings/{finding}", params=query)
    answer.raise_for_status()
    bundle: dict[str, Any] = answer.json()
    size = verify.Checkpoint.read(bundle["checkpoint"]).size
    keys = await http.get("/audit/v1/record/keys", params={"size": size})
    keys.raise_for_status()
    place = {name: value for name, value in query.items() if name == "county"}
    half = await asyncio.to_thread(_begin, folder)
    try:
        for one in bundle["evidence"]:
            await _keep(http, one, place, half / "evidence")
        await asyncio.to_thread(_finish, half, folder, answer.content, keys.content if keys.json()["changes"] else b"")
    finally:
        await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
    return bundle


async def _keep(http: httpx.AsyncClient, one: dict[str, Any], place: dict[str, str], folder: Path) -> None:
    """Write a file of evidence into the folder as it comes; ValueError where it is not the content that was kept."""
    file = folder / bytes.fromhex(one["sha256"]).hex()
    digest, left = hashlib.sha256(), int(one["size_bytes"])
    async with http.stream("GET", f"/audit/v1/evidence/{UUID(one['evidence_id'])}/content", params=place) as content:
        if content.status_code == HTTPStatus.GONE:  # forgotten by the decision of two people; its digest stands here
            return
        content.raise_for_status()
        with await asyncio.to_thread(file.open, "wb") as sink:
            async for piece in content.aiter_bytes(_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    break
                digest.update(piece)
                await asyncio.to_thread(sink.write, piece)
    if left or digest.hexdigest() != one["sha256"]:
        msg = f"{one['file_name']}: not the content that was kept"
        raise ValueError(msg)


def _begin(folder: Path) -> Path:
    """A folder beside the one that is to be, on the same disk."""
    if folder.exists():
        raise FileExistsError(folder)
    half = folder.with_name(f"{folder.name}.{uuid4().hex}.part")
    (half / "evidence").mkdir(parents=True)
    return half


def _finish(half: Path, folder: Path, bundle: bytes, keys: bytes) -> None:
    (half / "bundle.json").write_bytes(bundle)
    if keys:
        (half / "keys.json").write_bytes(keys)
    shutil.copy(str(verify.__file__), half / "verify.py")
    (half / "说明.txt").write_text(_READ_ME.format(about=json.loads(bundle)["about"]), encoding="utf-8")
    half.rename(folder)


async def _run(asked: argparse.Namespace) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=asked.url, timeout=60, trust_env=False, follow_redirects=False) as http:
        person = {"username": asked.username, "password": os.environ.get("QINGLIU_PASSWORD", "")}
        signed_in = await http.post("/auth/login", json=person)
        signed_in.raise_for_status()
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        given = {"county": asked.county, "known_at": asked.known_at, "seen_size": asked.seen_size}
        return await fetch(http, asked.finding, asked.to, {name: one for name, one in given.items() if one})


def main(arguments: Sequence[str] | None = None) -> int:
    verify.speak_anywhere()
    parser = argparse.ArgumentParser(prog="pack", description="取得一个问题的案卷，供离线核验")
    parser.add_argument("--url", required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--finding", required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--county", default="")
    parser.add_argument("--known-at", default="", help="登记时点（含时区）")
    parser.add_argument("--seen-size", default="", help="先前见到的检查点条数：案卷附上与它相接的证明，核验时用 --seen")
    asked = parser.parse_args(arguments)
    try:
        bundle = asyncio.run(_run(asked))
    except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError) as error:
        print(f"未能取得案卷：{type(error).__name__}", file=sys.stderr)
        return 1
    rows, evidence, waiting = len(bundle["rows"]), len(bundle["evidence"]), bundle["not_sealed_yet"]
    print(f"{asked.to}：{rows} 条日志、{evidence} 份证据，{waiting} 条尚未封存")
    return 0


if __name__ == "__main__":
    sys.exit(main())
