"""A finding's case pack in a folder: the bundle, the files of its evidence, and the verifier, to be carried elsewhere.

`python -m services.audit_api.record.pack --url … --username … --finding ID --to FOLDER`; the password comes from the
environment (`QINGLIU_PASSWORD`). Each file of evidence that is fetched is a look that the journal records.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from services.audit_api.record import verify

_READ_ME = """案卷：问题 {about}
核验（只需 Python 3.9 以上，无需联网）：python3 verify.py --key 日志公钥 .
日志公钥须从案卷以外的途径取得（纸质文件或见证机关）。
"""


async def fetch(http: httpx.AsyncClient, finding: str, folder: Path, query: dict[str, str]) -> dict[str, Any]:
    """Fetch the pack of a finding into `folder`, which is made and must not be there; the bundle.

    Where the log's key was ever changed, its changes go along: with them the pack is verified by any one of the keys.
    """
    answer = await http.get(f"/audit/v1/record/findings/{finding}", params=query)
    answer.raise_for_status()
    bundle: dict[str, Any] = answer.json()
    size = verify.Checkpoint.read(bundle["checkpoint"]).size
    keys = await http.get("/audit/v1/record/keys", params={"size": size})
    keys.raise_for_status()
    files = {}
    place = {name: value for name, value in query.items() if name == "county"}
    for one in bundle["evidence"]:
        content = await http.get(f"/audit/v1/evidence/{UUID(one['evidence_id'])}/content", params=place)
        if content.status_code == HTTPStatus.GONE:  # forgotten by the decision of two people; its digest stands here
            continue
        content.raise_for_status()
        if hashlib.sha256(content.content).hexdigest() != one["sha256"]:
            msg = f"{one['file_name']}: not the content that was kept"
            raise ValueError(msg)
        files[one["sha256"]] = content.content
    await asyncio.to_thread(_write, folder, answer.content, files, bundle)
    if keys.json()["changes"]:
        await asyncio.to_thread((folder / "keys.json").write_bytes, keys.content)
    return bundle


def _write(folder: Path, bundle: bytes, files: dict[str, bytes], told: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_bytes(bundle)
    (folder / "evidence").mkdir()
    for name, content in files.items():
        (folder / "evidence" / name).write_bytes(content)
    shutil.copy(str(verify.__file__), folder / "verify.py")
    (folder / "说明.txt").write_text(_READ_ME.format(about=told["about"]), encoding="utf-8")


async def _run(asked: argparse.Namespace) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=asked.url, timeout=60, trust_env=False, follow_redirects=False) as http:
        person = {"username": asked.username, "password": os.environ.get("QINGLIU_PASSWORD", "")}
        signed_in = await http.post("/auth/login", json=person)
        signed_in.raise_for_status()
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        given = {"county": asked.county, "known_at": asked.known_at, "seen_size": asked.seen_size}
        return await fetch(http, asked.finding, asked.to, {name: one for name, one in given.items() if one})


def main(arguments: Sequence[str] | None = None) -> int:
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
